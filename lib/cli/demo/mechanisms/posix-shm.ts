import { Semaphore, SharedMemory } from '../../../index.js';
import { type Mechanism, type Run, slots } from '../mechanism.js';
import { Ring } from './ring.js';

const names = ({ tag }: Run) => ({ ring: `/${tag}-ring`, empty: `/${tag}-empty`, full: `/${tag}-full` });

/** The bounded buffer of the textbooks: `empty` counts free slots, `full` counts filled ones. */
export const posixSharedMemory: Mechanism = {
  name: 'posix-shm',
  title: 'POSIX shared memory + semaphores',

  create(run) {
    const name = names(run);
    const ring = SharedMemory.create(name.ring, { size: slots * run.size, unlinkOnExit: true });
    const empty = Semaphore.create(name.empty, { value: slots, unlinkOnExit: true });
    const full = Semaphore.create(name.full, { value: 0, unlinkOnExit: true });
    return {
      exhibits: [
        { kind: 'posix-shm', label: name.ring, ...inode(ring) },
        { kind: 'posix-sem', label: name.empty, ...inode(empty) },
        { kind: 'posix-sem', label: name.full, ...inode(full) },
      ],
      facts: () => [`semaphore values: empty ${empty.value}, full ${full.value}`],
      left: () => full.value,
      destroy() {
        for (const object of [ring, empty, full]) object.close();
        SharedMemory.unlink(name.ring);
        Semaphore.unlink(name.empty);
        Semaphore.unlink(name.full);
      },
    };
  },

  producer(run) {
    const { ring, empty, full, close } = open(run);
    return {
      put(item) {
        empty.waitSync();
        ring.write(item);
        full.post();
      },
      close,
    };
  },

  consumer(run) {
    const { ring, empty, full, close } = open(run);
    return {
      take(into) {
        full.waitSync();
        const length = ring.read(into);
        empty.post();
        return length;
      },
      close,
    };
  },
};

function open(run: Run) {
  const name = names(run);
  const memory = SharedMemory.open(name.ring);
  const empty = Semaphore.open(name.empty);
  const full = Semaphore.open(name.full);
  const close = () => {
    for (const object of [memory, empty, full]) object.close();
  };
  return { ring: new Ring(memory, run.size), empty, full, close };
}

function inode(object: SharedMemory | Semaphore) {
  const { dev, ino } = object.stat();
  return { dev, ino };
}
