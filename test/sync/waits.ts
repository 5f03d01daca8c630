import { Barrier, Condition, Mutex, RwLock, type Wait } from 'posix-ipc';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';

/** A lock that somebody waits for in vain. */
export interface Awaited {
  readonly path: string;
  readonly handle: Mutex | RwLock | Condition | Barrier;
  wait(options?: Wait): Promise<unknown>;
  /** What the wait is for. */
  give(): void;
  /** What the wait was given is given back. */
  finish(given: unknown): void;
}

export interface WaitingKind {
  readonly title: string;
  readonly syscall: string;
  readonly method: string;
  make(): Awaited;
}

const unlock = (guard: unknown) => (guard as Disposable)[Symbol.dispose]();

/** Every method of a lock that waits as a promise. */
export const waits: readonly WaitingKind[] = [
  {
    title: 'Mutex.lock',
    syscall: 'pthread_mutex_lock',
    method: 'lock',
    make() {
      const path = name();
      const guard = closing(Mutex.create(path)).lockSync();
      const handle = closing(Mutex.open(path));
      closing(guard);
      return { path, handle, wait: (wait) => handle.lock(wait), give: () => guard.unlock(), finish: unlock };
    },
  },
  {
    title: 'RwLock.read',
    syscall: 'pthread_rwlock_rdlock',
    method: 'read',
    make() {
      const path = name();
      const guard = closing(RwLock.create(path)).writeSync();
      const handle = closing(RwLock.open(path));
      closing(guard);
      return { path, handle, wait: (wait) => handle.read(wait), give: () => guard.unlock(), finish: unlock };
    },
  },
  {
    title: 'RwLock.write',
    syscall: 'pthread_rwlock_wrlock',
    method: 'write',
    make() {
      const path = name();
      const guard = closing(RwLock.create(path)).readSync();
      const handle = closing(RwLock.open(path));
      closing(guard);
      return { path, handle, wait: (wait) => handle.write(wait), give: () => guard.unlock(), finish: unlock };
    },
  },
  {
    title: 'Condition.wait',
    syscall: 'pthread_cond_wait',
    method: 'wait',
    make() {
      const path = name();
      const signaller = closing(Condition.create(path));
      const handle = closing(Condition.open(path));
      // For a guard each: they wait for the condition at once.
      const wait = async (options?: Wait) => {
        const mutex = closing(Mutex.create(name()));
        using guard = mutex.lockSync();
        await handle.wait(guard, options);
      };
      return { path, handle, wait, give: () => signaller.signal(), finish: () => {} };
    },
  },
  {
    title: 'Barrier.wait',
    syscall: 'pthread_barrier_wait',
    method: 'wait',
    make() {
      const path = name();
      const other = closing(Barrier.create(path, { parties: 2 }));
      const handle = closing(Barrier.open(path));
      return {
        path,
        handle,
        wait: (wait) => handle.wait(wait),
        give: () => void other.wait().catch(() => {}),
        finish: () => {},
      };
    },
  },
];
