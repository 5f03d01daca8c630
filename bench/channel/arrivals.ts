import { Mark } from './messages.js';

const markerWords = 3;

/** Checks that every message arrives once, whole, and in order; and measures from one marker to the other. */
export class Arrivals {
  #want = 0;
  #first = 0;
  #wrong = 0;
  /** Milliseconds of `performance.now()`. */
  started = 0;
  ended = 0;

  /** A message of so many words, from `first` on. */
  see(words: Int32Array, first: number, count: number): void {
    if (words[first] !== this.#want) {
      this.#unexpected(words, first, count);
      return;
    }
    const last = first + count - 1;
    let sum = 0;
    for (let word = first + 1; word < last; word++) sum = (sum + (words[word] as number)) | 0;
    if (words[last] !== sum) this.#wrong += 1;
    this.#want = (this.#want + 1) | 0;
  }

  get over(): boolean {
    return this.ended !== 0;
  }

  get report() {
    return {
      messages: (this.#want - this.#first) >>> 0,
      milliseconds: this.ended - this.started,
      wrong: this.#wrong,
    };
  }

  #unexpected(words: Int32Array, first: number, count: number): void {
    if (count !== markerWords || words[first] !== ~this.#want) {
      this.#wrong += 1;
      this.#want = ((words[first] as number) + 1) | 0;
    } else if (words[first + 2] === Mark.start) {
      this.#first = this.#want;
      this.started = performance.now();
    } else {
      this.ended = performance.now();
    }
  }
}
