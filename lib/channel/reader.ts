import type { Readable } from 'node:stream';
import { custom, describe } from '../describe.js';
import { argumentError, closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { Role } from '../native.js';
import { checkInteger, checkOptions, checkWait, show, targetOf, type WaitOptions } from '../options.js';
import { anybodySleeps } from '../segment/sleepers.js';
import { iterate } from '../waiting/iterate.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
import { promised } from '../waiting/promised.js';
import { Landing } from './landing.js';
import {
  emptiedSleepersWord,
  headWord as headIndex,
  magicWord,
  published,
  dataStart as start,
  tailWord as tailIndex,
} from './layout.js';
import { Lease, type Leased } from './lease.js';
import { type Attempt, type Segment, Side } from './side.js';
import { isEnd, readableOf, readableStreamOf } from './streams.js';

const waitOptions = ['timeout', 'signal'] as const;

// Own constants, which the engine writes into its code; what is imported it loads each time.
const tailWord = tailIndex;
const headWord = headIndex;
const sleepersWord = emptiedSleepersWord;
const magic = magicWord;
const done = published;
const dataStart = start;

/** Messages after which a drain gives their room back. */
const stride = 64;
/** A drain that found fewer, time after time, lets the writer get on for some looks: else the two fight for cache lines. */
const few = 32;
const looksLeftOut = 400;

/** Sees a message where it lies, at `offset` of `block`, before its room is given back. */
export type Visit = (block: Buffer, offset: number, length: number) => void;

/** One who receives: its seat at a channel. It is released by `close()`, or by the kernel when its process ends. */
export class ChannelReader implements Handle {
  readonly #side: Side;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #capacity: number;
  readonly #mask: number;
  readonly #many: boolean;
  readonly #landing: Landing;
  readonly #leased: Leased;
  #head = 0;
  /** The writers', as last seen. */
  #tail = 0;
  /** A drain runs, or a lease is held; or the reader is closed. */
  #shut = false;
  /** Drains in a row that found few. */
  #hungry = 0;

  /** @internal */
  constructor(key: typeof internal, segment: Segment, persistent: boolean) {
    if (key !== internal) throw constructorError('ChannelReader', 'reader() of a Channel');
    const side = new Side(segment, Role.reader, persistent, () =>
      side.patience.untilChanged(segment.words, tailWord, this.#head),
    );
    this.#side = side;
    this.#words = segment.words;
    this.#bytes = segment.bytes;
    this.#capacity = segment.capacity;
    this.#mask = side.mask;
    this.#many = side.many;
    this.#landing = new Landing(segment.words, segment.bytes);
    this.#leased = {
      subject: side.subject,
      block: segment.bytes,
      end: (taken, length) => {
        this.#shut = false;
        if (taken) this.#advance(length);
        else if (this.#many) side.endTurn();
        side.proceed();
      },
    };
    this.#head = Atomics.load(this.#words, headWord);
    this.#tail = this.#head;
    if ((this.#head & 7) !== 0 && !side.many) {
      side.close('reader');
      side.fail('reader');
    }
  }

  static #of(value: ChannelReader): ChannelReader {
    if (typeof value !== 'object' || value === null || !(#side in value))
      throw receiverError('ChannelReader');
    return value;
  }

  get closed(): boolean {
    return ChannelReader.#of(this).#side.closed;
  }

  /** Wake-ups that this reader has sent to writers. */
  get rings(): number {
    return ChannelReader.#of(this).#side.rings;
  }

  /** The next message, or `undefined`: a copy, taken when it is whole. Of a reader that is killed before, it is the next's. */
  tryReceive(): Buffer | undefined {
    return ChannelReader.#of(this).#tryReceive(false);
  }

  /** The next message; blocks the thread until there is one. `EPIPE` where all writers have gone; `ETIMEDOUT`. */
  receiveSync(options?: WaitOptions): Buffer {
    const reader = ChannelReader.#of(this);
    const timeout = checkWait(options);
    return reader.#tryReceive(false) ?? reader.#waitSync(timeout, () => reader.#takeCopy());
  }

  /** The next message, after those of this handle who came before. `EPIPE` where all writers have gone; `ETIMEDOUT`. */
  receive(options?: Wait): Promise<Buffer> {
    return promised(() => ChannelReader.#of(this).#wait((waiting) => this.#tryReceive(waiting), options));
  }

  /** The next message into the caller's buffer: its length, or `undefined`. `EMSGSIZE` where it does not fit; it stays. */
  tryReceiveInto(buffer: NodeJS.ArrayBufferView): number | undefined {
    const reader = ChannelReader.#of(this);
    const target = buffer instanceof Uint8Array ? buffer : targetOf(buffer);
    return reader.#tryReceiveInto(target, false);
  }

  receiveIntoSync(buffer: NodeJS.ArrayBufferView, options?: WaitOptions): number {
    const reader = ChannelReader.#of(this);
    const timeout = checkWait(options);
    const target = targetOf(buffer);
    return reader.#tryReceiveInto(target, false) ?? reader.#waitSync(timeout, () => reader.#takeInto(target));
  }

  /** The buffer is written when the promise resolves, and not before. */
  receiveInto(buffer: NodeJS.ArrayBufferView, options?: Wait): Promise<number> {
    return promised(() => {
      const reader = ChannelReader.#of(this);
      const target = targetOf(buffer);
      return reader.#wait((waiting) => reader.#tryReceiveInto(target, waiting), options);
    });
  }

  /**
   * Shows every message that is there, at most `most`, where it lies, and tells how many. Their room is given back after at
   * most 64: those of a reader that is killed meanwhile come again, to the next one. What `visit` throws ends it; the message
   * it was shown then is the next one again. With many readers the others stand back for as long as it runs.
   */
  drain(visit: Visit, most: number = Number.POSITIVE_INFINITY): number {
    const reader = ChannelReader.#of(this);
    if (typeof visit !== 'function')
      throw argumentError('ERR_INVALID_ARG_TYPE', `\`visit\`: expected a function, got ${show(visit)}`);
    if (most !== Number.POSITIVE_INFINITY) checkInteger(most, 'most', 0);
    if (reader.#hungry > 1) standBack();
    const seen = reader.#tail;
    if (!reader.#begin(false)) {
      reader.#hungry = 0;
      return 0;
    }
    // What had been seen before need not be all.
    if (!reader.#many && reader.#tail === seen) reader.#look();
    return reader.#drain(visit, most);
  }

  /**
   * The next message where it lies, or `undefined`. One at a time: what else this reader is to receive is `EBUSY` until the
   * lease ends, or waits for that, as a promise. With many readers the others stand back meanwhile.
   */
  tryLease(): Lease | undefined {
    return ChannelReader.#of(this).#tryLease(false);
  }

  leaseSync(options?: WaitOptions): Lease {
    const reader = ChannelReader.#of(this);
    const timeout = checkWait(options);
    return reader.#tryLease(false) ?? reader.#waitSync(timeout, () => reader.#takeLease());
  }

  lease(options?: Wait): Promise<Lease> {
    return promised(() => ChannelReader.#of(this).#wait((waiting) => this.#tryLease(waiting), options));
  }

  /**
   * Message after message. It ends when all writers have closed, or this handle; where one of them died it throws `EPIPE`,
   * after the last message. Leaving the loop closes nothing and loses nothing.
   */
  messages(options?: Wait): AsyncGenerator<Buffer, void, undefined> {
    const reader = ChannelReader.#of(this);
    checkWaitFields(checkOptions(options, waitOptions));
    return iterate(
      () => reader.receive(options),
      (error) => (error.code === 'EBADF' && reader.closed) || reader.#isEnd(error),
    );
  }

  /**
   * A stream of Node, a message a chunk: for `pipeline()`, with back-pressure. It ends, and closes the reader, when all writers
   * have closed; where one of them died it is destroyed with `EPIPE`. It reads nothing ahead.
   */
  toReadable(): Readable {
    const reader = ChannelReader.#of(this);
    reader.#side.checkOpen('toReadable');
    return readableOf(reader, (error) => reader.#isEnd(error));
  }

  /** The same as a stream of the web. */
  toReadableStream(): ReadableStream<Uint8Array> {
    const reader = ChannelReader.#of(this);
    reader.#side.checkOpen('toReadableStream');
    return readableStreamOf(reader, (error) => reader.#isEnd(error));
  }

  [Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    return ChannelReader.#of(this).messages();
  }

  /** Pending waits keep the process alive: so it is from the start. */
  ref(): void {
    ChannelReader.#of(this).#side.keepAlive.ref();
  }

  /** Pending waits no longer keep the process alive. */
  unref(): void {
    ChannelReader.#of(this).#side.keepAlive.unref();
  }

  /** Leaves the seat: messages that are left are the next reader's. `EBUSY` while a lease is held or a drain runs. */
  close(): void {
    const reader = ChannelReader.#of(this);
    if (reader.#side.closed) return;
    reader.checkIdle();
    reader.#shut = true;
    reader.#side.close('receive');
  }

  /** @internal */
  checkIdle(): void {
    const reader = ChannelReader.#of(this);
    if (reader.#shut && !reader.#side.closed) throw new IpcError('EBUSY', 'close', reader.#side.subject);
  }

  [Symbol.dispose](): void {
    ChannelReader.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const reader = ChannelReader.#of(this);
    return describe('ChannelReader', { ...reader.#side.subject, closed: reader.closed }, options);
  }

  /** All writers have closed, and none of them died. */
  #isEnd(error: unknown): boolean {
    return isEnd(error, () => !this.#side.closed && this.#side.native.alone() === 1);
  }

  /** Whether there is a message at the head; of many it then has its turn. */
  #begin(waiting: boolean): boolean {
    if (this.#shut) this.#refuse();
    if (this.#many) return this.#beginOfMany(waiting);
    return this.#head !== this.#tail || this.#look();
  }

  #beginOfMany(waiting: boolean): boolean {
    // Without the turn: two that took it only to find nothing would wake each other for ever. Its own position first: a tail
    // that has moved on since is not nothing.
    const words = this.#words;
    this.#side.keptOut = false;
    if (Atomics.load(words, headWord) === Atomics.load(words, tailWord) && words[magic] === done)
      return false;
    return this.#side.takeTurn(waiting) && this.#lookInTurn();
  }

  /** Whether there is a message; else the turn is given back. */
  #lookInTurn(): boolean {
    try {
      const head = Atomics.load(this.#words, headWord);
      this.#head = head;
      if ((head & 7) !== 0) this.#side.fail('receive');
      if (this.#look()) return true;
    } catch (error) {
      this.#side.endTurn();
      throw error;
    }
    this.#side.endTurn();
    return false;
  }

  /** Whether more was written. */
  #look(): boolean {
    const tail = Atomics.load(this.#words, tailWord);
    const available = (tail - this.#head) | 0;
    if (available < 0 || available > this.#capacity || this.#words[magic] !== done)
      this.#side.fail('receive');
    this.#tail = tail;
    return available !== 0;
  }

  /** The length of the record at `head`: read once, and within what was written. */
  #lengthAt(head: number): number {
    const length = this.#words[(dataStart + (head & this.#mask)) >> 2] as number;
    if (length < 0 || length > this.#capacity || ((length + 15) & ~7) > ((this.#tail - head) | 0))
      this.#failInTurn();
    // Zeros in place of a file that was truncated are empty messages.
    if (length === 0 && this.#words[magic] !== done) this.#failInTurn();
    return length;
  }

  #failInTurn(): never {
    // A drain ends its turn itself, after it has stored how far it came: after the turn that would be another one's position.
    if (this.#many && !this.#shut) this.#side.endTurn();
    this.#side.fail('receive');
  }

  /** The record at the head, of `length` bytes, is read. */
  #advance(length: number): void {
    const words = this.#words;
    const head = (this.#head + ((length + 15) & ~7)) | 0;
    this.#head = head;
    Atomics.store(words, headWord, head);
    if (this.#many) this.#side.endTurn();
    if (anybodySleeps(words, sleepersWord)) this.#side.ring();
  }

  #tryReceive(waiting: boolean): Buffer | undefined {
    return this.#begin(waiting) ? this.#takeCopy() : undefined;
  }

  #takeCopy(): Buffer {
    const length = this.#lengthAt(this.#head);
    const copy = this.#landing.copy(this.#side.payloadAt(this.#head), length);
    this.#advance(length);
    return copy;
  }

  #tryReceiveInto(target: Uint8Array, waiting: boolean): number | undefined {
    return this.#begin(waiting) ? this.#takeInto(target) : undefined;
  }

  #takeInto(target: Uint8Array): number {
    const length = this.#lengthAt(this.#head);
    if (length > target.length) {
      if (this.#many) this.#side.endTurn();
      throw new IpcError('EMSGSIZE', 'receive', this.#side.subject);
    }
    this.#landing.into(target, dataStart + (this.#head & this.#mask) + 8, length);
    this.#advance(length);
    return length;
  }

  #tryLease(waiting: boolean): Lease | undefined {
    return this.#begin(waiting) ? this.#takeLease() : undefined;
  }

  #takeLease(): Lease {
    const length = this.#lengthAt(this.#head);
    this.#shut = true;
    this.#side.held = true;
    return new Lease(internal, this.#leased, this.#side.payloadAt(this.#head), length);
  }

  #drain(visit: Visit, most: number): number {
    const words = this.#words;
    const bytes = this.#bytes;
    const mask = this.#mask;
    const tail = this.#tail;
    let head = this.#head;
    let count = 0;
    this.#shut = true;
    try {
      while (head !== tail && count < most) {
        const length = this.#lengthAt(head);
        visit(bytes, dataStart + (head & mask) + 8, length);
        head = (head + ((length + 15) & ~7)) | 0;
        this.#head = head;
        count += 1;
        if (count % stride === 0) Atomics.store(words, headWord, head);
      }
    } finally {
      this.#shut = false;
      Atomics.store(words, headWord, head);
      if (this.#many) this.#side.endTurn();
      if (anybodySleeps(words, sleepersWord)) this.#side.ring();
    }
    this.#hungry = count < few ? this.#hungry + 1 : 0;
    return count;
  }

  #waitSync<Item>(timeout: number, take: () => Item): Item {
    const deadline = performance.now() + timeout;
    for (;;) {
      this.#side.waitSync(this.#head, 0, Math.max(0, deadline - performance.now()));
      if (this.#many ? this.#lookInTurn() : this.#look()) return take();
    }
  }

  #wait<Item>(attempt: Attempt<Item>, options: Wait | undefined): Promise<Item> {
    const wait = checkWaitFields(options && checkOptions(options, waitOptions));
    this.#side.checkOpen('receive');
    return this.#side.wait(attempt, wait);
  }

  #refuse(): never {
    if (this.#side.closed) throw closedError('receive', this.#side.subject);
    throw new IpcError('EBUSY', 'receive', this.#side.subject);
  }
}

let left = 0;

function standBack(): void {
  for (let look = 0; look < looksLeftOut; look++) left = (left + look) | 0;
}
