import { custom, describe } from '../describe.js';
import { closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { checkWait, targetOf, type WaitOptions } from '../options.js';
import type { Wait } from '../waiting/options.js';
import { promised } from '../waiting/promised.js';
import { Landing } from './landing.js';
import {
  cellSize,
  counterWord as counterIndex,
  magicWord,
  overtakings,
  published,
  dataStart as start,
} from './layout.js';
import { Listening } from './listening.js';
import type { Segment, Side } from './side.js';
import { fenceAfterReading, readWide } from './wide.js';

// Own constants, which the engine writes into its code; what is imported it loads each time.
const counterWord = counterIndex;
const magic = magicWord;
const done = published;
const dataStart = start;

/** The cell of a version is filled again once the third after it is published. */
const spare = 2;
const nothing = -1;
const overwritten = -2;
const tooLong = -3;

/** One who gets the value. Its seat is released by `close()`, or by the kernel when its process ends. */
export class LatestReader implements Handle {
  readonly #listening: Listening;
  readonly #side: Side;
  readonly #words: Int32Array;
  readonly #capacity: number;
  readonly #cell: number;
  readonly #landing: Landing;
  #version = 0;
  /** Of the last value. A buffer for the next is made before it is looked at: the copy has to be done before the writer is. */
  #length = 0;
  #buffer: Buffer | undefined;

  /** @internal */
  constructor(key: typeof internal, segment: Segment, persistent: boolean) {
    if (key !== internal) throw constructorError('LatestReader', 'reader() of a Latest');
    this.#listening = new Listening(segment, persistent, () => this.#version);
    this.#side = this.#listening.side;
    this.#words = segment.words;
    this.#capacity = segment.capacity;
    this.#cell = cellSize(segment.capacity);
    this.#landing = new Landing(segment.words, segment.bytes);
  }

  static #of(value: LatestReader): LatestReader {
    if (typeof value !== 'object' || value === null || !(#side in value)) throw receiverError('LatestReader');
    return value;
  }

  get closed(): boolean {
    return LatestReader.#of(this).#side.closed;
  }

  /** Of the value that this reader has got last, which grows by one with each `set()`; 0: none. */
  get version(): number {
    return LatestReader.#of(this).#version;
  }

  /** A copy of the newest value, also of one that this reader has got before; `undefined` where there was none yet. */
  get(): Buffer | undefined {
    return LatestReader.#of(this).#copy(0, 'get');
  }

  /**
   * The newest value into the caller's buffer: its length, or `undefined`. `EMSGSIZE` where it does not fit. After an error
   * anything may be in the buffer.
   */
  getInto(buffer: NodeJS.ArrayBufferView): number | undefined {
    const reader = LatestReader.#of(this);
    const target = buffer instanceof Uint8Array ? buffer : targetOf(buffer);
    const length = reader.#newest(0, target, 'get');
    return length === nothing ? undefined : length;
  }

  /** The newest value, if this reader has not got it yet; else `undefined`. Those between are gone. */
  tryNext(): Buffer | undefined {
    const reader = LatestReader.#of(this);
    return reader.#copy(reader.#version, 'next');
  }

  /** The same; blocks the thread until there is one. `EPIPE` where the writer has gone; `ETIMEDOUT`. */
  nextSync(options?: WaitOptions): Buffer {
    const reader = LatestReader.#of(this);
    const timeout = checkWait(options);
    return reader.#listening.sync(timeout, () => reader.tryNext());
  }

  /** The same, after those of this handle who came before. `EPIPE` where the writer has gone; `ETIMEDOUT`. */
  next(options?: Wait): Promise<Buffer> {
    return promised(() => {
      const reader = LatestReader.#of(this);
      return reader.#listening.wait('next', () => reader.tryNext(), options);
    });
  }

  /**
   * Each time the newest value, as soon as there is one that this reader has not got. It ends when the writer has closed, or
   * this handle; where the writer died it throws `EPIPE`. Leaving the loop closes nothing.
   */
  values(options?: Wait): AsyncGenerator<Buffer, void, undefined> {
    const reader = LatestReader.#of(this);
    return reader.#side.iterate(() => reader.next(options), options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    return LatestReader.#of(this).values();
  }

  /** Pending waits keep the process alive: so it is from the start. */
  ref(): void {
    LatestReader.#of(this).#side.keepAlive.ref();
  }

  /** Pending waits no longer keep the process alive. */
  unref(): void {
    LatestReader.#of(this).#side.keepAlive.unref();
  }

  close(): void {
    LatestReader.#of(this).#side.close('next');
  }

  [Symbol.dispose](): void {
    LatestReader.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const reader = LatestReader.#of(this);
    const { version, closed } = reader;
    return describe('LatestReader', { ...reader.#side.subject, version, closed }, options);
  }

  #copy(than: number, method: string): Buffer | undefined {
    this.#buffer ??= Buffer.allocUnsafeSlow(this.#length);
    const length = this.#newest(than, undefined, method);
    if (length === nothing) return undefined;
    const copy = this.#buffer;
    this.#buffer = undefined;
    this.#length = length;
    return copy;
  }

  /** Copies the newest value, if it is newer than `than`, into `target`, or `#buffer`: its length, or `nothing`. */
  #newest(than: number, target: Uint8Array | undefined, method: string): number {
    if (this.#side.closed) throw closedError(method, this.#side.subject);
    for (let overtaken = 0; overtaken < overtakings; overtaken++) {
      const version = readWide(this.#words, counterWord);
      if (version < this.#version) this.#side.fail(method);
      if (version <= than) {
        if (this.#words[magic] !== done) this.#side.fail(method);
        return nothing;
      }
      const length = this.#copyOf(version, target, method);
      if (length >= 0) {
        this.#version = version;
        return length;
      }
      if (length === tooLong) throw new IpcError('EMSGSIZE', method, this.#side.subject);
    }
    throw new IpcError('EAGAIN', method, this.#side.subject);
  }

  /** Copies the value of that version: its length; `overwritten`: meanwhile; `tooLong`. */
  #copyOf(version: number, target: Uint8Array | undefined, method: string): number {
    const words = this.#words;
    const at = dataStart + (version & 3) * this.#cell;
    const length = words[at >> 2] as number;
    const possible = length >= 0 && length <= this.#capacity;
    if (target === undefined) {
      if (possible) this.#land(at + 8, length);
    } else if (possible && length <= target.length) this.#landing.into(target, at + 8, length);
    fenceAfterReading();
    const now = readWide(words, counterWord);
    if (now < version) this.#side.fail(method);
    if (now > version + spare) return overwritten;
    if (!possible || words[magic] !== done) this.#side.fail(method);
    return target !== undefined && length > target.length ? tooLong : length;
  }

  #land(at: number, length: number): void {
    let buffer = this.#buffer as Buffer;
    if (buffer.length !== length) {
      buffer = Buffer.allocUnsafeSlow(length);
      this.#buffer = buffer;
    }
    this.#landing.once(buffer, at, length);
  }
}
