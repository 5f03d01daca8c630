import { truncateSync } from 'node:fs';
import { MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { onTestFinished } from 'vitest';
import { watchId } from './leftovers.js';
import { uniqueName } from './names.js';

const quietly = (take: () => void) => {
  try {
    take();
  } catch {
    // The test has taken it away itself.
  }
};

/** A name whose objects, of whatever kind, go with the test. */
export function name(): string {
  const unique = uniqueName();
  onTestFinished(() => {
    for (const kind of [SharedMemory, Semaphore, MessageQueue]) quietly(() => kind.unlink(unique));
  });
  return unique;
}

/** Bytes of shared memory that are not there any more, and that nobody has touched since. */
export function cutOff(): Uint8Array {
  const path = name();
  const memory = SharedMemory.create(path, { size: 4096 });
  onTestFinished(() => memory.close());
  const bytes = memory.bytes(0, 8);
  truncateSync(`/dev/shm${path}`);
  return bytes;
}

/** A System V object that goes with the test. */
export function temporary<T extends sysv.SharedMemory | sysv.SemaphoreSet | sysv.MessageQueue>(object: T): T {
  const kind =
    object instanceof sysv.SharedMemory ? 'shm' : object instanceof sysv.SemaphoreSet ? 'sem' : 'msg';
  watchId(kind, object.id);
  onTestFinished(() => quietly(() => object.remove()));
  return object;
}

/** A segment's memory, which is let go with the test. */
export function attached(size = 4096, options: sysv.AttachOptions = {}): sysv.Attachment {
  const memory = segment(size).attach(options);
  onTestFinished(() => memory.close());
  return memory;
}

/** The mutex at the start of a segment. */
export const robustMutex = (memory = attached()) => sysv.RobustMutex.openOrCreate({ memory, offset: 0 });

export const segment = (size = 4096) => temporary(sysv.SharedMemory.create(sysv.IPC_PRIVATE, { size }));
export const set = (...values: number[]) => temporary(sysv.SemaphoreSet.create(sysv.IPC_PRIVATE, { values }));
export const letters = (options = {}) => temporary(sysv.MessageQueue.create(sysv.IPC_PRIVATE, options));
