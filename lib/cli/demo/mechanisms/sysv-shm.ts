import { sysv } from '../../../index.js';
import { type Mechanism, type Run, slots } from '../mechanism.js';
import { Ring } from './ring.js';

// The two semaphores of the set, as in the POSIX pair.
const empty = 0;
const full = 1;

export const sysvSharedMemory: Mechanism = {
  name: 'sysv-shm',
  title: 'System V shared memory + semaphore set',

  create({ key, size }) {
    const segment = sysv.SharedMemory.create(key, { size: slots * size, removeOnExit: true });
    const set = sysv.SemaphoreSet.create(key, { count: 2, values: [slots, 0], removeOnExit: true });
    return {
      exhibits: [
        { kind: 'sysv-shm', label: `segment ${segment.id}`, id: segment.id },
        { kind: 'sysv-sem', label: `semaphore set ${set.id}`, id: set.id },
      ],
      facts: () => [`semaphore values: empty ${set.value(empty)}, full ${set.value(full)}`],
      left: () => set.value(full),
      destroy() {
        segment.remove();
        set.remove();
      },
    };
  },

  producer(run) {
    const { ring, down, up, close } = attach(run);
    const waitForRoom = down(empty);
    const tellOfItem = up(full);
    return {
      put(item) {
        waitForRoom.operateSync();
        ring.write(item);
        tellOfItem.operateSync();
      },
      close,
    };
  },

  consumer(run) {
    const { ring, down, up, close } = attach(run);
    const waitForItem = down(full);
    const tellOfRoom = up(empty);
    return {
      take(into) {
        waitForItem.operateSync();
        const length = ring.read(into);
        tellOfRoom.operateSync();
        return length;
      },
      close,
    };
  },
};

function attach({ key, size }: Run) {
  const memory = sysv.SharedMemory.open(key).attach();
  const set = sysv.SemaphoreSet.open(key);
  return {
    ring: new Ring(memory, size),
    down: (index: number) => set.prepare({ index, delta: -1 }),
    up: (index: number) => set.prepare({ index, delta: 1 }),
    close: () => memory.close(),
  };
}
