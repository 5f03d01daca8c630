import { custom, describe } from '../describe.js';
import { closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { Role } from '../native.js';
import { bytesOf, type Data } from '../options.js';
import { anybodySleeps } from '../segment/sleepers.js';
import { bytesOfAll } from './batch.js';
import {
  filledSleepersWord,
  intentWord as intentIndex,
  longestMessage,
  magicWord,
  messageSize,
  newestWord as newestIndex,
  published,
  dataStart as start,
  wideTailWord as tailIndex,
} from './layout.js';
import { type Segment, Side } from './side.js';
import { highOf, readNumber, readWide, storeWide } from './wide.js';

// Own constants, which the engine writes into its code; what is imported it loads each time.
const tailWord = tailIndex;
const intentWord = intentIndex;
const newestWord = newestIndex;
const sleepersWord = filledSleepersWord;
const magic = magicWord;
const done = published;
const dataStart = start;

/** One who sends: the only seat for it. It is released by `close()`, or by the kernel when its process ends. */
export class BroadcastWriter implements Handle {
  readonly #side: Side;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #mask: number;
  /** Bytes of the longest message; -1 when it is closed. */
  #longest: number;
  #tail: number;
  /** How far the ring may be overwritten. */
  #intent: number;
  /** Of the next message. */
  #number = 0;
  /** Bytes of the last one, with what stands before it; 0: none was sent. */
  #previous = 0;

  /** @internal */
  constructor(key: typeof internal, segment: Segment) {
    if (key !== internal) throw constructorError('BroadcastWriter', 'writer() of a Broadcast');
    const side = new Side(segment, Role.writer, false);
    this.#side = side;
    this.#words = segment.words;
    this.#bytes = segment.bytes;
    this.#mask = side.mask;
    this.#longest = longestMessage(segment.capacity);
    this.#tail = readWide(this.#words, tailWord);
    this.#intent = readWide(this.#words, intentWord);
    if (!this.#takeOver(segment.capacity)) {
      side.close('writer');
      side.fail('writer');
    }
  }

  static #of(value: BroadcastWriter): BroadcastWriter {
    if (typeof value !== 'object' || value === null || !(#side in value))
      throw receiverError('BroadcastWriter');
    return value;
  }

  get closed(): boolean {
    return BroadcastWriter.#of(this).#side.closed;
  }

  /** Bytes of the longest message: half the capacity, less 16. */
  get longest(): number {
    return longestMessage(BroadcastWriter.#of(this).#mask + 1);
  }

  /** How many messages there have been, of all writers: the number of the next. */
  get sent(): number {
    return BroadcastWriter.#of(this).#number;
  }

  /** How many readers sit there now. */
  get readers(): number {
    const side = BroadcastWriter.#of(this).#side;
    side.checkOpen('readers');
    return side.native.count(Role.reader);
  }

  /** Wake-ups that this writer has sent to readers. */
  get rings(): number {
    return BroadcastWriter.#of(this).#side.rings;
  }

  /** Sends, and waits for nobody. `EMSGSIZE` where it is longer than `longest`. No native call, unless a reader sleeps. */
  send(data: Data): void {
    const writer = BroadcastWriter.#of(this);
    const bytes = data instanceof Uint8Array ? data : bytesOf(data);
    if (bytes.length > writer.#longest) writer.#refuse();
    writer.#check();
    writer.#intend(writer.#tail + ((bytes.length + 31) & ~15));
    writer.#write(bytes);
    writer.#ring();
  }

  /** Sends them all, in order. `EMSGSIZE` for any of them, before any is sent. */
  sendMany(messages: readonly Data[]): void {
    const writer = BroadcastWriter.#of(this);
    const all = bytesOfAll(messages);
    if (all.some((bytes) => bytes.length > writer.#longest)) writer.#refuse();
    writer.#check();
    const half = (writer.#mask + 1) / 2;
    for (let from = 0; from < all.length; ) {
      let end = from;
      let size = 0;
      for (; end < all.length; end++) {
        const next = messageSize((all[end] as Uint8Array).length);
        if (size + next > half) break;
        size += next;
      }
      writer.#intend(writer.#tail + size);
      for (; from < end; from++) writer.#write(all[from] as Uint8Array);
    }
    writer.#ring();
  }

  /** Leaves the seat: readers are told, when they have read the rest. */
  close(): void {
    const writer = BroadcastWriter.#of(this);
    writer.#longest = -1;
    writer.#side.close('send');
  }

  [Symbol.dispose](): void {
    BroadcastWriter.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const writer = BroadcastWriter.#of(this);
    const { longest, sent, closed } = writer;
    return describe('BroadcastWriter', { ...writer.#side.subject, longest, sent, closed }, options);
  }

  /** A dead writer may have finished a record that it has not published: that one has the next number, and is written again. */
  #takeOver(capacity: number): boolean {
    const tail = this.#tail;
    const newest = readWide(this.#words, newestWord);
    if (newest < 0 || newest > tail || (newest | tail | this.#intent) & 15) return false;
    if (this.#intent < tail || this.#intent - tail > capacity / 2) return false;
    const record = (dataStart + (newest & this.#mask)) >> 2;
    const number = readNumber(this.#words, record);
    this.#number = newest < tail ? number + 1 : number;
    this.#previous = newest < tail ? tail - newest : (this.#words[record + 1] as number);
    return number >= 0;
  }

  #check(): void {
    // Zeros in place of a file that was truncated.
    if (this.#words[magic] !== done) this.#side.fail('send');
  }

  /** Never lowered: a dead writer may have damaged as far as it said. */
  #intend(end: number): void {
    if (end <= this.#intent) return;
    this.#intent = end;
    storeWide(this.#words, intentWord, end);
    // Keeps the stores into the ring after the one before: docs/memory-order.md.
    Atomics.load(this.#words, intentWord);
  }

  #write(bytes: Uint8Array): void {
    const words = this.#words;
    const tail = this.#tail;
    const number = this.#number;
    const { length } = bytes;
    const at = dataStart + (tail & this.#mask);
    const word = at >> 2;
    words[word] = length;
    words[word + 1] = this.#previous;
    words[word + 2] = number | 0;
    words[word + 3] = highOf(number);
    this.#bytes.set(bytes, at + 16);
    storeWide(words, newestWord, tail);
    const end = tail + ((length + 31) & ~15);
    storeWide(words, tailWord, end);
    this.#previous = end - tail;
    this.#tail = end;
    this.#number = number + 1;
  }

  #ring(): void {
    if (anybodySleeps(this.#words, sleepersWord)) this.#side.ring();
  }

  #refuse(): never {
    if (this.#side.closed) throw closedError('send', this.#side.subject);
    throw new IpcError('EMSGSIZE', 'send', this.#side.subject);
  }
}
