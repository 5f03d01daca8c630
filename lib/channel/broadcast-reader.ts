import { custom, describe } from '../describe.js';
import { closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { checkWait, targetOf, type WaitOptions } from '../options.js';
import type { Wait } from '../waiting/options.js';
import { promised } from '../waiting/promised.js';
import { Landing } from './landing.js';
import {
  intentWord as intentIndex,
  longestMessage,
  magicWord,
  newestWord,
  overtakings,
  published,
  dataStart as start,
  wideTailWord as tailIndex,
} from './layout.js';
import { Listening } from './listening.js';
import type { From } from './options.js';
import type { Segment, Side } from './side.js';
import { fenceAfterReading, readNumber, readWide } from './wide.js';

// Own constants, which the engine writes into its code; what is imported it loads each time.
const tailWord = tailIndex;
const intentWord = intentIndex;
const magic = magicWord;
const done = published;
const dataStart = start;

const nothing = -1;
const overwritten = -2;
const tooLong = -3;

export interface BroadcastMessage {
  readonly data: Buffer;
  /** Messages are counted from 0, of all writers. */
  readonly number: number;
  /** How many were overwritten between the one that this reader received before and this one. */
  readonly lost: number;
}

/** A record; `previous`: how many bytes before it the last one begins, 0 where there is none. */
interface Found {
  readonly position: number;
  readonly number: number;
  readonly previous: number;
}

/** What fails, in the words of its error. */
type Call = 'reader' | 'receive';

/** One who receives. Its seat is released by `close()`, or by the kernel when its process ends. */
export class BroadcastReader implements Handle {
  readonly #listening: Listening;
  readonly #side: Side;
  readonly #words: Int32Array;
  readonly #capacity: number;
  readonly #mask: number;
  readonly #longest: number;
  readonly #landing: Landing;
  #position = 0;
  /** Of the message that is expected there. */
  #number = 0;
  #lost = 0;
  /** Of these: up to the last message. */
  #told = 0;
  /** Of the message that was copied last. */
  #copied: Buffer | undefined;

  /** @internal */
  constructor(key: typeof internal, segment: Segment, persistent: boolean, from: From) {
    if (key !== internal) throw constructorError('BroadcastReader', 'reader() of a Broadcast');
    this.#listening = new Listening(segment, persistent, () => this.#position);
    this.#side = this.#listening.side;
    this.#words = segment.words;
    this.#capacity = segment.capacity;
    this.#mask = this.#side.mask;
    this.#longest = longestMessage(segment.capacity);
    this.#landing = new Landing(segment.words, segment.bytes);
    try {
      this.#join(from);
    } catch (error) {
      this.#side.close('reader');
      throw error;
    }
  }

  static #of(value: BroadcastReader): BroadcastReader {
    if (typeof value !== 'object' || value === null || !(#side in value))
      throw receiverError('BroadcastReader');
    return value;
  }

  get closed(): boolean {
    return BroadcastReader.#of(this).#side.closed;
  }

  /** How many messages were overwritten before this reader came to them, of all since it was opened. */
  get lost(): number {
    return BroadcastReader.#of(this).#lost;
  }

  /** The next message, or `undefined`. */
  tryReceive(): BroadcastMessage | undefined {
    return BroadcastReader.#of(this).#receive();
  }

  /** The next message; blocks the thread until there is one. `EPIPE` where the writer has gone; `ETIMEDOUT`. */
  receiveSync(options?: WaitOptions): BroadcastMessage {
    const reader = BroadcastReader.#of(this);
    const timeout = checkWait(options);
    return reader.#listening.sync(timeout, () => reader.#receive());
  }

  /** The next message, after those of this handle who came before. `EPIPE` where the writer has gone; `ETIMEDOUT`. */
  receive(options?: Wait): Promise<BroadcastMessage> {
    return promised(() => {
      const reader = BroadcastReader.#of(this);
      return reader.#listening.wait('receive', () => reader.#receive(), options);
    });
  }

  /**
   * The next message into the caller's buffer: its length, or `undefined`; `lost` tells whether one is missing. `EMSGSIZE`
   * where it does not fit; it stays. After an error anything may be in the buffer.
   */
  tryReceiveInto(buffer: NodeJS.ArrayBufferView): number | undefined {
    const reader = BroadcastReader.#of(this);
    return reader.#receiveInto(buffer instanceof Uint8Array ? buffer : targetOf(buffer));
  }

  receiveIntoSync(buffer: NodeJS.ArrayBufferView, options?: WaitOptions): number {
    const reader = BroadcastReader.#of(this);
    const timeout = checkWait(options);
    const target = targetOf(buffer);
    return reader.#listening.sync(timeout, () => reader.#receiveInto(target));
  }

  receiveInto(buffer: NodeJS.ArrayBufferView, options?: Wait): Promise<number> {
    return promised(() => {
      const reader = BroadcastReader.#of(this);
      const target = targetOf(buffer);
      return reader.#listening.wait('receive', () => reader.#receiveInto(target), options);
    });
  }

  /**
   * Message after message. It ends when the writer has closed, or this handle; where the writer died it throws `EPIPE`, after
   * the last message. Leaving the loop closes nothing and loses nothing.
   */
  messages(options?: Wait): AsyncGenerator<BroadcastMessage, void, undefined> {
    const reader = BroadcastReader.#of(this);
    return reader.#side.iterate(() => reader.receive(options), options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<BroadcastMessage, void, undefined> {
    return BroadcastReader.#of(this).messages();
  }

  /** Pending waits keep the process alive: so it is from the start. */
  ref(): void {
    BroadcastReader.#of(this).#side.keepAlive.ref();
  }

  /** Pending waits no longer keep the process alive. */
  unref(): void {
    BroadcastReader.#of(this).#side.keepAlive.unref();
  }

  close(): void {
    BroadcastReader.#of(this).#side.close('receive');
  }

  [Symbol.dispose](): void {
    BroadcastReader.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const reader = BroadcastReader.#of(this);
    const { lost, closed } = reader;
    return describe('BroadcastReader', { ...reader.#side.subject, lost, closed }, options);
  }

  #receive(): BroadcastMessage | undefined {
    if (this.#next(undefined) === nothing) return undefined;
    const lost = this.#lost - this.#told;
    this.#told = this.#lost;
    const data = this.#copied as Buffer;
    this.#copied = undefined;
    return { data, number: this.#number - 1, lost };
  }

  #receiveInto(target: Uint8Array): number | undefined {
    const length = this.#next(target);
    if (length === nothing) return undefined;
    this.#told = this.#lost;
    return length;
  }

  /** Copies the next message into `target`, or a buffer of its own: its length, or `nothing`. */
  #next(target: Uint8Array | undefined): number {
    if (this.#side.closed) throw closedError('receive', this.#side.subject);
    for (let lapped = 0; lapped < overtakings; lapped++) {
      if (Atomics.load(this.#words, tailWord) === (this.#position | 0) && this.#atTail()) return nothing;
      const length = this.#take(target);
      if (length >= 0) {
        this.#position += (length + 31) & ~15;
        this.#number += 1;
        return length;
      }
      if (length === tooLong) throw new IpcError('EMSGSIZE', 'receive', this.#side.subject);
      this.#skipToLast();
    }
    throw new IpcError('EAGAIN', 'receive', this.#side.subject);
  }

  /** Or are they 2^32 bytes apart? */
  #atTail(): boolean {
    const tail = readWide(this.#words, tailWord);
    if (tail < 0 || this.#words[magic] !== done) this.#side.fail('receive');
    return tail === this.#position;
  }

  /** Copies the message at the position: its length; `overwritten`: meanwhile; `tooLong`. */
  #take(target: Uint8Array | undefined): number {
    const words = this.#words;
    const at = dataStart + (this.#position & this.#mask);
    const length = words[at >> 2] as number;
    const number = readNumber(words, at >> 2);
    const possible = length >= 0 && length <= this.#longest;
    if (possible) {
      if (target === undefined) this.#copied = this.#landing.copy(at + 16, length);
      else if (length <= target.length) this.#landing.into(target, at + 16, length);
    }
    fenceAfterReading();
    // Nothing is concluded before this look.
    const ahead = readWide(words, intentWord) - this.#position;
    if (ahead < 0) this.#side.fail('receive');
    if (ahead > this.#capacity) return overwritten;
    if (!possible || number !== this.#number || words[magic] !== done) this.#side.fail('receive');
    return target !== undefined && length > target.length ? tooLong : length;
  }

  /** What lies between is lost. It is not the newest record, which may never be sent. */
  #skipToLast(): void {
    const { position, number } = this.#findLast('receive');
    if (position <= this.#position || number <= this.#number) this.#side.fail('receive');
    this.#lost += number - this.#number;
    this.#position = position;
    this.#number = number;
  }

  /** Where the newest record begins, and its number: of the last message, or of one that is about to be sent. */
  #findNewest(call: Call): Found {
    for (let lapped = 0; lapped < overtakings; lapped++) {
      const position = readWide(this.#words, newestWord);
      if (position < 0 || (position & 15) !== 0) break;
      const found = this.#recordAt(position, call);
      if (found !== undefined) return found;
    }
    return this.#side.fail(call);
  }

  /** What stands before the message at that position; `undefined`: it was overwritten meanwhile. */
  #recordAt(position: number, call: Call): Found | undefined {
    const record = (dataStart + (position & this.#mask)) >> 2;
    const number = readNumber(this.#words, record);
    const previous = this.#words[record + 1] as number;
    fenceAfterReading();
    const ahead = readWide(this.#words, intentWord) - position;
    if (ahead < 0) this.#side.fail(call);
    return ahead > this.#capacity ? undefined : { position, number, previous };
  }

  #join(from: From): void {
    const tail = readWide(this.#words, tailWord);
    if (tail < 0 || (tail & 15) !== 0) this.#side.fail('reader');
    if (from === 'last') {
      const { position, number } = this.#findLast('reader');
      this.#position = position;
      this.#number = number;
      return;
    }
    const newest = this.#findNewest('reader');
    const sent = newest.position < tail;
    this.#position = sent ? tail : newest.position;
    this.#number = sent ? newest.number + 1 : newest.number;
  }

  /** The last message that was sent; where the newest record is not, since its writer has died or is about to, the one before. */
  #findLast(call: Call): Found {
    for (let lapped = 0; lapped < overtakings; lapped++) {
      const newest = this.#findNewest(call);
      const tail = readWide(this.#words, tailWord);
      if (tail < 0 || newest.position < tail || newest.previous === 0) return newest;
      const { previous } = newest;
      if (previous < 0 || previous > this.#capacity / 2 || previous & 15 || previous > newest.position) break;
      const found = this.#recordAt(newest.position - previous, call);
      if (found === undefined) continue;
      if (found.number !== newest.number - 1) break;
      return found;
    }
    return this.#side.fail(call);
  }
}
