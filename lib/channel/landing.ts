/** Bytes up to which a loop over words is faster than a call of `set`, which needs a view of its source each time. */
const longestLoop = 256;
/** The same for a loop over bytes. */
const shortestSet = 64;

/** Copies messages out of a channel. */
export class Landing {
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  /** The words of the buffer that was received into last: whoever uses one again and again makes no garbage. */
  #target: Uint8Array | undefined;
  #targetWords: Int32Array | undefined;

  constructor(words: Int32Array, bytes: Buffer) {
    this.#words = words;
    this.#bytes = bytes;
  }

  copy(at: number, length: number): Buffer {
    const copy = Buffer.allocUnsafeSlow(length);
    copy.set(this.#bytes.subarray(at, at + length));
    return copy;
  }

  /** Into a `target` that is used once. */
  once(target: Uint8Array, at: number, length: number): void {
    if (length > shortestSet) target.set(this.#bytes.subarray(at, at + length));
    else for (let byte = 0; byte < length; byte++) target[byte] = this.#bytes[at + byte] as number;
  }

  /** Into `target`, which is long enough. */
  into(target: Uint8Array, at: number, length: number): void {
    if (length > longestLoop) {
      target.set(this.#bytes.subarray(at, at + length));
      return;
    }
    const known = target === this.#target ? this.#targetWords : this.#wordsOf(target);
    // A view that tracks the length of a resizable buffer may have grown since.
    const into = known !== undefined && known.length < length >> 2 ? this.#wordsOf(target) : known;
    const whole = into === undefined ? 0 : length >> 2;
    if (into !== undefined) copyWords(this.#words, at >> 2, into, whole);
    for (let byte = whole << 2; byte < length; byte++) target[byte] = this.#bytes[at + byte] as number;
  }

  #wordsOf(target: Uint8Array): Int32Array | undefined {
    this.#target = target;
    const aligned = target.byteOffset % 4 === 0;
    this.#targetWords = aligned
      ? new Int32Array(target.buffer, target.byteOffset, target.length >> 2)
      : undefined;
    return this.#targetWords;
  }
}

/** Four in a turn: a third of the time of receiving 64 bytes, since the engine asks in each turn whether it is interrupted. */
function copyWords(from: Int32Array, start: number, into: Int32Array, count: number): void {
  const fours = count & ~3;
  let word = 0;
  for (; word < fours; word += 4) {
    const source = start + word;
    into[word] = from[source] as number;
    into[word + 1] = from[source + 1] as number;
    into[word + 2] = from[source + 2] as number;
    into[word + 3] = from[source + 3] as number;
  }
  for (; word < count; word++) into[word] = from[start + word] as number;
}
