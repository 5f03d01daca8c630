import { Barrier, Condition, MessageQueue, Mutex, RwLock, Semaphore, SharedMemory } from 'posix-ipc';
import { expect, test } from 'vitest';
import { killed } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';

// One process makes an object and takes its name away, again and again; another one opens it meanwhile.
leaveNothing();

const missing = 'ENOENT: no such file or directory';
const kinds = {
  // The textbook calls: shm_open(3), then a size. In between it is empty.
  SharedMemory: {
    open: (path: string) => SharedMemory.open(path),
    whole: (memory: SharedMemory) => memory.size === 4096 && memory.read(4095, 1)[0] === 0,
    others: [missing, 'EINVAL: invalid argument'],
  },
  Semaphore: {
    open: (path: string) => Semaphore.open(path),
    whole: (semaphore: Semaphore) => semaphore.value === 1,
    others: [missing],
  },
  MessageQueue: {
    open: (path: string) => MessageQueue.open(path),
    whole: (queue: MessageQueue) => queue.maxMessages === 1 && queue.length === 0,
    others: [missing],
  },
  Mutex: {
    open: (path: string) => Mutex.open(path),
    whole: (mutex: Mutex) => {
      const guard = mutex.tryLock();
      guard?.unlock();
      return guard !== undefined && !guard.ownerDied;
    },
    others: [missing],
  },
  RwLock: {
    open: (path: string) => RwLock.open(path),
    whole: (lock: RwLock) => {
      const guard = lock.tryWrite();
      guard?.unlock();
      return guard !== undefined && !guard.ownerDied;
    },
    others: [missing],
  },
  Condition: {
    open: (path: string) => Condition.open(path),
    whole: (condition: Condition) => condition.signal() === undefined,
    others: [missing],
  },
  Barrier: {
    open: (path: string) => Barrier.open(path),
    whole: (barrier: Barrier) => barrier.parties === 2 && !barrier.broken,
    others: [missing],
  },
};

test.each(Object.keys(kinds) as (keyof typeof kinds)[])(
  'a %s is there as a whole, or not at all, for whoever opens it',
  async (kind) => {
    const path = name();
    const words = [fixture('faults/create-again-and-again.mjs'), kind, path];
    const creator = start(process.execPath, words);
    await creator.printed('ready');
    const { open, whole, others } = kinds[kind];
    let met = 0;
    const tryOpen = () => {
      try {
        return open(path);
      } catch (error) {
        const { message } = error as Error;
        expect(
          others.some((words) => message.startsWith(words)),
          message,
        ).toBe(true);
        return undefined;
      }
    };
    while (met < 200) {
      using handle = tryOpen();
      if (handle === undefined) continue;
      expect(whole(handle as never)).toBe(true);
      met += 1;
      // Lets the watchdog look.
      await new Promise(setImmediate);
    }
    await killed(creator);
  },
);
