/*
 * Numbers of 64 bits in words {low, high, high}, as native/include/posix-ipc/wide.h has them: a high word for each value of
 * the top bit of the low word. The low word alone commits. Here they are exact up to 2^53.
 */

/** Between two looks of a reader a number would have to move on by 2^31, this often. */
const looks = 100;
const mostHigh = 2 ** 21;
const wordSize = 2 ** 32;

/** -1: what stands there is no number that anybody stores. */
export function readWide(words: Int32Array, at: number): number {
  for (let look = 0; look < looks; look++) {
    const half = Atomics.load(words, at) >>> 31;
    const high = Atomics.load(words, at + 1 + half);
    const low = Atomics.load(words, at);
    if (low >>> 31 !== half || Atomics.load(words, at + 1 + half) !== high) continue;
    return high >= 0 && high < mostHigh ? high * wordSize + (low >>> 0) : -1;
  }
  return -1;
}

/** By steps of less than 2^31, so that it passes each half. */
export function storeWide(words: Int32Array, at: number, number: number): void {
  const low = number | 0;
  const high = highOf(number);
  const ofHalf = at + 1 + (low >>> 31);
  if (Atomics.load(words, ofHalf) !== high) Atomics.store(words, ofHalf, high);
  Atomics.store(words, at, low);
}

export function highOf(number: number): number {
  return (number / wordSize) | 0;
}

/** The number of the message of a broadcast whose record begins at that word; negative where there is none. */
export function readNumber(words: Int32Array, record: number): number {
  return (words[record + 3] as number) * wordSize + ((words[record + 2] as number) >>> 0);
}

const fence = new Int32Array(1);

/** What was read before is not read later than what is loaded after: docs/memory-order.md. */
export function fenceAfterReading(): void {
  Atomics.store(fence, 0, 0);
}
