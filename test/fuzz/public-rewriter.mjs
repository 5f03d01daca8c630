import { parentPort, workerData } from 'node:worker_threads';
import { SharedMemory } from 'posix-ipc';

// Rewrites the words of the channel in the file that it is told, until it is told to end.
const [tail, head] = [1024, 1056];
const records = 2048;
const garbage = [0, -1, 1, 4, 7, 8, 4080, 4088, 4089, 4096, 2 ** 31 - 1, -(2 ** 31), 8192];

parentPort.on('message', ({ name, round }) => {
  const memory = opened(name);
  if (memory === undefined) return;
  const words = memory.view(Int32Array);
  for (let times = 0; Atomics.load(workerData, 0) === round; times++) {
    const at = [tail, head, records + ((Atomics.load(words, head) & 4095) >> 2), records + (times % 1024)];
    const word = at[times % 4];
    const before = Atomics.load(words, word);
    for (let flips = 0; flips < 20; flips++) {
      Atomics.store(words, word, before + garbage[(times + flips) % garbage.length]);
      Atomics.store(words, word, before);
    }
    if (times % 1000 === 999)
      Atomics.store(words, times % 2000 === 999 ? tail : head, garbage[times % garbage.length]);
  }
  memory.close();
});

/** `undefined`: its round is over already. */
function opened(name) {
  try {
    return SharedMemory.open(name);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
