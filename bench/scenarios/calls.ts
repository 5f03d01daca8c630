import { MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { nothing } from '../native.js';

/** What one call, or one pair of calls, costs beside the same loop in C. */
export interface Call {
  readonly title: string;
  /** The row of bench/floors/calls.c; none is a row for itself. */
  readonly floor?: string;
  readonly iterations: number;
  /** What the ratio to C may be at most; or, for calls of few nanoseconds, empty native calls added to a share of C. */
  readonly limit?: { readonly ratio: number; readonly emptyCalls?: number };
  /** Makes what the loop needs; gives the loop, and the end. */
  readonly prepare: () => { run(iterations: number): void; end(): void };
}

const messageSize = 64;
const segmentSize = 65536;
const uniqueName = (what: string) => `/posix-ipc-bench-${process.pid}-${what}`;

export const calls: readonly Call[] = [
  {
    title: 'two empty native calls',
    iterations: 2_000_000,
    prepare: () => ({
      run(iterations) {
        for (let i = 0; i < iterations; i++) {
          nothing();
          nothing();
        }
      },
      end() {},
    }),
  },
  {
    title: 'POSIX semaphore: post + tryWait',
    floor: 'posix-semaphore',
    iterations: 2_000_000,
    limit: { ratio: 1.3, emptyCalls: 2 },
    prepare() {
      const semaphore = Semaphore.create(uniqueName('sem'), { value: 0 });
      return {
        run(iterations) {
          for (let i = 0; i < iterations; i++) {
            semaphore.post();
            semaphore.tryWait();
          }
        },
        end() {
          semaphore.close();
          Semaphore.unlink(semaphore.name);
        },
      };
    },
  },
  {
    title: 'POSIX queue: trySend + tryReceiveInto, 64 B',
    floor: 'posix-queue',
    iterations: 200_000,
    limit: { ratio: 1.25 },
    prepare() {
      const queue = MessageQueue.create(uniqueName('mq'), { maxMessages: 4, messageSize });
      const message = Buffer.alloc(messageSize, 1);
      return {
        run(iterations) {
          for (let i = 0; i < iterations; i++) {
            queue.trySend(message);
            queue.tryReceiveInto(message);
          }
        },
        end() {
          queue.close();
          MessageQueue.unlink(queue.name);
        },
      };
    },
  },
  {
    title: 'System V semaphore: prepared semop +1, -1',
    floor: 'sysv-semaphore',
    iterations: 300_000,
    limit: { ratio: 1.25 },
    prepare() {
      const set = sysv.SemaphoreSet.create(sysv.IPC_PRIVATE, { count: 1 });
      const up = set.prepare({ index: 0, delta: 1 });
      const down = set.prepare({ index: 0, delta: -1 });
      return {
        run(iterations) {
          for (let i = 0; i < iterations; i++) {
            up.tryOperate();
            down.tryOperate();
          }
        },
        end: () => set.remove(),
      };
    },
  },
  {
    title: 'System V queue: trySend + tryReceiveInto, 64 B',
    floor: 'sysv-queue',
    iterations: 200_000,
    limit: { ratio: 1.25 },
    prepare() {
      const queue = sysv.MessageQueue.create(sysv.IPC_PRIVATE);
      const message = Buffer.alloc(messageSize, 1);
      return {
        run(iterations) {
          for (let i = 0; i < iterations; i++) {
            queue.trySend(message);
            queue.tryReceiveInto(message);
          }
        },
        end: () => queue.remove(),
      };
    },
  },
  {
    title: 'POSIX memory: open, map, unmap, close, 64 KiB',
    floor: 'posix-memory-open',
    iterations: 20_000,
    limit: { ratio: 1.6 },
    prepare: () => openings((name) => SharedMemory.open(name).close()),
  },
  {
    title: 'the same, with a view of it',
    floor: 'posix-memory-open',
    iterations: 20_000,
    prepare: () =>
      openings((name) => {
        const memory = SharedMemory.open(name);
        memory.bytes();
        memory.close();
      }),
  },
  {
    title: 'System V memory: attach, detach, 64 KiB',
    floor: 'sysv-memory-attach',
    iterations: 20_000,
    limit: { ratio: 1.6 },
    prepare() {
      const memory = sysv.SharedMemory.create(sysv.IPC_PRIVATE, { size: segmentSize });
      return {
        run(iterations) {
          for (let i = 0; i < iterations; i++) memory.attach().close();
        },
        end: () => memory.remove(),
      };
    },
  },
  {
    title: 'POSIX semaphore: open, close',
    floor: 'posix-semaphore-open',
    iterations: 20_000,
    prepare() {
      const name = uniqueName('sem-open');
      Semaphore.create(name, { value: 0 }).close();
      return {
        run(iterations) {
          for (let i = 0; i < iterations; i++) Semaphore.open(name).close();
        },
        end: () => Semaphore.unlink(name),
      };
    },
  },
  {
    title: 'POSIX queue: open, close',
    floor: 'posix-queue-open',
    iterations: 50_000,
    prepare() {
      const name = uniqueName('mq-open');
      MessageQueue.create(name, { maxMessages: 4, messageSize }).close();
      return {
        run(iterations) {
          for (let i = 0; i < iterations; i++) MessageQueue.open(name).close();
        },
        end: () => MessageQueue.unlink(name),
      };
    },
  },
];

function openings(open: (name: string) => void) {
  const name = uniqueName('shm-open');
  SharedMemory.create(name, { size: segmentSize }).close();
  return {
    run(iterations: number) {
      for (let i = 0; i < iterations; i++) open(name);
    },
    end: () => SharedMemory.unlink(name),
  };
}
