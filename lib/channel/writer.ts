import type { Writable } from 'node:stream';
import { custom, describe } from '../describe.js';
import { constructorError, IpcError, receiverError } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { bytesOf, checkWait, type Data, type WaitOptions } from '../options.js';
import { checkWaiting, type Wait } from '../waiting/options.js';
import { ended, promised } from '../waiting/promised.js';
import { bytesOfAll } from './batch.js';
import { Claims } from './claims.js';
import { Sending } from './sending.js';
import type { Segment, Side } from './side.js';
import { writableOf, writableStreamOf } from './streams.js';

/** One who sends: its seat at a channel. It is released by `close()`, or by the kernel when its process ends. */
export class ChannelWriter implements Handle {
  readonly #side: Side;
  readonly #sending: Sending;
  readonly #claims: Claims;
  readonly #bytes: Buffer;

  /** @internal */
  constructor(key: typeof internal, segment: Segment, persistent: boolean) {
    if (key !== internal) throw constructorError('ChannelWriter', 'writer() of a Channel');
    this.#sending = new Sending(segment, persistent);
    this.#side = this.#sending.side;
    this.#claims = new Claims(this.#sending);
    this.#bytes = segment.bytes;
  }

  static #of(value: ChannelWriter): ChannelWriter {
    if (typeof value !== 'object' || value === null || !(#sending in value))
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
    return writer.#sending.trySend(data instanceof Uint8Array ? data : bytesOf(data), false);
  }

  /** Sends; blocks the thread while there is no room. `EPIPE` where all readers have gone; `ETIMEDOUT`; `EMSGSIZE`. */
  sendSync(data: Data, options?: WaitOptions): void {
    const writer = ChannelWriter.#of(this);
    const timeout = checkWait(options);
    writer.#sending.sendSync(bytesOf(data), timeout);
  }

  /**
   * Sends as soon as there is room, after those of this handle who came before. `EPIPE` where all readers have gone;
   * `ETIMEDOUT`; `EMSGSIZE`. The data is copied before it waits.
   */
  send(data: Data, options?: Wait): Promise<void> {
    return promised(() => {
      const writer = ChannelWriter.#of(this);
      const wait = checkWaiting(options);
      const bytes = bytesOf(data);
      writer.#side.checkOpen('send');
      writer.#side.checkLength(bytes.length);
      wait.signal?.throwIfAborted();
      if (writer.#side.idle && writer.#sending.trySend(bytes, false)) return Promise.resolve();
      const copy = Uint8Array.from(bytes);
      const attempt = (waiting: boolean) => writer.#sending.trySend(copy, waiting) || undefined;
      return ended(writer.#side.wait(attempt, wait));
    });
  }

  /**
   * Sends as many of the messages, from the first on, as there is room for, and makes them visible at once: how many. Half
   * the cost of one at a time. `EMSGSIZE` where any of them is too long, room or not: then none is sent.
   */
  trySendMany(messages: readonly Data[]): number {
    const writer = ChannelWriter.#of(this);
    return writer.#sending.trySendMany(messages, 0, false);
  }

  /**
   * Sends them all, in order, as room comes. `EMSGSIZE` for any of them, before any is sent; what ends it later leaves those
   * that were sent.
   */
  sendMany(messages: readonly Data[], options?: Wait): Promise<void> {
    return promised(() => {
      const writer = ChannelWriter.#of(this);
      const wait = checkWaiting(options);
      const copies = bytesOfAll(messages).map((bytes) => Uint8Array.from(bytes));
      writer.#side.checkOpen('sendMany');
      for (const copy of copies) writer.#side.checkLength(copy.length);
      let sent = 0;
      const attempt = (waiting: boolean) => {
        sent += writer.#sending.trySendMany(copies, sent, waiting);
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
    let sent = writer.#sending.trySendMany(messages, 0, false);
    while (sent < messages.length) {
      const next = bytesOf(messages[sent] as Data);
      writer.#sending.sendSync(next, Math.max(0, deadline - performance.now()));
      sent += 1;
      sent += writer.#sending.trySendMany(messages, sent, false);
    }
  }

  /**
   * Room for a message of `length` bytes, to be written in place: its offset in {@link block}, or `undefined`. Nobody sees
   * it before `commit()`. One at a time: what else this writer is to send is `EBUSY` until it ends, or waits for that, as a
   * promise. With many writers the others stand back meanwhile.
   */
  tryClaim(length: number): number | undefined {
    return ChannelWriter.#of(this).#claims.try(length);
  }

  claim(length: number, options?: Wait): Promise<number> {
    return promised(() => ChannelWriter.#of(this).#claims.wait(length, options));
  }

  claimSync(length: number, options?: WaitOptions): number {
    return ChannelWriter.#of(this).#claims.sync(length, options);
  }

  /** The claim at `offset` is a message now; `length`: of its first bytes only. `EINVAL` where no such claim is open. */
  commit(offset: number, length?: number): void {
    ChannelWriter.#of(this).#claims.commit(offset, length);
  }

  /** The claim at `offset` was never there. */
  abort(offset: number): void {
    ChannelWriter.#of(this).#claims.abort(offset);
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
    writer.#sending.shut();
    writer.#side.close('send');
  }

  /** @internal */
  checkIdle(): void {
    const writer = ChannelWriter.#of(this);
    if (writer.#claims.open) throw new IpcError('EBUSY', 'close', writer.#side.subject);
  }

  [Symbol.dispose](): void {
    ChannelWriter.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const writer = ChannelWriter.#of(this);
    const { longest, closed } = writer;
    return describe('ChannelWriter', { ...writer.#side.subject, longest, closed }, options);
  }
}
