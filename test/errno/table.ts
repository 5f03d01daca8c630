/** How an errno is known to surface. */
export type How =
  /** A test brings the system to say it. */
  | 'provoked'
  /** strace(1) makes the call fail so. */
  | 'injected'
  /** The call is made again, and succeeds. */
  | 'retried'
  /** No error: an answer of a `try…` method. */
  | 'a value'
  /** Not from this library. */
  | 'cannot happen';

export interface Row {
  code: string;
  how: How;
  /** When it comes, what the value is, or why it cannot come. */
  when: string;
}

const provoked = (code: string, when: string): Row => ({ code, how: 'provoked', when });
const injected = (code: string, when: string): Row => ({ code, how: 'injected', when });
const retried = (when: string): Row => ({ code: 'EINTR', how: 'retried', when });
const value = (code: string, when: string): Row => ({ code, how: 'a value', when });
const never = (code: string, when: string): Row => ({ code, how: 'cannot happen', when });

const signal = 'a signal interrupts it';
const listenedFor =
  'a signal comes that the program listens for, while `waitSync` waits; any other ends the process or is answered by calling again';
const goneView = 'the bytes are a view of shared memory that was cut off';
const noPointers = 'it is about pointers, and those are ours';
const processFiles = 'the process has as many files open as it may (`RLIMIT_NOFILE`)';
const systemFiles = 'the system has as many files open as it may (`fs.file-max`)';
const kernelMemory = 'the kernel has no memory for it';
const missing = 'there is none of this name';
const missingKey = 'there is none of this key';
const longName = 'the name is longer than 255 bytes after its slash';
const taken = '`create`, and the name is taken';
const takenKey = '`create`, and the key is taken';
const lookedUp =
  'a security module forbids it; a key is looked up without asking for rights, which the calls that follow do';
const goneMeanwhile = 'it was removed while the call was under way';

/**
 * Every errno that the manuals list for a call that this library makes, and those that it adds itself. It drives the
 * tests beside it and the tables of docs/errors.md.
 */
export const table: Readonly<Record<string, readonly Row[]>> = {
  shm_open: [
    provoked('EACCES', 'the mode of the object does not allow it'),
    provoked('EEXIST', taken),
    never('EINVAL', 'a name of the wrong form is a `TypeError` before'),
    provoked('EISDIR', 'what lies under the name is a directory'),
    provoked('ELOOP', 'what lies under the name is a symbolic link'),
    provoked('EMFILE', processFiles),
    provoked('ENAMETOOLONG', `${longName}; glibc says \`EINVAL\``),
    injected('ENFILE', systemFiles),
    provoked('ENOENT', missing),
    provoked('EPERM', 'it belongs to a user who is not trusted (`owner`)'),
    provoked('EPROTO', 'what lies under the name is a FIFO, a socket or a device'),
    retried('a signal interrupts the call'),
  ],
  mmap: [
    never(
      'EACCES',
      'what is opened for reading only is mapped privately, everything else is opened for both',
    ),
    injected('EAGAIN', 'the file is locked, or too much memory is'),
    never('EBADF', 'the descriptor was opened by the same call'),
    provoked('EINVAL', '`offset` is no multiple of the page size, or the map would end behind the object'),
    injected('ENFILE', systemFiles),
    injected('ENODEV', 'the file system of `/dev/shm` has no maps'),
    provoked('ENOMEM', 'there are not so many addresses, or too many maps (`vm.max_map_count`)'),
    never('EOVERFLOW', 'offsets have 64 bits, and the map lies inside the object'),
    never('EPERM', 'nothing is mapped executable, and an object in `/dev/shm` cannot be sealed'),
  ],
  posix_fallocate: [
    provoked('EFBIG', 'the object would be longer than the process may make a file (`RLIMIT_FSIZE`)'),
    provoked('ENOSPC', '`/dev/shm` is full, or smaller than `size`; nothing is left behind'),
    retried('a signal interrupts the call'),
  ],
  mlock: [
    provoked('ENOMEM', 'more memory than the process may lock (`RLIMIT_MEMLOCK`)'),
    provoked('EPERM', 'the process may lock none (`RLIMIT_MEMLOCK` is 0)'),
  ],
  shm_unlink: [
    provoked('EACCES', 'it belongs to somebody else'),
    provoked('ENAMETOOLONG', longName),
    provoked('ENOENT', missing),
  ],
  sem_open: [
    provoked('EACCES', 'the mode of the semaphore does not allow to read and write it'),
    provoked('EEXIST', taken),
    never('EINVAL', 'a name of the wrong form is a `TypeError` before, and too high a value a `RangeError`'),
    provoked('EMFILE', processFiles),
    provoked('ENAMETOOLONG', 'the name is longer than 251 bytes after its slash'),
    injected('ENFILE', systemFiles),
    provoked('ENOENT', missing),
    injected('ENOMEM', kernelMemory),
    provoked('ENOSPC', '`/dev/shm` is full'),
    provoked('EPERM', 'it belongs to a user who is not trusted (`owner`)'),
    provoked('EPROTO', 'the file under the name is no semaphore: empty, junk, or not a file at all'),
  ],
  'sem_wait, sem_trywait, sem_timedwait': [
    value('EAGAIN', 'the value is 0: `tryWait` gives `false`'),
    provoked('EINTR', listenedFor),
    never('EINVAL', 'what is no semaphore is refused when it is opened'),
    provoked('ETIMEDOUT', 'the `timeout` of `waitSync` is over'),
  ],
  sem_post: [
    never('EINVAL', 'what is no semaphore is refused when it is opened'),
    provoked('EOVERFLOW', 'the value is 2147483647'),
  ],
  sem_unlink: [
    provoked('EACCES', 'it belongs to somebody else'),
    provoked('ENAMETOOLONG', 'the name is longer than 251 bytes after its slash'),
    provoked('ENOENT', missing),
  ],
  mq_open: [
    provoked('EACCES', 'the mode of the queue does not allow this `access`'),
    provoked('EEXIST', taken),
    provoked('EINVAL', '`maxMessages` or `messageSize` is beyond the limit of the system (`fs.mqueue.*`)'),
    provoked(
      'EMFILE',
      `the queues of the user would take too many bytes (\`RLIMIT_MSGQUEUE\`), or ${processFiles}`,
    ),
    provoked('ENAMETOOLONG', longName),
    injected('ENFILE', systemFiles),
    provoked('ENOENT', missing),
    injected('ENOMEM', kernelMemory),
    provoked('ENOSPC', 'the system has as many queues as it may (`fs.mqueue.queues_max`)'),
    provoked('EPERM', 'it belongs to a user who is not trusted (`owner`)'),
    retried('a signal interrupts the call'),
  ],
  'mq_send, mq_timedsend': [
    value('EAGAIN', 'the queue is full: `trySend` gives `false`'),
    provoked('EBADF', "the queue was opened with `access: 'read'`"),
    provoked('EFAULT', goneView),
    retried(signal),
    never('EINVAL', 'a priority out of range is a `RangeError` before, and the time is ours'),
    provoked('EMSGSIZE', 'the message is longer than `messageSize`'),
    provoked('ETIMEDOUT', 'the `timeout` of `sendSync` is over'),
  ],
  'mq_receive, mq_timedreceive': [
    value('EAGAIN', 'the queue is empty: `tryReceive` gives `undefined`'),
    provoked('EBADF', "the queue was opened with `access: 'write'`"),
    provoked('EFAULT', `${goneView}; the message is lost`),
    retried(signal),
    never('EINVAL', 'the time is ours'),
    provoked('EMSGSIZE', 'the buffer of the caller is shorter than `messageSize`'),
    provoked('ETIMEDOUT', 'the `timeout` of `receiveSync` is over'),
  ],
  mq_notify: [
    never('EBADF', "a closed handle is `EBADF` of `notify`, the library's own"),
    provoked('EBUSY', 'this or another process is registered already'),
    never('EINVAL', 'a signal that does not exist is a `TypeError` before'),
    injected('ENOMEM', kernelMemory),
  ],
  mq_unlink: [
    provoked('EACCES', 'it belongs to somebody else'),
    provoked('ENAMETOOLONG', longName),
    provoked('ENOENT', missing),
  ],
  shmget: [
    injected('EACCES', lookedUp),
    provoked('EEXIST', takenKey),
    provoked('EINVAL', 'the segment is smaller than asked for, or `size` is above `kernel.shmmax`'),
    injected('ENFILE', systemFiles),
    provoked('ENOENT', missingKey),
    provoked('ENOMEM', 'there is not so much memory'),
    provoked(
      'ENOSPC',
      'the system has as many segments, or as many pages of them, as it may (`kernel.shmmni`, `kernel.shmall`)',
    ),
    never('EPERM', 'it is about huge pages, which are not asked for'),
  ],
  shmat: [
    provoked('EACCES', 'the mode of the segment does not allow to write, and `readOnly` was not given'),
    injected('EIDRM', goneMeanwhile),
    injected('EINVAL', `${goneMeanwhile}; a segment that was gone before is \`EINVAL\` of \`shmctl\``),
    injected('ENOMEM', 'there is no memory for the map, or no addresses'),
  ],
  shmdt: [injected('EINVAL', 'somebody else has taken the map away; nothing of this library does')],
  shmctl: [
    provoked('EACCES', '`stat`, `fromId` or `attach`, and the mode of the segment does not allow to read'),
    never('EFAULT', noPointers),
    injected('EIDRM', goneMeanwhile),
    provoked('EINVAL', 'it was removed'),
    provoked('ENOMEM', '`lockPages` of more than the process may lock (`RLIMIT_MEMLOCK`)'),
    never('EOVERFLOW', 'user and group ids have 32 bits'),
    provoked('EPERM', '`set`, `remove` or `lockPages` of what belongs to somebody else'),
  ],
  semget: [
    injected('EACCES', lookedUp),
    provoked('EEXIST', takenKey),
    provoked(
      'EINVAL',
      'the set has fewer semaphores than asked for, or `count` is above SEMMSL (`kernel.sem`)',
    ),
    provoked('ENOENT', missingKey),
    injected('ENOMEM', kernelMemory),
    provoked('ENOSPC', 'the system has as many sets or semaphores as it may (SEMMNI, SEMMNS: `kernel.sem`)'),
  ],
  'semop, semtimedop': [
    provoked('E2BIG', 'more operations than SEMOPM (`kernel.sem`)'),
    provoked('EACCES', 'the mode of the set does not allow it'),
    value('EAGAIN', 'they are not possible now: `tryOperate` gives `false`'),
    never('EFAULT', noPointers),
    provoked('EFBIG', 'the set has no semaphore of this `index`'),
    provoked('EIDRM', 'the set was removed while the thread waited'),
    retried(signal),
    provoked('EINVAL', 'the set was removed'),
    injected('ENOMEM', 'the kernel has no memory for `undo`'),
    provoked('ERANGE', 'a value would exceed 32767'),
    provoked('ETIMEDOUT', 'the `timeout` of `operateSync` is over; the kernel says `EAGAIN`'),
  ],
  semctl: [
    provoked('EACCES', 'the mode of the set does not allow it'),
    never('EFAULT', noPointers),
    injected('EIDRM', goneMeanwhile),
    provoked('EINVAL', 'the set was removed'),
    provoked('EPERM', '`set` or `remove` of what belongs to somebody else'),
    never('ERANGE', 'a value beyond 32767 is a `RangeError` before'),
  ],
  pthread_mutex_init: [
    never('EAGAIN', 'the C library needs nothing but the bytes'),
    provoked('EBADMSG', "`open`, and the kind of the mutex was overwritten; the library's own"),
    provoked('EEXIST', "`create`, and there is one; the library's own"),
    never('EINVAL', 'the attributes are ours'),
    never('ENOMEM', 'the C library needs nothing but the bytes'),
    never('EPERM', 'it is about rights that Linux does not ask for'),
    provoked(
      'EPROTO',
      "`open` where none is finished or it is of another C library; `create` where the bytes are not zeros; the library's own",
    ),
  ],
  pid_namespaces: [
    provoked('ENOENT', '`/proc` is not mounted'),
    provoked('EPROTO', "the robust mutex was made in another PID namespace; the library's own"),
  ],
  'pthread_mutex_lock, pthread_mutex_timedlock': [
    never('EAGAIN', 'it is about mutexes that one thread may lock again'),
    provoked('EBADMSG', "the kind of the mutex was overwritten; the library's own"),
    provoked('EDEADLK', 'this thread holds it'),
    provoked('EINTR', "`lockSync`, and a signal comes that the program listens for; the library's own"),
    never('EINVAL', 'priority ceilings are not used, and the time is well-formed'),
    provoked('ENOLCK', "the thread holds 1024; the library's own"),
    provoked('ENOTRECOVERABLE', 'an owner died, and the next one unlocked without `makeConsistent`'),
    value('EOWNERDEAD', 'the owner died: the guard says so, `ownerDied`'),
    value('ETIMEDOUT', '`tryLock` gives `undefined`; of `lockSync` with a `timeout` it is an error'),
  ],
  pthread_mutex_consistent: [
    provoked('EINVAL', 'no owner died, or it was called before'),
    provoked('EPERM', "the guard was unlocked before; the library's own"),
  ],
  pthread_mutex_unlock: [
    provoked('EBADMSG', "the kind of the mutex was overwritten: it stays locked; the library's own"),
    provoked('EPERM', 'the guard was unlocked before'),
  ],
  'open, of a lock': [
    provoked('EMFILE', processFiles),
    injected('ENFILE', systemFiles),
    provoked('ENOENT', '`/dev/shm` is not mounted; or `/proc`, and the object was unlinked'),
    injected('ENOMEM', kernelMemory),
    injected('ENOTSUP', 'the file system of `/dev/shm` has no unnamed files (`O_TMPFILE`)'),
    retried('a signal interrupts the call'),
  ],
  'linkat, of a lock': [
    provoked('EEXIST', taken),
    provoked('ENAMETOOLONG', longName),
    injected('ENOSPC', '`/dev/shm` has no room for another name'),
  ],
  'shm_open, of a lock': [
    provoked('EACCES', 'the mode of the lock does not allow to read and write it'),
    provoked('EISDIR', 'what lies under the name is a directory'),
    provoked('ELOOP', 'what lies under the name is a symbolic link'),
    provoked('ENAMETOOLONG', longName),
    provoked('ENOENT', missing),
    provoked('EPERM', 'it belongs to a user who is not trusted (`owner`)'),
    provoked('EPROTO', 'what lies under the name is no file of 4096 bytes'),
  ],
  'mmap, of a lock': [
    provoked('EBADMSG', "the number of parties of a barrier was overwritten; the library's own"),
    provoked('EEXIST', "`create` in a memory, and there is one; the library's own"),
    injected('ENOMEM', 'there are no addresses left, or too many maps (`vm.max_map_count`)'),
    provoked(
      'EPROTO',
      "no lock of this kind and version was finished there, or a barrier for another number of parties; the library's own",
    ),
  ],
  'fcntl, of a lock': [
    provoked('EAGAIN', "all 252 seats are taken; the library's own"),
    provoked(
      'EBUSY',
      "another process holds the byte that decides who creates a lock in a memory; the library's own",
    ),
    injected('ENOLCK', 'the kernel has no memory for another lock of a file'),
  ],
  'pthread_mutex_lock, of Mutex': [
    provoked('EBADMSG', 'the owner word was overwritten'),
    provoked('EDEADLK', 'this thread has it'),
    provoked('EINTR', '`lockSync`, and a signal comes that the program listens for'),
    provoked('ENOTRECOVERABLE', 'an owner died, and the next one unlocked without `makeConsistent`'),
    value('EOWNERDEAD', 'the owner died: the guard says so, `ownerDied`'),
    provoked('ESTALE', 'the file was truncated, or its start overwritten'),
    value('ETIMEDOUT', '`tryLock` gives `undefined`; of the others with a `timeout` it is an error'),
  ],
  'pthread_mutex_consistent, of Mutex': [
    provoked('EBADMSG', 'the owner word was overwritten'),
    provoked('EPERM', 'the guard was unlocked before'),
  ],
  'pthread_mutex_unlock, of Mutex': [
    provoked('EBADMSG', 'the owner word was overwritten'),
    provoked('EPERM', 'the guard was unlocked before'),
    provoked('ESTALE', 'the file was truncated, or its start overwritten'),
  ],
  'pthread_rwlock_rdlock, pthread_rwlock_wrlock': [
    never('EAGAIN', 'one handle counts its readers itself'),
    provoked('EBADMSG', 'the owner word was overwritten'),
    provoked('EDEADLK', 'this thread has it'),
    never('EINVAL', 'what is no lock is refused when it is opened'),
    provoked('ENOTRECOVERABLE', 'a writer died, and the next one unlocked without `makeConsistent`'),
    value('EOWNERDEAD', 'the writer died: the guard says so, `ownerDied`'),
    provoked('ESTALE', 'the file was truncated, or its start overwritten'),
    value(
      'ETIMEDOUT',
      '`tryRead`, `tryWrite` give `undefined`; of the others with a `timeout` it is an error',
    ),
  ],
  pthread_rwlock_unlock: [
    provoked('EBADMSG', 'the owner word was overwritten'),
    provoked('EPERM', 'the guard was unlocked before'),
    provoked('ESTALE', 'the file was truncated, or its start overwritten'),
  ],
  pthread_cond_wait: [
    never('EINVAL', 'what is no guard is a `TypeError` before'),
    never('EPERM', 'a guard that is not held is `EPERM` of `pthread_mutex_unlock`'),
    provoked('ESTALE', 'the file was truncated, or its start overwritten'),
    provoked('ETIMEDOUT', 'the `timeout` is over'),
  ],
  pthread_cond_signal: [provoked('ESTALE', 'the file was truncated, or its start overwritten')],
  pthread_barrier_wait: [
    provoked('EBADMSG', 'the state was overwritten'),
    provoked('EBUSY', "this handle waits already; the library's own"),
    never('EINVAL', 'what is no barrier is refused when it is opened'),
    provoked('EOWNERDEAD', "a party died with its handle open; the library's own"),
    provoked('ESTALE', 'the file was truncated, or its start overwritten'),
    provoked('ETIMEDOUT', 'the `timeout` is over'),
  ],
  pthread_barrier_init: [provoked('ESTALE', '`reset`, and the file was truncated, or its start overwritten')],
  'open, of a channel': [provoked('EMFILE', processFiles)],
  'posix_fallocate, of a channel': [
    provoked('EFBIG', 'it would be longer than the process may make a file (`RLIMIT_FSIZE`)'),
    provoked('ENOSPC', '`/dev/shm` is full, or smaller; nothing is left behind'),
  ],
  'linkat, of a channel': [provoked('EEXIST', taken), provoked('ENAMETOOLONG', longName)],
  'shm_open, of a channel': [
    provoked('EACCES', 'the mode of the channel does not allow to read and write it'),
    provoked('EBADMSG', 'it is damaged: `field` says where'),
    provoked('EISDIR', 'what lies under the name is a directory'),
    provoked('ELOOP', 'what lies under the name is a symbolic link'),
    provoked('ENOENT', missing),
    provoked('EPERM', 'it belongs to a user who is not trusted (`owner`)'),
    provoked(
      'EPROTO',
      'what lies under the name is no channel, or one of another version: `field` says by what',
    ),
  ],
  'mmap, of a channel': [
    injected('ENOMEM', 'there are no addresses left, or too many maps (`vm.max_map_count`)'),
  ],
  openOrCreate: [provoked('EPROTO', 'the channel that is there is not as asked for: `field` says in what')],
  'writer, reader': [
    provoked('EAGAIN', 'all 252 seats are taken'),
    provoked('EBADF', 'the channel is closed'),
    provoked('EBADMSG', 'positions or the owner word were overwritten'),
    provoked('EBUSY', 'another one sits on the only seat: the hint names its process'),
    provoked('EMFILE', processFiles),
    injected('ENOLCK', 'the kernel has no memory for another lock of a file'),
  ],
  send: [
    value('EAGAIN', 'it is full, or another of many is just at it: `trySend` gives `false`'),
    provoked('EBADF', 'the writer is closed, also while it waits'),
    provoked('EBADMSG', 'positions or the owner word were overwritten'),
    provoked('EBUSY', 'a claim of this writer is open; a promise waits for its end'),
    provoked('EINTR', '`sendSync`, and a signal comes that the program listens for'),
    provoked('EMSGSIZE', 'the message is longer than the capacity less 8'),
    provoked('EPIPE', 'it waits for room, and all readers have gone'),
    provoked('ESTALE', 'the file was truncated, or its start overwritten'),
    provoked('ETIMEDOUT', 'the `timeout` is over'),
  ],
  receive: [
    value('EAGAIN', 'it is empty, or another of many is just at it: `tryReceive` gives `undefined`'),
    provoked('EBADF', 'the reader is closed, also while it waits'),
    provoked('EBADMSG', 'positions, the owner word or the length of a message were overwritten'),
    provoked('EBUSY', 'a lease of this reader is held, or it drains; a promise waits for its end'),
    provoked('EINTR', '`receiveSync`, and a signal comes that the program listens for'),
    provoked('EMSGSIZE', 'the buffer of the caller is shorter than the message, which stays'),
    provoked('EPIPE', 'nothing is left, and all writers have gone'),
    provoked('ESTALE', 'the file was truncated, or its start overwritten'),
    provoked('ETIMEDOUT', 'the `timeout` is over'),
  ],
  'commit, abort': [
    provoked('EBADF', 'the writer is closed'),
    provoked('EINVAL', 'no claim is open at this offset: it was committed or aborted before'),
  ],
  'release, putBack, bytes': [provoked('EINVAL', 'the lease has ended')],
  'close, of a channel': [provoked('EBUSY', 'a claim is open, a lease is held, or a drain runs')],
  msgget: [
    injected('EACCES', lookedUp),
    provoked('EEXIST', takenKey),
    provoked('ENOENT', missingKey),
    injected('ENOMEM', kernelMemory),
    provoked('ENOSPC', 'the system has as many queues as it may (`kernel.msgmni`)'),
  ],
  msgsnd: [
    provoked('EACCES', 'the mode of the queue does not allow to write'),
    value('EAGAIN', 'the queue is full: `trySend` gives `false`'),
    provoked('EFAULT', `${goneView}; the library's own`),
    provoked('EIDRM', 'the queue was removed while the thread waited'),
    retried(signal),
    provoked('EINVAL', 'the queue was removed, or the message is longer than `kernel.msgmax`'),
    injected('ENOMEM', 'the kernel has no memory for the message'),
    provoked('ETIMEDOUT', 'the `timeout` of `sendSync` is over'),
  ],
  msgrcv: [
    provoked('E2BIG', 'the message is longer than the buffer and `truncate` was not given; it stays'),
    provoked('EACCES', 'the mode of the queue does not allow to read'),
    provoked('EFAULT', `${goneView}; the message is in \`received\`; the library's own`),
    provoked('EIDRM', 'the queue was removed while the thread waited'),
    retried(signal),
    provoked('EINVAL', 'the queue was removed'),
    value('ENOMSG', 'no message fits: `tryReceive` gives `undefined`'),
    never('ENOSYS', 'it is about MSG_COPY, which is not used'),
    provoked('ETIMEDOUT', 'the `timeout` of `receiveSync` is over'),
    provoked(
      'EOVERFLOW',
      "the type of the message is beyond 2^53 - 1: message and type are in `received`; the library's own",
    ),
  ],
  msgctl: [
    provoked('EACCES', '`stat` or `fromId`, and the mode of the queue does not allow to read'),
    never('EFAULT', noPointers),
    injected('EIDRM', goneMeanwhile),
    provoked('EINVAL', 'the queue was removed'),
    provoked(
      'EPERM',
      '`set` or `remove` of what belongs to somebody else, or `maxBytes` above `kernel.msgmnb` without rights',
    ),
  ],
  ftok: [
    provoked('EACCES', 'a folder on the way to the file may not be searched'),
    provoked('ENOENT', 'there is no such file'),
  ],
};
