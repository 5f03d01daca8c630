import { readFileSync } from 'node:fs';
import { Barrier, Condition, Mutex, RwLock, Semaphore, SharedMemory } from 'posix-ipc';
import * as layout from './layout.js';
import { removed, Stage } from './stage.js';

/** One of each lock, a semaphore and memory. */
export class LockStage extends Stage {
  constructor(prefix: `/${string}`) {
    super(prefix);
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

  describe(intent: number): string {
    return `${layout.objects[intent >> 8] ?? 'nothing'}, phase ${intent & 255}`;
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

  override strike(): void {
    super.strike();
    for (const suffix of ['p', 'g', 'm', 'r', 'q', 'c', 'b', 'x0', 'x1', 'x2', 'x3'])
      removed(() => SharedMemory.unlink(`${this.prefix}-${suffix}`));
    removed(() => Semaphore.unlink(`${this.prefix}-s`));
  }
}
