import { mqueueMount, queues } from './mqueue.js';
import { requireLinux } from './platform.js';
import type { ObjectRecord } from './record.js';
import { sharedMemoryAndSemaphores } from './shm-folder.js';
import { messageQueues, semaphoreSets, sharedMemory } from './sysvipc.js';

export interface Listing {
  objects: ObjectRecord[];
  /** Where the queue file system is mounted. `undefined`: nowhere, so POSIX queues cannot be listed, though they work. */
  mqueue: string | undefined;
  /** Sources that could not be read; their objects are missing from the list. */
  unreadable: { path: string; code: string }[];
}

/** Every IPC object that this process can see: POSIX ones of its mounts, System V ones of its IPC namespace. */
export function list(): Listing {
  requireLinux('list');
  const objects: ObjectRecord[] = [];
  const unreadable: Listing['unreadable'] = [];
  const collect = (path: string, read: (path: string) => ObjectRecord[]) => {
    try {
      objects.push(...read(path));
    } catch (error) {
      unreadable.push({ path, code: (error as NodeJS.ErrnoException).code ?? String(error) });
    }
  };

  const mqueue = mqueueMount();
  collect('/dev/shm', sharedMemoryAndSemaphores);
  if (mqueue !== undefined) collect(mqueue, queues);
  collect('/proc/sysvipc/shm', sharedMemory);
  collect('/proc/sysvipc/sem', semaphoreSets);
  collect('/proc/sysvipc/msg', messageQueues);
  return { objects, mqueue, unreadable };
}
