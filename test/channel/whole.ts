import { type Broadcast, type Latest, SharedMemory } from 'posix-ipc';
import { closing } from '../helpers/peer.js';

/** What the writers of test/fixtures/channel and test/interop/c write: a first word, then they count up. */
function countsUp(bytes: Buffer, first: number, most: number): boolean {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  if (words.length !== 1 + ((first >>> 0) % most)) return false;
  for (let index = 0; index < words.length; index++) if (words[index] !== ((first + index) | 0)) return false;
  return true;
}

/** Whether a value is that of its version, and all of it. */
export const isWhole = (value: Buffer, version: number, { size }: Latest): boolean =>
  countsUp(value, Math.imul(version, 7919), size / 4);

export const isWholeMessage = (data: Buffer, number: number, broadcast: Broadcast): boolean =>
  countsUp(data, number | 0, broadcast.stats().longest / 8);

/** A message for which isWholeMessage() holds. */
export function pattern(number: number, broadcast: Broadcast): Int32Array {
  const first = number | 0;
  const length = 1 + ((first >>> 0) % (broadcast.stats().longest / 8));
  return Int32Array.from({ length }, (_, index) => first + index);
}

/** The words of native/include/posix-ipc/channel.h that are numbers of 64 bits. */
export const wide = { counter: 1216, tail: 1216, intent: 1248, newest: 1280 };

export function wordsOf(path: string): Int32Array {
  return closing(SharedMemory.open(path)).view(Int32Array);
}

/** As if it had been counted up to there: the high word of the other half is still that of when it was last used. */
export function setWide(words: Int32Array, at: number, number: number): void {
  const high = Math.floor(number / 2 ** 32);
  const inUpperHalf = (number | 0) < 0;
  words[at + 1] = high;
  words[at + 2] = inUpperHalf ? high : Math.max(0, high - 1);
  Atomics.store(words, at, number | 0);
}
