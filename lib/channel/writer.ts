import type { Writable } from 'node:stream';
import { custom, describe } from '../describe.js';
import { argumentError, closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { Role } from '../native.js';
import {
  bytesOf,
  checkInteger,
  checkOptions,
  checkWait,
  type Data,
  show,
  type WaitOptions,
} from '../options.js';
import { anybodySleeps } from '../segment/sleepers.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
import { ended, promised } from '../waiting/promised.js';
import {
  filledSleepersWord,
  headWord as headIndex,
  magicWord,
  published,
  dataStart as start,
  tailWord as tailIndex,
} from './layout.js';
import { type Segment, Side } from './side.js';
import { writableOf, writableStreamOf } from './streams.js';

const waitOptions = ['timeout', 'signal'] as const;

// Own constants, which the engine writes into its code; what is imported it loads each time.
const tailWord = tailIndex;
const headWord = headIndex;
const sleepersWord = filledSleepersWord;
const magic = magicWord;
const done = published;
const dataStart = start;

/** One who sends: its seat at a channel. It is released by `close()`, or by the kernel when its process ends. */
export class ChannelWriter implements Handle {
  readonly #side: Side;
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
  /** Payload bytes of the open claim. */
  #claimed = -1;

  /** @internal */
  constructor(key: typeof internal, segment: Segment, persistent: boolean) {
    if (key !== internal) throw constructorError('ChannelWriter', 'writer() of a Channel');
    const side = new Side(segment, Role.writer, persistent, () =>
      side.patience.untilChanged(segment.words, headWord, this.#head),
    );
    this.#side = side;
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

  static #of(value: ChannelWriter): ChannelWriter {
    if (typeof value !== 'object' || value === null || !(#side in value))
      throw receiverError('ChannelWriter');
    return value;
  }

  get closed(): boolean {
    return ChannelWriter.#of(this).#side.closed;
  }

  /** The bytes into which a claim is written: at the offset that it gave. */
  get block(): Buffer {
    return ChannelWriter.#of(this).#bytes;
  }

  /** Bytes of the longest message: 8 less than the capacity. */
  get longest(): number {
    return ChannelWriter.#of(this).#side.longest;
  }

  /** Wake-ups that this writer has sent to readers. */
  get rings(): number {
    return ChannelWriter.#of(this).#side.rings;
  }

  /**
   * Sends, and tells whether there was room; with many writers also false where another one is just at it. `EMSGSIZE` where
   * it is longer than the channel. No native call, unless a reader sleeps.
   */
  trySend(data: Data): boolean {
    const writer = ChannelWriter.#of(this);
    return writer.#trySend(data instanceof Uint8Array ? data : bytesOf(data), false);
  }

  /** Sends; blocks the thread while there is no room. `EPIPE` where all readers have gone; `ETIMEDOUT`; `EMSGSIZE`. */
  sendSync(data: Data, options?: WaitOptions): void {
    const writer = ChannelWriter.#of(this);
    const timeout = checkWait(options);
    const bytes = bytesOf(data);
    if (writer.#trySend(bytes, false)) return;
    const at = writer.#claimSync(bytes.length, timeout);
    writer.#bytes.set(bytes, at);
    writer.#publish(bytes.length);
  }

  /**
   * Sends as soon as there is room, after those of this handle who came before. `EPIPE` where all readers have gone;
   * `ETIMEDOUT`; `EMSGSIZE`. The data is copied before it waits.
   */
  send(data: Data, options?: Wait): Promise<void> {
    return promised(() => {
      const writer = ChannelWriter.#of(this);
      const wait = checkWaitFields(options && checkOptions(options, waitOptions));
      const bytes = bytesOf(data);
      writer.#side.checkOpen('send');
      writer.#checkLength(bytes.length);
      wait.signal?.throwIfAborted();
      if (writer.#side.idle && writer.#trySend(bytes, false)) return Promise.resolve();
      const copy = Uint8Array.from(bytes);
      const attempt = (waiting: boolean) => writer.#trySend(copy, waiting) || undefined;
      return ended(writer.#side.wait(attempt, wait));
    });
  }

  /**
   * Sends as many of the messages, from the first on, as there is room for, and makes them visible at once: how many. Half
   * the cost of one at a time. `EMSGSIZE` where any of them is too long, room or not: then none is sent.
   */
  trySendMany(messages: readonly Data[]): number {
    const writer = ChannelWriter.#of(this);
    return writer.#trySendMany(messages, 0, false);
  }

  /**
   * Sends them all, in order, as room comes. `EMSGSIZE` for any of them, before any is sent; what ends it later leaves those
   * that were sent.
   */
  sendMany(messages: readonly Data[], options?: Wait): Promise<void> {
    return promised(() => {
      const writer = ChannelWriter.#of(this);
      const wait = checkWaitFields(options && checkOptions(options, waitOptions));
      checkMessages(messages);
      const copies = messages.map((each) => Uint8Array.from(bytesOf(each)));
      writer.#side.checkOpen('sendMany');
      for (const copy of copies) writer.#checkLength(copy.length);
      let sent = 0;
      const attempt = (waiting: boolean) => {
        sent += writer.#trySendMany(copies, sent, waiting);
        return sent === copies.length || undefined;
      };
      return ended(writer.#side.wait(attempt, wait));
    });
  }

  /** The same, blocking the thread. */
  sendManySync(messages: readonly Data[], options?: WaitOptions): void {
    const writer = ChannelWriter.#of(this);
    const timeout = checkWait(options);
    const deadline = performance.now() + timeout;
    let sent = writer.#trySendMany(messages, 0, false);
    while (sent < messages.length) {
      writer.sendSync(messages[sent] as Data, { timeout: Math.max(0, deadline - performance.now()) });
      sent += 1;
      sent += writer.#trySendMany(messages, sent, false);
    }
  }

  /**
   * Room for a message of `length` bytes, to be written in place: its offset in {@link block}, or `undefined`. Nobody sees
   * it before `commit()`. One at a time: what else this writer is to send is `EBUSY` until it ends, or waits for that, as a
   * promise. With many writers the others stand back meanwhile.
   */
  tryClaim(length: number): number | undefined {
    const writer = ChannelWriter.#of(this);
    checkInteger(length, 'length', 0);
    const at = writer.#begin(length, false);
    if (at < 0) return undefined;
    return writer.#open(length, at);
  }

  claim(length: number, options?: Wait): Promise<number> {
    return promised(() => {
      const writer = ChannelWriter.#of(this);
      const wait = checkWaitFields(options && checkOptions(options, waitOptions));
      checkInteger(length, 'length', 0);
      writer.#side.checkOpen('claim');
      writer.#checkLength(length);
      const attempt = (waiting: boolean) => {
        const at = writer.#begin(length, waiting);
        return at < 0 ? undefined : writer.#open(length, at);
      };
      return writer.#side.wait(attempt, wait);
    });
  }

  claimSync(length: number, options?: WaitOptions): number {
    const writer = ChannelWriter.#of(this);
    const timeout = checkWait(options);
    checkInteger(length, 'length', 0);
    const at = writer.#begin(length, false);
    return writer.#open(length, at < 0 ? writer.#claimSync(length, timeout) : at);
  }

  /** The claim at `offset` is a message now; `length`: of its first bytes only. `EINVAL` where no such claim is open. */
  commit(offset: number, length?: number): void {
    const writer = ChannelWriter.#of(this);
    const claimed = writer.#check(offset, 'commit');
    const final = length === undefined ? claimed : checkInteger(length, 'length', 0, claimed);
    writer.#shut();
    try {
      writer.#publish(final);
    } finally {
      writer.#side.proceed();
    }
  }

  /** The claim at `offset` was never there. */
  abort(offset: number): void {
    const writer = ChannelWriter.#of(this);
    writer.#check(offset, 'abort');
    writer.#shut();
    if (writer.#many) writer.#side.endTurn();
    writer.#side.proceed();
  }

  /**
   * A stream of Node: for `pipeline()`, with back-pressure. Each chunk is a message; one that is longer than the channel becomes
   * several. Its end closes the writer, which the readers are told.
   */
  toWritable(): Writable {
    const writer = ChannelWriter.#of(this);
    writer.#side.checkOpen('toWritable');
    return writableOf(writer);
  }

  /** The same as a stream of the web. */
  toWritableStream(): WritableStream<Data> {
    const writer = ChannelWriter.#of(this);
    writer.#side.checkOpen('toWritableStream');
    return writableStreamOf(writer);
  }

  /** Pending waits keep the process alive: so it is from the start. */
  ref(): void {
    ChannelWriter.#of(this).#side.keepAlive.ref();
  }

  /** Pending waits no longer keep the process alive. */
  unref(): void {
    ChannelWriter.#of(this).#side.keepAlive.unref();
  }

  /** Leaves the seat: readers are told, when they have read the rest. `EBUSY` while a claim is open. */
  close(): void {
    const writer = ChannelWriter.#of(this);
    writer.checkIdle();
    writer.#longest = -1;
    writer.#side.close('send');
  }

  /** @internal */
  checkIdle(): void {
    const writer = ChannelWriter.#of(this);
    if (writer.#claimed !== -1) throw new IpcError('EBUSY', 'close', writer.#side.subject);
  }

  [Symbol.dispose](): void {
    ChannelWriter.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const writer = ChannelWriter.#of(this);
    const { longest, closed } = writer;
    return describe('ChannelWriter', { ...writer.#side.subject, longest, closed }, options);
  }

  #trySend(bytes: Uint8Array, waiting: boolean): boolean {
    const length = bytes.length;
    const at = this.#begin(length, waiting);
    if (at < 0) return false;
    this.#bytes.set(bytes, at);
    this.#publish(length);
    return true;
  }

  /** Where the payload of a message goes; -1 where there is no room. Of many it then has its turn. */
  #begin(length: number, waiting: boolean): number {
    if (length > this.#longest) this.#refuse('send');
    const size = (length + 15) & ~7;
    if (this.#many) return this.#beginOfMany(size, waiting);
    const tail = this.#tail;
    if (((tail - this.#head) | 0) + size > this.#capacity && !this.#makeRoom(size)) return -1;
    return dataStart + (tail & this.#mask) + 8;
  }

  #beginOfMany(size: number, waiting: boolean): number {
    // Without the turn: two that took it only to find no room would wake each other for ever.
    const used = (Atomics.load(this.#words, tailWord) - Atomics.load(this.#words, headWord)) | 0;
    this.#side.keptOut = false;
    if (used >= 0 && used <= this.#capacity && used + size > this.#capacity) return -1;
    return this.#side.takeTurn(waiting) ? this.#roomInTurn(size) : -1;
  }

  /** Where the payload goes; -1 where there is no room, and then the turn is given back. */
  #roomInTurn(size: number): number {
    const tail = Atomics.load(this.#words, tailWord);
    // Both anew: the others may have gone round since, and then an old position looks like a new one.
    this.#tail = tail;
    try {
      if ((tail & 7) !== 0) this.#side.fail('send');
      if (this.#makeRoom(size)) return this.#side.payloadAt(tail);
    } catch (error) {
      this.#side.endTurn();
      throw error;
    }
    this.#side.endTurn();
    return -1;
  }

  #roomAlone(size: number): number {
    return this.#makeRoom(size) ? this.#side.payloadAt(this.#tail) : -1;
  }

  #makeRoom(size: number): boolean {
    const head = Atomics.load(this.#words, headWord);
    const used = (this.#tail - head) | 0;
    if (used < 0 || used > this.#capacity) this.#side.fail('send');
    this.#head = head;
    return used + size <= this.#capacity;
  }

  /** The record at the tail is a message: one store. */
  #publish(length: number): void {
    const words = this.#words;
    // Zeros in place of a file that was truncated.
    if (words[magic] !== done) this.#side.fail('send');
    const record = (dataStart + (this.#tail & this.#mask)) >> 2;
    words[record] = length;
    words[record + 1] = 0;
    const tail = (this.#tail + ((length + 15) & ~7)) | 0;
    this.#tail = tail;
    Atomics.store(words, tailWord, tail);
    if (this.#many) this.#side.endTurn();
    if (anybodySleeps(words, sleepersWord)) this.#side.ring();
  }

  #trySendMany(messages: readonly Data[], from: number, waiting: boolean): number {
    checkMessages(messages);
    if (from >= messages.length) return 0;
    if (this.#begin(lengthOf(messages, from), waiting) < 0) {
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
        if (length > this.#longest) this.#refuse('send');
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
      if (words[magic] !== done) this.#side.fail('send');
    } catch (error) {
      this.#tail = begin;
      if (this.#many) this.#side.endTurn();
      throw error;
    }
    Atomics.store(this.#words, tailWord, tail);
    if (this.#many) this.#side.endTurn();
    if (anybodySleeps(this.#words, sleepersWord)) this.#side.ring();
    return count - from;
  }

  /** Those that there is no room for, before the others are sent; when a part has gone they were checked with it. */
  #checkRest(messages: readonly Data[], from: number, first: number): void {
    if (from > 0) return;
    for (let index = first; index < messages.length; index++) this.#checkLength(lengthOf(messages, index));
  }

  #claimSync(length: number, timeout: number): number {
    const size = (length + 15) & ~7;
    const deadline = performance.now() + timeout;
    for (;;) {
      this.#side.waitSync(this.#tail, size, Math.max(0, deadline - performance.now()));
      const at = this.#many ? this.#roomInTurn(size) : this.#roomAlone(size);
      if (at >= 0) return at;
    }
  }

  #open(length: number, at: number): number {
    // Zeros in place of a file that was truncated look like an empty channel.
    if (this.#words[magic] !== done) this.#side.fail('send');
    this.#claimed = length;
    this.#longest = -1;
    this.#side.held = true;
    return at;
  }

  #shut(): void {
    this.#claimed = -1;
    this.#longest = this.#side.longest;
  }

  #check(offset: number, method: string): number {
    if (this.#claimed !== -1 && offset === this.#side.payloadAt(this.#tail)) return this.#claimed;
    if (this.#side.closed) throw closedError(method, this.#side.subject);
    if (typeof offset !== 'number')
      throw argumentError(
        'ERR_INVALID_ARG_TYPE',
        `\`offset\`: expected what tryClaim() gave, got ${show(offset)}`,
      );
    throw new IpcError('EINVAL', method, this.#side.subject);
  }

  /** Before it waits. */
  #checkLength(length: number): void {
    if (length > this.#side.longest) throw new IpcError('EMSGSIZE', 'send', this.#side.subject);
  }

  #refuse(method: string): never {
    if (this.#side.closed) throw closedError(method, this.#side.subject);
    throw new IpcError(this.#claimed !== -1 ? 'EBUSY' : 'EMSGSIZE', method, this.#side.subject);
  }
}

function lengthOf(messages: readonly Data[], index: number): number {
  const data = messages[index] as Data;
  return ArrayBuffer.isView(data) ? data.byteLength : bytesOf(data, `messages[${index}]`).length;
}

function checkMessages(messages: readonly Data[]): void {
  if (!Array.isArray(messages))
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`messages\`: expected an array, got ${show(messages)}`);
}
