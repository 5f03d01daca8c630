import { Mark } from './messages.js';

const markerWords = 3;

/** Checks that every message of many writers arrives once and in its writer's order; and counts while all of them run. */
export class Crowd {
  readonly #writers: number;
  /** Of each writer: the next sequence number, and the one at the start and at the end of the time in which all ran. */
  readonly #want: Int32Array;
  #first: Int32Array;
  #last: Int32Array;
  #starts = 0;
  #ends = 0;
  #wrong = 0;
  #started = 0;
  #ended = 0;

  constructor(writers: number) {
    this.#writers = writers;
    this.#want = new Int32Array(writers);
    this.#first = this.#want;
    this.#last = this.#want;
  }

  /** A message of so many words, from `first` on. */
  see(words: Int32Array, first: number, count: number): void {
    const id = words[first + 1] as number;
    const want = this.#want[id] as number;
    if (words[first] === want) this.#want[id] = want + 1;
    else this.#unexpected(words, first, count);
  }

  get over(): boolean {
    return this.#ends === this.#writers;
  }

  get report() {
    const shares = Array.from(this.#last, (last, id) => (last - (this.#first[id] as number)) >>> 0);
    return { milliseconds: this.#ended - this.#started, wrong: this.#wrong, shares };
  }

  #unexpected(words: Int32Array, first: number, count: number): void {
    const id = words[first + 1] as number;
    if (count !== markerWords || words[first] !== ~(this.#want[id] as number)) {
      this.#wrong += 1;
      this.#want[id] = (words[first] as number) + 1;
    } else if (words[first + 2] === Mark.start) {
      this.#starts += 1;
      if (this.#starts < this.#writers) return;
      this.#first = this.#want.slice();
      this.#started = performance.now();
    } else {
      this.#ends += 1;
      if (this.#ends > 1) return;
      this.#last = this.#want.slice();
      // Else there was no such time.
      if (this.#starts === this.#writers) this.#ended = performance.now();
    }
  }
}
