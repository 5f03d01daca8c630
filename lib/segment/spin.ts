/** Looks, of 4 ns each where the code is optimised: as long as a lock is held that is worth looking for. */
const most = 1024;
const usual = 64;
/** Fewer see nothing that the attempt before them did not. */
const fewest = 8;
/** Every how many waits one looks again after looking has been given up. */
const interval = 16;

/**
 * Looking again and again for a few microseconds before a wait goes to native code, which alone costs as much. How
 * long is learned: what came in time once will again; what did not is not waited for. A probe looks as long as ever:
 * a short one would miss what takes a little longer, and one bad start would be for ever.
 */
export class Spin {
  #budget = usual;
  #leftOut = 0;

  /** Whether the word has become 0. */
  until0(words: Int32Array, index: number): boolean {
    const probe = this.#budget < fewest;
    if (probe && ++this.#leftOut % interval !== 0) return false;
    const looks = probe ? most : this.#budget;
    for (let look = 0; look < looks; look++) {
      if (Atomics.load(words, index) !== 0) continue;
      this.#budget = Math.min(2 * looks, most);
      return true;
    }
    if (!probe) this.#budget >>= 1;
    return false;
  }
}
