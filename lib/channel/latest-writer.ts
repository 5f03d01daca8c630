import { custom, describe } from '../describe.js';
import { closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { Role } from '../native.js';
import { bytesOf, type Data } from '../options.js';
import { anybodySleeps } from '../segment/sleepers.js';
import {
  cellSize,
  counterWord as counterIndex,
  filledSleepersWord,
  magicWord,
  published,
  dataStart as start,
} from './layout.js';
import { type Segment, Side } from './side.js';
import { readWide, storeWide } from './wide.js';

// Own constants, which the engine writes into its code; what is imported it loads each time.
const counterWord = counterIndex;
const sleepersWord = filledSleepersWord;
const magic = magicWord;
const done = published;
const dataStart = start;

/** One who sets the value: the only seat for it. It is released by `close()`, or by the kernel when its process ends. */
export class LatestWriter implements Handle {
  readonly #side: Side;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #cell: number;
  /** Bytes of the longest value; -1 when it is closed. */
  #longest: number;
  #version: number;

  /** @internal */
  constructor(key: typeof internal, segment: Segment) {
    if (key !== internal) throw constructorError('LatestWriter', 'writer() of a Latest');
    const side = new Side(segment, Role.writer, false);
    this.#side = side;
    this.#words = segment.words;
    this.#bytes = segment.bytes;
    this.#cell = cellSize(segment.capacity);
    this.#longest = segment.capacity;
    this.#version = readWide(this.#words, counterWord);
    if (this.#version < 0) {
      side.close('writer');
      side.fail('writer');
    }
  }

  static #of(value: LatestWriter): LatestWriter {
    if (typeof value !== 'object' || value === null || !(#side in value)) throw receiverError('LatestWriter');
    return value;
  }

  get closed(): boolean {
    return LatestWriter.#of(this).#side.closed;
  }

  /** Of the value that is there: how many there have been, of all writers. */
  get version(): number {
    return LatestWriter.#of(this).#version;
  }

  /** How many readers sit there now. */
  get readers(): number {
    const side = LatestWriter.#of(this).#side;
    side.checkOpen('readers');
    return side.native.count(Role.reader);
  }

  /** Wake-ups that this writer has sent to readers. */
  get rings(): number {
    return LatestWriter.#of(this).#side.rings;
  }

  /**
   * A new value, and its version. Waits for nobody. `EMSGSIZE` where it is longer than `size`. No native call, unless a reader
   * sleeps.
   */
  set(data: Data): number {
    const writer = LatestWriter.#of(this);
    const bytes = data instanceof Uint8Array ? data : bytesOf(data);
    const { length } = bytes;
    if (length > writer.#longest) writer.#refuse();
    const words = writer.#words;
    // Zeros in place of a file that was truncated.
    if (words[magic] !== done) writer.#side.fail('set');
    const version = writer.#version + 1;
    const at = dataStart + (version & 3) * writer.#cell;
    words[at >> 2] = length;
    writer.#bytes.set(bytes, at + 8);
    storeWide(words, counterWord, version);
    writer.#version = version;
    // Where this is a load by Atomics, it is also what keeps the stores into the next cell after the counter's.
    if (anybodySleeps(words, sleepersWord)) writer.#side.ring();
    return version;
  }

  /** Leaves the seat: readers that wait are told. */
  close(): void {
    const writer = LatestWriter.#of(this);
    writer.#longest = -1;
    writer.#side.close('set');
  }

  [Symbol.dispose](): void {
    LatestWriter.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const writer = LatestWriter.#of(this);
    const { version, closed } = writer;
    return describe('LatestWriter', { ...writer.#side.subject, version, closed }, options);
  }

  #refuse(): never {
    if (this.#side.closed) throw closedError('set', this.#side.subject);
    throw new IpcError('EMSGSIZE', 'set', this.#side.subject);
  }
}
