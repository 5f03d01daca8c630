import { SharedMemory } from 'posix-ipc';
import * as layout from './layout.js';

/** The objects of one round, and the memory in which its victims keep their journals. */
export abstract class Stage {
  readonly prefix: `/${string}`;
  readonly words: Int32Array;
  readonly #harness: SharedMemory;

  constructor(prefix: `/${string}`) {
    this.prefix = prefix;
    this.#harness = SharedMemory.create(`${prefix}-h`, { size: layout.harnessBytes });
    this.words = this.#harness.view(Int32Array);
  }

  /** What is in the objects, for people. */
  abstract dump(): string;

  /** What one was about, for people. */
  abstract describe(intent: number): string;

  /** Takes everything away that a round can have made. */
  strike(): void {
    this.#harness.close();
    SharedMemory.unlink(`${this.prefix}-h`);
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

  stop(stopped = true): void {
    this.set(layout.Head.stop, stopped ? 1 : 0);
  }
}

/** Unlinks what may be there. */
export function removed(unlink: () => void): void {
  try {
    unlink();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}
