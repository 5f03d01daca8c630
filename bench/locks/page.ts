import type { SharedMemory } from 'posix-ipc';

/** What the two processes of a hand-over share beside the mutex; bench/floors/locks.cc has the same. */
export class Page {
  readonly #unlocked: Float64Array;
  readonly #words: Int32Array;

  constructor(memory: SharedMemory) {
    this.#unlocked = memory.view(Float64Array, 0, 1);
    this.#words = memory.view(Int32Array, 8, 5);
  }

  static readonly size = 32;

  /** When the lock was given back last: nanoseconds. Written before the unlock, which orders it. */
  get unlocked(): number {
    return this.#unlocked[0] as number;
  }

  set unlocked(moment: number) {
    this.#unlocked[0] = moment;
  }

  /** How often each has called `lock`, and how often it has come back. */
  called(who: number): number {
    return Atomics.load(this.#words, who);
  }

  call(who: number, round: number): void {
    Atomics.store(this.#words, who, round);
  }

  locked(who: number): number {
    return Atomics.load(this.#words, 2 + who);
  }

  lock(who: number, round: number): void {
    Atomics.store(this.#words, 2 + who, round);
  }

  get ended(): boolean {
    return Atomics.load(this.#words, 4) !== 0;
  }

  end(): void {
    Atomics.store(this.#words, 4, 1);
  }
}
