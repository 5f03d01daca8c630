/**
 * Looking again and again for a few microseconds before a wait goes to native code, which alone costs as much. How
 * long is learned: what came in time once will again; what did not is not waited for.
 */
export class Spin {
  #budget = 64;
  #leftOut = 0;

  /** Whether the word has become 0. */
  until0(words: Int32Array, index: number): boolean {
    if (this.#budget < 8 && ++this.#leftOut % 16 !== 0) return false;
    const looks = Math.max(this.#budget, 8);
    for (let look = 0; look < looks; look++) {
      if (Atomics.load(words, index) !== 0) continue;
      this.#budget = Math.min(2 * looks, 1024);
      return true;
    }
    this.#budget = looks >> 1;
    return false;
  }
}
