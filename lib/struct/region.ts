import { closedError, IpcError, type Subject } from '../errors.js';
import { type Memory, subjectOf } from '../memory.js';

/**
 * The bytes of one view, and the typed arrays that its fields are read and written by. These, and no DataView: the
 * engine may read a field of a DataView byte by byte, and another process could write in between.
 */
export class Region {
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly f64: Float64Array;
  readonly #memory: Memory | undefined;
  readonly #subject: Subject;
  readonly #readOnly: boolean;

  /** `start` and `length` are multiples of `alignment`, and no field is wider than that. */
  constructor(buffer: ArrayBufferLike, start: number, length: number, alignment: number, memory?: Memory) {
    // No element of a type that is too wide, rather than no array: all regions have one shape, which keeps access fast.
    const count = (width: number) => (width <= alignment ? length / width : 0);
    const from = (width: number) => (width <= alignment ? start : 0);
    this.i8 = new Int8Array(buffer, start, length);
    this.u8 = new Uint8Array(buffer, start, length);
    this.i16 = new Int16Array(buffer, from(2), count(2));
    this.u16 = new Uint16Array(buffer, from(2), count(2));
    this.i32 = new Int32Array(buffer, from(4), count(4));
    this.u32 = new Uint32Array(buffer, from(4), count(4));
    this.f32 = new Float32Array(buffer, from(4), count(4));
    this.i64 = new BigInt64Array(buffer, from(8), count(8));
    this.u64 = new BigUint64Array(buffer, from(8), count(8));
    this.f64 = new Float64Array(buffer, from(8), count(8));
    this.#memory = memory;
    this.#subject = memory === undefined ? {} : subjectOf(memory);
    this.#readOnly = memory?.readOnly ?? false;
  }

  /** Before a read that would not notice by itself that there are no bytes. */
  beforeRead(): void {
    if (this.u8.length === 0) throw this.gone();
  }

  /** Before any write: one to an array without bytes would be lost, and one to a private page seen by nobody. */
  beforeWrite(): void {
    if (this.u8.length === 0) throw this.gone();
    if (this.#readOnly) throw new IpcError('EACCES', 'view', this.#subject);
  }

  /** A private copy: what decodes looks at nothing else. */
  copy(at: number, length: number): Buffer {
    this.beforeRead();
    if (this.#memory !== undefined) return this.#memory.read(this.u8.byteOffset + at, length);
    const copy = Buffer.allocUnsafeSlow(length);
    copy.set(this.u8.subarray(at, at + length));
    return copy;
  }

  gone(): IpcError {
    return closedError('view', this.#subject);
  }
}
