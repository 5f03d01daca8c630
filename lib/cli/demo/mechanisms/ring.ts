import type { Memory } from '../../../index.js';
import { slots } from '../mechanism.js';

/**
 * Ten slots of shared memory, used in turn. Each side counts for itself: that a slot is free, or filled,
 * the semaphores say.
 */
export class Ring {
  private turn = 0;

  constructor(
    private readonly memory: Memory,
    private readonly size: number,
  ) {}

  write(item: Buffer): void {
    this.memory.write(this.next(), item);
  }

  /** Copies before anybody looks at the bytes: text in shared memory may change while it is decoded. */
  read(into: Buffer): number {
    const bytes = this.memory.bytes(this.next(), this.size);
    into.set(bytes);
    return bytes.length;
  }

  private next(): number {
    const slot = this.turn;
    this.turn = (slot + 1) % slots;
    return slot * this.size;
  }
}
