import { readFileSync } from 'node:fs';
import { Barrier, Condition, Mutex, RwLock, Semaphore, SharedMemory } from 'posix-ipc';
import * as layout from './layout.js';

/** The objects of one round, and the memory in which its victims keep their journals. */
export class Stage {
  readonly prefix: `/${string}`;
  readonly words: Int32Array;
  readonly #harness: SharedMemory;

  constructor(prefix: `/${string}`) {
    this.prefix = prefix;
    this.#harness = SharedMemory.create(`${prefix}-h`, { size: layout.harnessBytes });
    this.words = this.#harness.view(Int32Array);
    const placed = SharedMemory.create(`${prefix}-p`, { size: layout.placedBlocks * layout.blockSize });
    Mutex.create({ memory: placed, offset: 0 }).close();
    RwLock.create({ memory: placed, offset: layout.blockSize }).close();
    placed.close();
    SharedMemory.create(`${prefix}-g`, { size: layout.blockSize }).close();
    Mutex.create(`${prefix}-m`).close();
    RwLock.create(`${prefix}-r`).close();
    Mutex.create(`${prefix}-q`).close();
    Condition.create(`${prefix}-c`).close();
    Barrier.create(`${prefix}-b`, { parties: layout.parties }).close();
    Semaphore.create(`${prefix}-s`, { value: layout.semaphoreStart }).close();
  }

  get path(): string {
    return `/dev/shm${this.prefix}-h`;
  }

  get(word: number): number {
    return Atomics.load(this.words, word);
  }

  set(word: number, value: number): void {
    Atomics.store(this.words, word, value);
  }

  at(slot: number): number {
    return layout.slotAt(slot);
  }

  ofSlot(slot: number, word: number): number {
    return this.get(layout.slotAt(slot) + word);
  }

  /** The words of each lock's block, for people. */
  dump(): string {
    const blocks = ['m', 'r', 'q', 'c', 'b'].map((suffix) => {
      const bytes = readFileSync(`/dev/shm${this.prefix}-${suffix}`);
      const word = (index: number) => bytes.readUInt32LE(4 * index).toString(16);
      const head = [2, 3, 4].map(word).join(' ');
      const seats = Array.from({ length: 252 }, (_, seat) => 16 + 4 * seat)
        .filter((seat) => bytes.readUInt32LE(4 * seat) >= 2 ** 31)
        .map(
          (seat) =>
            `${(seat - 16) / 4}: ${word(seat)} ${word(seat + 1)} ${bytes.readUInt32LE(4 * (seat + 2))}`,
        );
      return `  ${suffix}: sequence, sleepers, word ${head}; seats ${seats.join(', ')}\n`;
    });
    return blocks.join('');
  }

  stop(stopped = true): void {
    this.set(layout.Head.stop, stopped ? 1 : 0);
  }

  /** Takes everything away that a round can have made. */
  strike(): void {
    this.#harness.close();
    for (const suffix of ['h', 'p', 'g', 'm', 'r', 'q', 'c', 'b', 'x0', 'x1', 'x2', 'x3'])
      removed(() => SharedMemory.unlink(`${this.prefix}-${suffix}`));
    removed(() => Semaphore.unlink(`${this.prefix}-s`));
  }
}

function removed(unlink: () => void): void {
  try {
    unlink();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}
