import type { Readable } from 'node:stream';
import { custom, describe } from '../describe.js';
import { argumentError, constructorError, IpcError, receiverError } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { checkInteger, checkWait, show, targetOf, type WaitOptions } from '../options.js';
import type { Wait } from '../waiting/options.js';
import { promised } from '../waiting/promised.js';
import type { Lease } from './lease.js';
import { Receiving } from './receiving.js';
import type { Segment, Side } from './side.js';
import { readableOf, readableStreamOf } from './streams.js';

/** Sees a message where it lies, at `offset` of `block`, before its room is given back. */
export type Visit = (block: Buffer, offset: number, length: number) => void;

/** One who receives: its seat at a channel. It is released by `close()`, or by the kernel when its process ends. */
export class ChannelReader implements Handle {
  readonly #side: Side;
  readonly #receiving: Receiving;

  /** @internal */
  constructor(key: typeof internal, segment: Segment, persistent: boolean) {
    if (key !== internal) throw constructorError('ChannelReader', 'reader() of a Channel');
    this.#receiving = new Receiving(segment, persistent);
    this.#side = this.#receiving.side;
  }

  static #of(value: ChannelReader): ChannelReader {
    if (typeof value !== 'object' || value === null || !(#receiving in value))
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
    return ChannelReader.#of(this).#receiving.tryReceive(false);
  }

  /** The next message; blocks the thread until there is one. `EPIPE` where all writers have gone; `ETIMEDOUT`. */
  receiveSync(options?: WaitOptions): Buffer {
    const receiving = ChannelReader.#of(this).#receiving;
    const timeout = checkWait(options);
    return receiving.tryReceive(false) ?? receiving.waitSync(timeout, () => receiving.takeCopy());
  }

  /** The next message, after those of this handle who came before. `EPIPE` where all writers have gone; `ETIMEDOUT`. */
  receive(options?: Wait): Promise<Buffer> {
    return promised(() => {
      const receiving = ChannelReader.#of(this).#receiving;
      return receiving.wait((waiting) => receiving.tryReceive(waiting), options);
    });
  }

  /** The next message into the caller's buffer: its length, or `undefined`. `EMSGSIZE` where it does not fit; it stays. */
  tryReceiveInto(buffer: NodeJS.ArrayBufferView): number | undefined {
    const reader = ChannelReader.#of(this);
    const target = buffer instanceof Uint8Array ? buffer : targetOf(buffer);
    return reader.#receiving.tryReceiveInto(target, false);
  }

  receiveIntoSync(buffer: NodeJS.ArrayBufferView, options?: WaitOptions): number {
    const receiving = ChannelReader.#of(this).#receiving;
    const timeout = checkWait(options);
    const target = targetOf(buffer);
    return (
      receiving.tryReceiveInto(target, false) ?? receiving.waitSync(timeout, () => receiving.takeInto(target))
    );
  }

  /** The buffer is written when the promise resolves, and not before. */
  receiveInto(buffer: NodeJS.ArrayBufferView, options?: Wait): Promise<number> {
    return promised(() => {
      const receiving = ChannelReader.#of(this).#receiving;
      const target = targetOf(buffer);
      return receiving.wait((waiting) => receiving.tryReceiveInto(target, waiting), options);
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
    return reader.#receiving.drain(visit, most);
  }

  /**
   * The next message where it lies, or `undefined`. One at a time: what else this reader is to receive is `EBUSY` until the
   * lease ends, or waits for that, as a promise. With many readers the others stand back meanwhile.
   */
  tryLease(): Lease | undefined {
    return ChannelReader.#of(this).#receiving.tryLease(false);
  }

  leaseSync(options?: WaitOptions): Lease {
    const receiving = ChannelReader.#of(this).#receiving;
    const timeout = checkWait(options);
    return receiving.tryLease(false) ?? receiving.waitSync(timeout, () => receiving.takeLease());
  }

  lease(options?: Wait): Promise<Lease> {
    return promised(() => {
      const receiving = ChannelReader.#of(this).#receiving;
      return receiving.wait((waiting) => receiving.tryLease(waiting), options);
    });
  }

  /**
   * Message after message. It ends when all writers have closed, or this handle; where one of them died it throws `EPIPE`,
   * after the last message. Leaving the loop closes nothing and loses nothing.
   */
  messages(options?: Wait): AsyncGenerator<Buffer, void, undefined> {
    const reader = ChannelReader.#of(this);
    return reader.#side.iterate(() => reader.receive(options), options);
  }

  /**
   * A stream of Node, a message a chunk: for `pipeline()`, with back-pressure. It ends, and closes the reader, when all writers
   * have closed; where one of them died it is destroyed with `EPIPE`. It reads nothing ahead.
   */
  toReadable(): Readable {
    const reader = ChannelReader.#of(this);
    reader.#side.checkOpen('toReadable');
    return readableOf(reader, (error) => reader.#side.isEnd(error));
  }

  /** The same as a stream of the web. */
  toReadableStream(): ReadableStream<Uint8Array> {
    const reader = ChannelReader.#of(this);
    reader.#side.checkOpen('toReadableStream');
    return readableStreamOf(reader, (error) => reader.#side.isEnd(error));
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
    reader.#receiving.shut();
    reader.#side.close('receive');
  }

  /** @internal */
  checkIdle(): void {
    const reader = ChannelReader.#of(this);
    if (reader.#receiving.busy && !reader.#side.closed)
      throw new IpcError('EBUSY', 'close', reader.#side.subject);
  }

  [Symbol.dispose](): void {
    ChannelReader.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const reader = ChannelReader.#of(this);
    return describe('ChannelReader', { ...reader.#side.subject, closed: reader.closed }, options);
  }
}
