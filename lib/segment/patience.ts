/** Microseconds that a wait looks before the event loop sleeps, which costs some 30 of them by the wake-up alone. */
const usual = 20;
/** When it looks again after it had given up: as long as a peer may take that has to be woken first. */
const probe = 100;
/** Milliseconds that 64 looks never take by themselves: a tenth of a microsecond is usual. */
const interruption = 0.003;
const firstInterval = 16;
const longestInterval = 1024;

/**
 * Looking for a few microseconds before the event loop sleeps. How long is learned from what came in time: not at all where
 * looking takes the CPU away from the peer that is waited for.
 */
export class Patience {
  #budget = usual;
  #waits = 0;
  #interval = firstInterval;

  /** Whether the word has become something else than `value`. */
  untilChanged(words: Int32Array, index: number, value: number): boolean {
    if (Atomics.load(words, index) !== value) return true;
    const budget = this.#budget >= 1 ? this.#budget : this.#nextProbe();
    if (budget === 0) return false;
    let now = performance.now();
    const end = now + budget / 1000;
    do {
      for (let look = 0; look < 64; look++) {
        if (Atomics.load(words, index) === value) continue;
        // Where the CPU was taken away meanwhile, it was given to the peer: it would have come sooner without the looks.
        if (performance.now() - now > interruption) this.#miss();
        else this.#hit();
        return true;
      }
      now = performance.now();
    } while (now < end);
    this.#miss();
    return false;
  }

  #hit(): void {
    this.#budget = usual;
    this.#interval = firstInterval;
  }

  #miss(): void {
    this.#budget /= 2;
  }

  #nextProbe(): number {
    this.#waits += 1;
    if (this.#waits < this.#interval) return 0;
    this.#waits = 0;
    this.#interval = Math.min(2 * this.#interval, longestInterval);
    return probe;
  }
}
