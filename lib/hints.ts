import { readFileSync, statfsSync } from 'node:fs';
import type { Subject } from './errors.js';

type Hint = (subject: Subject) => string | undefined;

/** The sentence that helps, for refusals that confuse; with the limit that was hit and its value at this moment. */
export function hintFor(code: string, syscall: string, subject: Subject): string | undefined {
  const hint = hints[`${code} ${syscall}`] ?? hints[code];
  try {
    return typeof hint === 'function' ? hint(subject) : hint;
  } catch {
    // What a hint reads of the system may be missing; the error itself is what counts.
    return undefined;
  }
}

const roomInShm = () => {
  const { bsize, blocks, bavail } = statfsSync('/dev/shm');
  const mebibytes = (count: number) => `${((count * bsize) / 2 ** 20).toFixed(1)} MiB`;
  return (
    `/dev/shm has ${mebibytes(bavail)} free of ${mebibytes(blocks)}; ` +
    'enlarge it (mount -o remount,size=… /dev/shm as root; docker run --shm-size=…) or unlink what is left in it'
  );
};

const processFiles = () =>
  `the process may have ${openFilesLimit()} files open (RLIMIT_NOFILE, raise it with ulimit -n)`;

const systemFiles = () =>
  `the system may have ${fileMax()} files open (raise it as root: sysctl -w fs.file-max=…)`;

const lockedMemory = () =>
  `the process may lock ${limit('Max locked memory')} bytes (RLIMIT_MEMLOCK, raise it with ulimit -l or CAP_IPC_LOCK)`;

/** Where no more file can be opened, not even this one, that is the reason. */
function queueBytes(): string | undefined {
  try {
    const bytes = limit('Max msgqueue size');
    return (
      `all queues of the user together may take ${bytes} bytes (RLIMIT_MSGQUEUE, raise it with ulimit -q): ` +
      'unlink some or make smaller ones'
    );
  } catch {
    return undefined;
  }
}

const valueTooLong = 'the value is longer than the buffer';
const overtaken =
  'the writer overwrote each value while it was being copied, 100000 times in a row: it writes faster than this process copies';
const foreignOwner = "it belongs to another user; pass { owner: 'any' } if you trust them";
const noSeat =
  'all 252 seats of the channel are taken: each writer and reader has one, until it is closed or its process ends';
const exists = 'open it, use openOrCreate, or unlink it first';
const keyExists = 'open it, use openOrCreate, or remove it first';
const readOnlyPlace = 'the memory was opened readOnly';
const noProc = '/proc or /dev/shm is not mounted; a lock makes and opens its file through both';
const removed = 'the object was removed, by its id or its key; make or open another';

/** By code and call where the call matters, else by code. */
const hints: Readonly<Record<string, string | Hint>> = {
  EBADF: 'the handle is closed',
  'EBADF mq_send': "the queue was opened with access 'read'",
  'EBADF mq_timedsend': "the queue was opened with access 'read'",
  'EBADF mq_receive': "the queue was opened with access 'write'",
  'EBADF mq_timedreceive': "the queue was opened with access 'write'",

  'EBADF view': 'the memory of this view was closed, or resized and mapped anew: then make the view anew',

  'EEXIST shm_open': exists,
  'EEXIST sem_open': exists,
  'EEXIST mq_open': exists,
  'EEXIST shmget': keyExists,
  'EEXIST semget': keyExists,
  'EEXIST msgget': keyExists,
  EISDIR: 'what lies under the name is a directory',
  ELOOP: 'the name is a symbolic link, and these are not followed',
  EMFILE: processFiles,
  ENFILE: systemFiles,
  EIDRM: removed,
  EINTR:
    'a signal came that the program listens for: its listener runs when this call has returned; then call again',
  'EINVAL shmctl': removed,
  'EINVAL shmat': removed,
  'EINVAL msgctl': removed,
  'EINVAL semctl': removed,

  ESTALE:
    'the object was made shorter by another process, or its file system was full when a page was first used: close this ' +
    'handle and open the object again',
  EFAULT:
    'the bytes given are a view of shared memory that another process has made shorter, or for which there was no room: ' +
    'close that memory and open it again',

  'EPERM shm_open': foreignOwner,
  'EPERM sem_open': foreignOwner,
  'EPERM mq_open': foreignOwner,
  'EPROTO shm_open': ({ field }) =>
    field !== undefined
      ? `what lies under the name is not what was asked for, or of another version: its ${field} is another`
      : 'what lies under the name is a FIFO, a socket or a device; or, where a lock was asked for, a file of another size',
  'EPROTO sem_open':
    'what lies under the name is not a semaphore of this C library: its type, size or content is another',

  'EACCES write': 'it was opened readOnly',
  'EACCES resize': 'it was opened readOnly',
  'EACCES view': 'the memory was opened readOnly',
  'EACCES reserve': 'it was opened readOnly',
  'EACCES buffer':
    'a read-only attachment has no views, since a write to one would end the process: use read() or readText()',
  'EINVAL mmap':
    'the map would end behind the object, the object is still empty, or the offset is no multiple of the page size',
  'EINVAL resize': 'this handle maps a part of the object; open the whole of it to resize it',
  'ENOMEM mmap': () =>
    `not enough memory or addresses, or more than ${sysctl('vm/max_map_count')} maps (vm.max_map_count)`,
  'ENOSPC posix_fallocate': roomInShm,
  'ENOSPC sem_open': roomInShm,
  'ENOSPC shm_open': roomInShm,
  'ENOTSUP buffer': 'this runtime allows no buffer over foreign memory: use read() and write()',
  'ENOMEM mlock': lockedMemory,
  'EPERM mlock': lockedMemory,
  'EAGAIN mlock': lockedMemory,
  'ENOMEM shmctl': lockedMemory,
  'EOVERFLOW sem_post': 'the value is at its maximum (SEM_VALUE_MAX)',

  'EINVAL mq_open': () =>
    `maxMessages may be at most ${sysctl('fs/mqueue/msg_max')} and messageSize at most ${sysctl('fs/mqueue/msgsize_max')} ` +
    '(raise them as root: sysctl -w fs.mqueue.msg_max=… fs.mqueue.msgsize_max=…)',
  'EMFILE mq_open': () => queueBytes() ?? processFiles(),
  'ENOSPC mq_open': () =>
    `the system may have ${sysctl('fs/mqueue/queues_max')} queues (raise it as root: sysctl -w fs.mqueue.queues_max=…)`,
  'EMSGSIZE mq_send': 'the message is longer than the messageSize of the queue',
  'EMSGSIZE mq_timedsend': 'the message is longer than the messageSize of the queue',
  'EMSGSIZE mq_receive': 'the buffer has to hold messageSize bytes, however short the message is',
  'EMSGSIZE mq_timedreceive': 'the buffer has to hold messageSize bytes, however short the message is',
  'EBUSY mq_notify': 'another process, or this one, is registered for this queue already',

  'EINVAL shmget': () =>
    `the segment is smaller than asked for, or the size is not between 1 and ${sysctl('kernel/shmmax')} (kernel.shmmax)`,
  'ENOSPC shmget': () =>
    `the system may have ${sysctl('kernel/shmmni')} segments (kernel.shmmni) of ${sysctl('kernel/shmall')} pages together (kernel.shmall)`,
  'ENOMEM shmget': 'not enough memory for a segment of this size',
  'EINVAL semget': () =>
    `the set has fewer semaphores than asked for, or more than ${semaphoreLimit(0)} were asked for (SEMMSL, kernel.sem)`,
  'ENOSPC semget': () =>
    `the system may have ${semaphoreLimit(3)} sets (SEMMNI) of ${semaphoreLimit(1)} semaphores together (SEMMNS): kernel.sem`,
  'E2BIG semop': () => `one call may have ${semaphoreLimit(2)} operations (SEMOPM, kernel.sem)`,
  'E2BIG semtimedop': () => `one call may have ${semaphoreLimit(2)} operations (SEMOPM, kernel.sem)`,
  'EFBIG semop': 'the set has no semaphore of this index',
  'EFBIG semtimedop': 'the set has no semaphore of this index',
  'ERANGE semop': 'the value would exceed 32767 (SEMVMX)',
  'ERANGE semtimedop': 'the value would exceed 32767 (SEMVMX)',
  'ENOSPC msgget': () => `the system may have ${sysctl('kernel/msgmni')} queues (kernel.msgmni)`,
  'EINVAL msgsnd': ({ id }) =>
    `the message is longer than ${sysctl('kernel/msgmax')} bytes (kernel.msgmax), or the queue ${id} was removed`,
  'EINVAL msgrcv': removed,
  'E2BIG msgrcv':
    'the message is longer than the buffer and stays in the queue: take a larger one, or truncate',
  'EPERM msgctl': () =>
    `only the owner may, and only root may raise maxBytes above ${sysctl('kernel/msgmnb')} (kernel.msgmnb)`,
  'EFAULT msgrcv':
    'the buffer lost its bytes before the message was in it: the message is in the field `received`',
  'EOVERFLOW msgrcv':
    'the type of the message is beyond 2^53 - 1: message and type are in the field `received`',

  'EEXIST pthread_mutex_init': 'open it, or use openOrCreate',
  'EPROTO pthread_mutex_init':
    'no robust mutex of this C library was finished there; a new one needs 128 bytes of zeros',
  'EPROTO pid_namespaces':
    'the mutex was made in another PID namespace, whose numbers of threads mean others here: use a SemaphoreSet with undo',
  'ENOENT pid_namespaces': '/proc, which tells the PID namespace, is not mounted',
  'EEXIST linkat': exists,
  'EEXIST mmap': 'open it, or use openOrCreate',
  'ENOENT open': noProc,
  'ENOSPC open': roomInShm,
  'ENOSPC linkat': roomInShm,
  'ENOTSUP open': 'the file system at /dev/shm has no unnamed files (O_TMPFILE); a tmpfs has',
  'EPROTO mmap':
    'no lock of this kind and version was finished there, or it is a barrier for another number of parties; a new one ' +
    'needs 4096 bytes of zeros',
  'EAGAIN fcntl':
    'all 252 seats of the lock are taken: each open handle has one, until it is closed or its process ends',
  'EBUSY fcntl': 'another process holds the byte of the file that decides who creates a lock there',
  'ENOLCK fcntl': 'the kernel has no memory for another lock of a file',
  'EBUSY pthread_barrier_wait': 'this handle waits already: each party has a handle of its own',
  'EOWNERDEAD pthread_barrier_wait':
    'one of those who had it open died: call reset() when what they share is in order, then all wait anew',
  'EPERM makeConsistent': 'only a guard that excludes all others has something to make consistent',
  'EPERM pthread_rwlock_unlock': 'this guard was unlocked before',
  EBADMSG: ({ field }) =>
    field === undefined
      ? 'another process has written into the bytes of it'
      : `another process has written into the bytes of it: its ${field} cannot be`,
  EDEADLK: 'this thread holds it already',
  ENOLCK: 'a thread may hold 1024 robust mutexes: the kernel forgets those beyond 2048 when the thread dies',
  ENOTRECOVERABLE:
    'an owner died, and the next one unlocked without makeConsistent(): put right what it protects, and make a new one',
  'EPERM pthread_mutex_consistent': 'this guard was unlocked before',
  'EPERM pthread_mutex_unlock': 'this guard was unlocked before',
  'EINVAL pthread_mutex_consistent': 'no owner died, or it was called before',
  'EBUSY close': 'a lock is held: unlock it first; or a claim or a lease: end it first',
  'EAGAIN writer': noSeat,
  'EAGAIN reader': noSeat,
  'EBUSY writer': ({ holder }) => holder,
  'EBUSY reader': ({ holder }) => holder,
  'EBUSY send': 'a claim is open: commit or abort it first',
  'EBUSY receive': 'a lease is held, or a drain runs: end it first',
  'EMSGSIZE send':
    'the message is longer than the channel: its capacity less 8 bytes; of a broadcast half its capacity less 16',
  'EMSGSIZE set': 'the value is longer than the `size` it was made with',
  'EMSGSIZE receive': 'the message is longer than the buffer, and stays',
  'EMSGSIZE get': valueTooLong,
  'EMSGSIZE next': valueTooLong,
  'EAGAIN get': overtaken,
  'EAGAIN next': overtaken,
  'EAGAIN receive': overtaken,
  'EPIPE next': 'its writer has gone; a reader made with { persistent: true } waits for the next',
  'EPIPE send': 'all readers have gone; a writer made with { persistent: true } waits for the next',
  'EPIPE receive': 'all writers have gone; a reader made with { persistent: true } waits for the next',
  'EINVAL commit': 'no such claim is open: it was committed or aborted before',
  'EINVAL abort': 'no such claim is open: it was committed or aborted before',
  'EINVAL bytes': 'the lease has ended',
  'EINVAL release': 'the lease has ended',
  'EINVAL putBack': 'the lease has ended',
  'EPROTO openOrCreate': ({ field, found }) =>
    `what is there differs in its ${field}, which is ${found}: open it, or unlink it first`,
  'EBUSY resize': 'a lock that lies in it is held: unlock it first',
  'EACCES create': readOnlyPlace,
  'EACCES open': readOnlyPlace,
  'EACCES openOrCreate': readOnlyPlace,
  'EBADMSG open':
    'the message is forged, damaged or cut off, or sealed with another key, number of a key or context',
  'EALREADY open': 'this very message was opened before: somebody has sent it again',
  'ESTALE open':
    'so many newer messages of this writer were opened that nobody knows whether this one was; a greater `window` tells them apart',
  'ENOBUFS open':
    'too many writers have used this key to know what each has sent: rotate() to a new key and drop this one, or allow more `writers`',

  'ENOTSUP posix-ipc': 'POSIX and System V IPC objects are available on Linux only',
  'ENOBUFS unlinkOnExit': 'a process may have 1024 objects that it takes away at its end',
  'ENOBUFS removeOnExit': 'a process may have 1024 objects that it takes away at its end',
};

function sysctl(name: string): string {
  return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
}

function fileMax(): string {
  try {
    return sysctl('fs/file-max');
  } catch {
    return 'no more';
  }
}

/** Without opening a file: there is none left. */
function openFilesLimit(): string | number {
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork } = report;
  try {
    // Else it would ask for the names of the hosts that this process talks to.
    report.excludeNetwork = true;
    const { userLimits } = report.getReport() as { userLimits: { open_files: { soft: string | number } } };
    return userLimits.open_files.soft;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

/** SEMMSL, SEMMNS, SEMOPM, SEMMNI: proc_sys_kernel(5). */
function semaphoreLimit(index: number): string | undefined {
  return sysctl('kernel/sem').split(/\s+/)[index];
}

/** The soft limit of this process: proc_pid_limits(5). */
function limit(name: string): string | undefined {
  const line = readFileSync('/proc/self/limits', 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(name));
  return line?.slice(name.length).trim().split(/\s+/)[0];
}
