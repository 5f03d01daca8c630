import { closedError, IpcError } from '../errors.js';
import { Role } from '../native.js';
import { bytesOf, type Data } from '../options.js';
import { anybodySleeps } from '../segment/sleepers.js';
import { checkMessages, lengthOf } from './batch.js';
import {
  filledSleepersWord,
  headWord as headIndex,
  magicWord,
  published,
  dataStart as start,
  tailWord as tailIndex,
} from './layout.js';
import { type Segment, Side } from './side.js';

// Own constants, which the engine writes into its code; what is imported it loads each time.
const tailWord = tailIndex;
const headWord = headIndex;
const sleepersWord = filledSleepersWord;
const magic = magicWord;
const done = published;
const dataStart = start;

/** How a writer sends: records at the tail of the ring, which are messages when the tail is stored. */
export class Sending {
  readonly side: Side;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #capacity: number;
  readonly #mask: number;
  readonly #many: boolean;
  /** Payload bytes of the longest message; negative while the fast path is shut: a claim is open, or all is closed. */
  #longest: number;
  #tail: number;
  /** The readers', as last seen. */
  #head: number;

  constructor(segment: Segment, persistent: boolean) {
    const side = new Side(segment, Role.writer, persistent, () =>
      side.patience.untilChanged(segment.words, headWord, this.#head),
    );
    this.side = side;
    this.#words = segment.words;
    this.#bytes = segment.bytes;
    this.#capacity = segment.capacity;
    this.#mask = side.mask;
    this.#many = side.many;
    this.#longest = side.longest;
    this.#tail = Atomics.load(this.#words, tailWord);
    this.#head = Atomics.load(this.#words, headWord);
    const used = (this.#tail - this.#head) | 0;
    if (!side.many && (used < 0 || used > segment.capacity || ((this.#tail | this.#head) & 7) !== 0)) {
      side.close('writer');
      side.fail('writer');
    }
  }

  trySend(bytes: Uint8Array, waiting: boolean): boolean {
    const length = bytes.length;
    const at = this.begin(length, waiting);
    if (at < 0) return false;
    this.#bytes.set(bytes, at);
    this.publish(length);
    return true;
  }

  sendSync(bytes: Uint8Array, timeout: number): void {
    if (this.trySend(bytes, false)) return;
    const at = this.beginSync(bytes.length, timeout);
    this.#bytes.set(bytes, at);
    this.publish(bytes.length);
  }

  /** Where the payload of a message goes; -1 where there is no room. Of many it then has its turn. */
  begin(length: number, waiting: boolean): number {
    if (length > this.#longest) this.#refuse();
    const size = (length + 15) & ~7;
    if (this.#many) return this.#beginOfMany(size, waiting);
    const tail = this.#tail;
    if (((tail - this.#head) | 0) + size > this.#capacity && !this.#makeRoom(size)) return -1;
    return dataStart + (tail & this.#mask) + 8;
  }

  /** The same; blocks until there is room. */
  beginSync(length: number, timeout: number): number {
    const size = (length + 15) & ~7;
    const attempt = () => {
      const at = this.#many ? this.#roomInTurn(size) : this.#roomAlone(size);
      return at < 0 ? undefined : at;
    };
    return this.side.waitSync(timeout, () => this.#tail, size, attempt);
  }

  #beginOfMany(size: number, waiting: boolean): number {
    // Without the turn: two that took it only to find no room would wake each other for ever.
    const used = (Atomics.load(this.#words, tailWord) - Atomics.load(this.#words, headWord)) | 0;
    this.side.keptOut = false;
    if (used >= 0 && used <= this.#capacity && used + size > this.#capacity) return -1;
    return this.side.takeTurn(waiting) ? this.#roomInTurn(size) : -1;
  }

  /** Where the payload goes; -1 where there is no room, and then the turn is given back. */
  #roomInTurn(size: number): number {
    const tail = Atomics.load(this.#words, tailWord);
    // Both anew: the others may have gone round since, and then an old position looks like a new one.
    this.#tail = tail;
    try {
      if ((tail & 7) !== 0) this.side.fail('send');
      if (this.#makeRoom(size)) return this.side.payloadAt(tail);
    } catch (error) {
      this.side.endTurn();
      throw error;
    }
    this.side.endTurn();
    return -1;
  }

  #roomAlone(size: number): number {
    return this.#makeRoom(size) ? this.side.payloadAt(this.#tail) : -1;
  }

  #makeRoom(size: number): boolean {
    const head = Atomics.load(this.#words, headWord);
    const used = (this.#tail - head) | 0;
    if (used < 0 || used > this.#capacity) this.side.fail('send');
    this.#head = head;
    return used + size <= this.#capacity;
  }

  /** The record at the tail is a message: one store. */
  publish(length: number): void {
    const words = this.#words;
    // Zeros in place of a file that was truncated.
    if (words[magic] !== done) this.side.fail('send');
    const record = (dataStart + (this.#tail & this.#mask)) >> 2;
    words[record] = length;
    words[record + 1] = 0;
    const tail = (this.#tail + ((length + 15) & ~7)) | 0;
    this.#tail = tail;
    Atomics.store(words, tailWord, tail);
    if (this.#many) this.side.endTurn();
    if (anybodySleeps(words, sleepersWord)) this.side.ring();
  }

  trySendMany(messages: readonly Data[], from: number, waiting: boolean): number {
    checkMessages(messages);
    if (from >= messages.length) return 0;
    if (this.begin(lengthOf(messages, from), waiting) < 0) {
      this.#checkRest(messages, from, from);
      return 0;
    }
    const begin = this.#tail;
    let tail = begin;
    let count = from;
    try {
      const words = this.#words;
      for (; count < messages.length; count++) {
        const data = messages[count] as Data;
        const bytes = data instanceof Uint8Array ? data : bytesOf(data, `messages[${count}]`);
        const length = bytes.length;
        if (length > this.#longest) this.#refuse();
        const size = (length + 15) & ~7;
        if (((tail - this.#head) | 0) + size > this.#capacity && !this.#makeRoom(size)) {
          this.#checkRest(messages, from, count);
          break;
        }
        const at = dataStart + (tail & this.#mask);
        words[at >> 2] = length;
        words[(at >> 2) + 1] = 0;
        this.#bytes.set(bytes, at + 8);
        tail = (tail + size) | 0;
        this.#tail = tail;
      }
      if (words[magic] !== done) this.side.fail('send');
    } catch (error) {
      this.#tail = begin;
      if (this.#many) this.side.endTurn();
      throw error;
    }
    Atomics.store(this.#words, tailWord, tail);
    if (this.#many) this.side.endTurn();
    if (anybodySleeps(this.#words, sleepersWord)) this.side.ring();
    return count - from;
  }

  /** Those that there is no room for, before the others are sent; when a part has gone they were checked with it. */
  #checkRest(messages: readonly Data[], from: number, first: number): void {
    if (from > 0) return;
    for (let index = first; index < messages.length; index++)
      this.side.checkLength(lengthOf(messages, index));
  }

  /** Where the payload of the record at the tail goes. */
  get next(): number {
    return this.side.payloadAt(this.#tail);
  }

  /** A claim is open, or all is closed: nothing else is sent. */
  shut(): void {
    this.#longest = -1;
  }

  reopen(): void {
    this.#longest = this.side.longest;
  }

  #refuse(): never {
    if (this.side.closed) throw closedError('send', this.side.subject);
    throw new IpcError(this.side.held ? 'EBUSY' : 'EMSGSIZE', 'send', this.side.subject);
  }
}
