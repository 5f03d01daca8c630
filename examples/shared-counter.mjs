// The shared counter of the textbooks: two processes add 1 to the same number, a million times each.
//
//   node examples/shared-counter.mjs [--count N] [way …]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Barrier, Mutex, Semaphore, SharedMemory, sysv } from 'posix-ipc';

/** Each way makes its lock in the parent, opens it in a child, and gives the function that adds one. */
const ways = {
  // Read, add, write: what the other one writes in between is lost.
  'no lock': {
    add: (number) => () => {
      number[0] += 1;
    },
  },
  Mutex: {
    make: (name) => Mutex.create(`${name}-mutex`, { unlinkOnExit: true }),
    add: (number, name) => {
      const mutex = Mutex.open(`${name}-mutex`);
      return () => {
        const guard = mutex.lockSync();
        number[0] += 1;
        guard.unlock();
      };
    },
  },
  Semaphore: {
    make: (name) => Semaphore.create(name, { value: 1, unlinkOnExit: true }),
    add: (number, name) => {
      const semaphore = Semaphore.open(name);
      return () => {
        semaphore.waitSync();
        number[0] += 1;
        semaphore.post();
      };
    },
  },
  Atomics: {
    add: (number) => () => {
      Atomics.add(number, 0, 1);
    },
  },
  'SemaphoreSet with undo': {
    make: () => sysv.SemaphoreSet.create(sysv.IPC_PRIVATE, { values: [1], removeOnExit: true }),
    add: (number, _, id) => {
      const set = sysv.SemaphoreSet.fromId(id);
      const take = set.prepare({ index: 0, delta: -1, undo: true });
      const give = set.prepare({ index: 0, delta: 1, undo: true });
      return () => {
        take.operateSync();
        number[0] += 1;
        give.operateSync();
      };
    },
  },
};

/** Where one happens to be done before the other begins, nothing is lost: then they try again. */
const mostRounds = 300;

if (process.argv[2] === 'child') child(JSON.parse(process.argv[3]));
else await parent();

function child({ way, name, id, count }) {
  const memory = SharedMemory.open(name);
  const add = ways[way].add(memory.view(Int32Array), name, id);
  const start = Barrier.open(`${name}-start`);
  start.waitSync();
  const began = process.hrtime.bigint();
  for (let done = 0; done < count; done++) add();
  process.send(Number(process.hrtime.bigint() - began) / 1e9);
  start.close();
  memory.close();
}

async function parent() {
  const { values, positionals } = parseArgs({
    options: { count: { type: 'string', default: '1000000' } },
    allowPositionals: true,
  });
  const count = Number(values.count);
  const name = `/counter-${process.pid}`;
  const memory = SharedMemory.create(name, { size: 4096, unlinkOnExit: true });
  const number = memory.view(Int32Array);
  const start = Barrier.create(`${name}-start`, { parties: 2, unlinkOnExit: true });

  console.log(`two processes, ${count} increments each`);
  for (const way of positionals.length > 0 ? positionals : Object.keys(ways)) {
    const made = ways[way].make?.(name);
    const job = JSON.stringify({ way, name, id: made?.id, count });
    const lossy = way === 'no lock';
    let rounds = 0;
    let seconds;
    do {
      number[0] = 0;
      seconds = await race(job);
      rounds += 1;
    } while (lossy && number[0] === 2 * count && rounds < mostRounds);

    const lost = 2 * count - number[0];
    const again = rounds > 1 ? `, in round ${rounds}` : '';
    console.log(
      `${way.padEnd(22)} ${String(number[0]).padStart(8)}   lost ${lost}   ${seconds.toFixed(2)} s${again}`,
    );
    if (lossy !== lost > 0) process.exitCode = 1;
  }
  start.close();
  memory.close();
}

/** How long the slower one took, from the barrier on. */
async function race(job) {
  const children = [1, 2].map(() => fork(import.meta.filename, ['child', job]));
  const times = await Promise.all(
    children.map(async (each) => {
      const told = once(each, 'message');
      const [code] = await once(each, 'exit');
      if (code !== 0) throw new Error(`a child has ended with ${code}`);
      const [seconds] = await told;
      return seconds;
    }),
  );
  return Math.max(...times);
}
