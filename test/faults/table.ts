/** A fault of section "fault table" of the research on other systems, what becomes of it here, and the tests that show it. */
export interface Row {
  /** What it happens to. */
  to: string;
  /** An error with its code, a recovery, or nothing that anybody would notice. Never a signal, never a hang. */
  outcome: string;
  /** Titles by file; of a C++ program, names of functions. */
  shown: Record<string, string[]>;
}

const owners = 'test/faults/lock-owner.test.ts';
const ends = 'test/faults/producer-consumer.test.ts';
const files = 'test/faults/hostile-file.test.ts';
const processes = 'test/faults/processes.test.ts';
const robust = 'test/sysv/robust-mutex.test.ts';
const guard = 'test/guard.test.ts';
const foreign = 'test/posix/foreign-file.test.ts';
const races = 'test/posix/race.test.ts';
const creating = 'test/faults/attach-during-creation.test.ts';
const realLocks = 'test/inspect/real-locks.test.ts';
const core = 'test/native/sync.cc';

export const table: Record<string, Row[]> = {
  'owner killed while it holds a lock': [
    {
      to: '`Mutex`',
      outcome: 'the next one gets it, and `ownerDied`',
      shown: {
        [owners]: [
          'the next one gets it by %s, and is told',
          'those who wait for it get it one after the other, and one of them is told',
        ],
        [core]: ['a_death_is_told_once'],
      },
    },
    {
      to: '`Mutex`, unlocked by the next one without `makeConsistent()`',
      outcome: '`ENOTRECOVERABLE` for all',
      shown: {
        [owners]: ['the next owner of a mutex says nothing of order: ENOTRECOVERABLE for all'],
        [core]: ['disorder_is_for_ever'],
      },
    },
    {
      to: '`RwLock`',
      outcome: 'of a reader nobody is told; after a writer the next one gets `ownerDied`',
      shown: {
        [owners]: [
          'a reader (%s) is killed: nobody waits for it',
          'the writer (%s) is killed: the next is told',
        ],
        [core]: ['dead_readers_and_writers_hold_up_nobody'],
      },
    },
    {
      to: '`Barrier`',
      outcome: '`EOWNERDEAD` for all who wait, until `reset()`',
      shown: { [owners]: ['a party of a barrier is killed: EOWNERDEAD for all who wait, until reset()'] },
    },
    {
      to: '`SemaphoreSet` with `undo`',
      outcome: 'the kernel gives it back; nobody is told',
      shown: {
        'test/sysv/semaphore-set-waiting.test.ts': [
          'gives back what a process had taken, also when it is killed',
          'wakes who waits for what the killed process held',
        ],
        'test/sysv/shared-counter.test.ts': [
          'one that is killed while it holds the lock gives it back, and the other one counts on',
        ],
      },
    },
    {
      to: '`sysv.RobustMutex`',
      outcome: 'the next one gets it, and `ownerDied`',
      shown: {
        [robust]: ['is told to the next one, who makes it consistent', 'wakes the one who waits'],
        'test/interop/robust-mutex.test.ts': ['the death of %s is told to us'],
      },
    },
    {
      to: '`Semaphore`; `SemaphoreSet` without `undo`',
      outcome: 'what it took stays taken; `ETIMEDOUT` for who asks for it',
      shown: {
        [owners]: ['the holder of a plain semaphore is killed: the count is lost, and a timeout says so'],
        'test/sysv/semaphore-set-waiting.test.ts': [
          'is not noted unless asked for: what a killed process took stays taken',
        ],
      },
    },
  ],
  'producer dies mid-write': [
    {
      to: 'message queues',
      outcome: 'every message is whole, in order and without a gap',
      shown: { [ends]: ['whose producer is killed has whole messages, in order and without a gap'] },
    },
    {
      to: 'shared memory under a `Mutex`',
      outcome: 'the next owner gets `ownerDied`, and `recover` puts it right',
      shown: {
        [ends]: [
          'whose writer dies half-way is half written, and the next owner is told',
          'is whole for whoever is not told of a death, whenever its writer is killed',
        ],
      },
    },
  ],
  'consumer dies': [
    {
      to: 'message queues',
      outcome: 'messages stay for the next one',
      shown: { [ends]: ['whose consumer is killed waiting (%s) keeps what is sent'] },
    },
    {
      to: 'who waits for a lock',
      outcome: 'the others do not wait for it',
      shown: {
        [ends]: ['one that waits for a mutex is killed: the next one gets it'],
        [owners]: [
          'one that waits for a condition is killed: the others get the signal, and nobody the death',
        ],
      },
    },
  ],
  'peer truncates': [
    {
      to: '`SharedMemory`, `Semaphore`',
      outcome: 'views show zeros, every call is `ESTALE`',
      shown: {
        [guard]: [
          'views have zeros, every call is ESTALE, and nothing else is harmed',
          'the very call that finds it out is refused, semaphores and queues too',
          'threads of the pool, system calls and workers go on, while handles are closed',
        ],
      },
    },
    {
      to: 'the four locks',
      outcome: 'every call is `ESTALE`, pending waits too',
      shown: {
        [files]: [
          'the file of a %s: every call is ESTALE, more than once',
          'a mutex that is held and waited for: who waits is told, and so is the owner',
          'a condition that is waited for: who waits is told',
          'a barrier at which somebody waits: who waits is told',
          'a mutex to %i bytes: garbage in place of the rest is no crash',
        ],
      },
    },
    {
      to: 'System V segments',
      outcome: 'cannot happen: their size is fixed',
      shown: { 'test/sysv/shared-memory.test.ts': ['that is there may be asked for as a minimum'] },
    },
  ],
  'shared-memory file system full': [
    {
      to: '`create`, `reserve`, `resize`; semaphores and locks',
      outcome: '`ENOSPC`, and nothing is left',
      shown: {
        'test/posix/shared-memory-size.test.ts': [
          'that /dev/shm has not is ENOSPC before any of it is taken',
          'that /dev/shm has not is ENOSPC for reserve and resize too',
        ],
        [files]: ['no lock and no semaphore is made, and nothing is left'],
      },
    },
    {
      to: 'shared memory with `reserve: false`',
      outcome: '`ESTALE` at the first touch without a page',
      shown: {
        [guard]: [
          'writing is ESTALE, by a view or a call, and what has its space stays',
          'an object may be larger than the space there is, as long as it is not used',
        ],
      },
    },
  ],
  'attach during creation': [
    {
      to: 'all with a name',
      outcome: 'it is there as a whole, or `ENOENT`; shared memory may still be empty: `EINVAL`',
      shown: {
        [creating]: ['a %s is there as a whole, or not at all, for whoever opens it'],
        'test/posix/shared-memory.test.ts': [
          'of an empty object is EINVAL',
          'gives an object that is still empty its size',
        ],
      },
    },
    {
      to: 'several who create at once',
      outcome: 'one has created it; `EEXIST`, or the whole of it, for the others',
      shown: {
        [races]: [
          'exactly one creates it, and the others are told that it is there',
          'exactly one has created it by openOrCreate, and all have the whole of it',
        ],
        [core]: ['a_placed_lock_has_one_creator'],
      },
    },
    {
      to: 'a lock that is not finished',
      outcome: '`EPROTO`',
      shown: {
        [files]: [
          'in a memory of zeros is EPROTO for open of a %s',
          'under its name, %s, is EPROTO and stays as it is',
          'for want of a descriptor leaves no %s behind',
        ],
      },
    },
  ],
  'name collision, permission': [
    {
      to: 'a name that is taken, also by no object of ours',
      outcome: '`EEXIST`, `EPROTO`, `EISDIR`, `ELOOP`; what is there stays',
      shown: {
        [files]: ['is EEXIST for create of a %s, and the other one goes on', 'of another kind is EPROTO'],
        [foreign]: [
          'a FIFO is EPROTO, without waiting for its other end',
          'a symbolic link is ELOOP, wherever it leads, and what it leads to stays as it is',
          '%s is EPROTO and stays as it is',
        ],
      },
    },
    {
      to: 'somebody else’s object',
      outcome: '`EACCES`, `EPERM`; a failed open takes nothing away',
      shown: {
        'test/posix/owner.test.ts': [
          'is not opened unless that user, or anybody, is trusted',
          'no POSIX object is opened, and none is unlinked',
          'no System V object is opened, used, changed or removed',
        ],
        [files]: ['and who gives no right to it, is EACCES; it stays'],
      },
    },
  ],
  'leftovers after a crash': [
    {
      to: 'plain objects',
      outcome: 'stay; `inspect.leaks` finds them, with the command that removes them',
      shown: {
        'test/inspect/leaks.test.ts': ['%s is unclaimed, with the command that removes it'],
      },
    },
    {
      to: 'locks',
      outcome: 'stay; `inspect.leaks` proves that nobody is left',
      shown: { [realLocks]: ['is in use, and an orphan of its own once that process was killed'] },
    },
    {
      to: 'what a creator had not finished',
      outcome: 'locks leave nothing; of `sem_open` the temporary file is found',
      shown: {
        'test/inspect/leaked-locks.test.ts': ['is an orphan when its name was left beside the right one'],
        [files]: ['for want of a descriptor leaves no %s behind'],
      },
    },
    {
      to: '`unlinkOnExit`',
      outcome: 'nothing is left by an end that can be caught',
      shown: {
        'test/exit-cleanup.test.ts': [
          'after %s, and the parent sees the usual end: %s %s',
          '%s and getting %s, and the parent sees that signal',
        ],
      },
    },
  ],
  'PID reuse': [
    {
      to: 'locks',
      outcome: 'decides nothing: the byte of a seat does',
      shown: {
        [processes]: [
          'is no sign of life: whoever was killed has died, though another has its number now',
          'is no sign of death: whoever holds the byte lives, though nobody has its number',
        ],
      },
    },
    {
      to: '`inspect.leaks`',
      outcome: 'the time at which a process began tells them apart',
      shown: {
        'test/inspect/leaked-locks.test.ts': [
          'is an orphan though another process has the number of its holder by now',
        ],
      },
    },
  ],
  containers: [
    {
      to: 'another PID namespace',
      outcome: 'locks work, and a death is told; `sysv.RobustMutex` is `EPROTO`',
      shown: {
        [processes]: [
          'with process numbers of its own holds a mutex, and its death is told',
          'with process numbers of its own waits for a mutex that is held here',
        ],
        'test/sysv/robust-mutex-place.test.ts': [
          'of another PID namespace is EPROTO, since its numbers of threads mean others',
        ],
        [realLocks]: ['a lock is judged by the byte of its seat: another PID namespace'],
      },
    },
    {
      to: 'another IPC or mount namespace',
      outcome: 'other objects: `ENOENT`, `EINVAL` of an id',
      shown: {
        [processes]: [
          'with an IPC namespace of its own has other queues and segments: ENOENT',
          'with a /dev/shm of its own has other memory, semaphores and locks: ENOENT',
        ],
      },
    },
    {
      to: 'one without `/proc`',
      outcome: 'locks and channels work by their names; without a name `ENOENT`',
      shown: { [processes]: ['without /proc has seats by their names, and no others'] },
    },
  ],
  fork: [
    {
      to: '`child_process`',
      outcome: 'a child has no seat of its parent, and takes nothing of it away',
      shown: {
        [processes]: ['(%s) has no seat of its parent, whose death is told'],
        'test/exit-cleanup.test.ts': ['a child process that Node has forked takes nothing of its parent'],
      },
    },
    {
      to: '`fork` in C',
      outcome: 'the same',
      shown: { [core]: ['a_forked_child_has_no_seat', 'a_forked_child_takes_no_seat_along'] },
    },
  ],
  threads: [
    {
      to: 'locks',
      outcome: 'exclude workers; the end of a worker is told like that of a process',
      shown: {
        [processes]: ['exclude each other by a %s', 'may die: the end of a worker (%s) is told'],
        [robust]: ['may be a worker (%s), whatever it has dropped'],
      },
    },
    {
      to: 'everything else',
      outcome: 'used by several at once, let go with the worker',
      shown: {
        'test/defects/runtime.test.ts': [
          'two workers and the main thread use the same objects at once',
          'a worker that holds everything is terminated, and lets go of all of it',
        ],
        'test/waiting/process-life.test.ts': [
          'two workers and the main thread wait on the same objects: each item goes to one of them',
        ],
      },
    },
  ],
};
