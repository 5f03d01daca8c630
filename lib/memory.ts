import {
  argumentError,
  constructorError,
  IpcError,
  rangeError,
  receiverError,
  type Subject,
} from './errors.js';
import { type Handle, internal } from './handle.js';
import type { NativeMemory } from './native.js';
import { bytesOf, checkInteger, type Data, show } from './options.js';

/** The constructors of the eleven typed arrays. */
export type TypedArrayConstructor<T> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): T;
};

/** A lock that lies in a memory, as its handle here sees it. */
export interface Resident {
  /** Whether this handle holds it: then the bytes under it must stay. */
  readonly held: boolean;
  close(): void;
}

let setSize: (memory: Memory, size: number) => void;
let residentsOf: (memory: Memory) => Set<Resident>;
let subject: (memory: Memory) => Subject;

/** What errors about it name. */
export function subjectOf(memory: Memory): Subject {
  return subject(memory);
}

/** After a resize: the map is another one. */
export function resized(memory: Memory, size: number): void {
  setSize(memory, size);
}

/** Until it moves out the memory keeps it: a lock that is held must be known, whatever its user has dropped. */
export function moveIn(memory: Memory, resident: Resident): void {
  residentsOf(memory).add(resident);
}

/** By the resident's own `close()`. */
export function moveOut(memory: Memory, resident: Resident): void {
  residentsOf(memory).delete(resident);
}

/** Before `method` takes the bytes away: closes all that lies in them; or nothing, with `EBUSY`, if one is held. */
export function vacate(memory: Memory, method: string): void {
  const residents = [...residentsOf(memory)];
  if (residents.some(({ held }) => held)) throw new IpcError('EBUSY', method, subject(memory));
  for (const resident of residents) resident.close();
}

/**
 * Mapped bytes: of a {@link SharedMemory}, or of an attached System V segment.
 *
 * `buffer`, `bytes()` and `view()` are the shared bytes themselves: another process may write them at any moment, also
 * while they are being read. Never decode text or JSON in such a view, since Node's decoders read twice and trust what
 * they read first; `readText()` and `read()` copy before they look.
 *
 * Where another process has made a POSIX object shorter, or `/dev/shm` is full, the first touch of what is not there
 * gives the whole handle zeros of its own, which nobody else sees. From then on every call throws `ESTALE`, `buffer` too,
 * which is how to ask whether views still show the object. Close it and open it again. See {@link guard}.
 */
export abstract class Memory implements Handle {
  readonly #native: NativeMemory;
  readonly #subject: Subject;
  readonly #readOnly: boolean;
  readonly #residents = new Set<Resident>();
  #size: number;
  #closed = false;

  static {
    setSize = (memory, size) => {
      memory.#size = size;
    };
    residentsOf = (memory) => memory.#residents;
    subject = (memory) => memory.#subject;
  }

  /** @internal */
  constructor(key: typeof internal, native: NativeMemory, subject: Subject, size: number, readOnly: boolean) {
    if (key !== internal) throw constructorError('SharedMemory', 'create, open or openOrCreate');
    this.#native = native;
    this.#subject = subject;
    this.#size = size;
    this.#readOnly = readOnly;
  }

  static #of(value: Memory): Memory {
    if (typeof value !== 'object' || value === null || !(#native in value)) throw receiverError('Memory');
    return value;
  }

  /** Bytes mapped. */
  get size(): number {
    return Memory.#of(this).#size;
  }

  get readOnly(): boolean {
    return Memory.#of(this).#readOnly;
  }

  get closed(): boolean {
    return Memory.#of(this).#closed;
  }

  /** All mapped bytes; `close()` leaves it with length 0, and every view of it too. */
  get buffer(): ArrayBuffer {
    return Memory.#of(this).#native.buffer();
  }

  /** A view of `length` bytes from `offset` on, by default of all that follow. */
  bytes(offset = 0, length?: number): Uint8Array<ArrayBuffer> {
    const memory = Memory.#of(this);
    const count = memory.#range(offset, length);
    return new Uint8Array(memory.buffer, offset, count);
  }

  /** A view with elements of another type; `offset` is in bytes and fits their alignment, `length` counts elements. */
  view<T>(TypedArray: TypedArrayConstructor<T>, offset = 0, length?: number): T {
    const memory = Memory.#of(this);
    const width = TypedArray?.BYTES_PER_ELEMENT;
    if (typeof TypedArray !== 'function' || !Number.isInteger(width)) {
      throw argumentError(
        'ERR_INVALID_ARG_TYPE',
        `\`TypedArray\`: expected a constructor such as Int32Array, got ${show(TypedArray)}`,
      );
    }
    checkInteger(offset, 'offset', 0, memory.#size);
    if (offset % width !== 0) throw rangeError(`\`offset\`: expected a multiple of ${width}, got ${offset}`);
    const fit = Math.floor((memory.#size - offset) / width);
    const count = length === undefined ? fit : checkInteger(length, 'length', 0, fit);
    return new TypedArray(memory.buffer, offset, count);
  }

  /** A copy. */
  read(offset: number, length: number): Buffer {
    const memory = Memory.#of(this);
    const copy = Buffer.allocUnsafeSlow(memory.#range(offset, length));
    memory.#native.read(offset, copy);
    return copy;
  }

  /** Copies `data` to `offset`. Another process may see a part of it already there and a part not. */
  write(offset: number, data: Data): void {
    const memory = Memory.#of(this);
    const bytes = bytesOf(data);
    memory.#range(offset, bytes.length);
    if (memory.#readOnly && !memory.#closed) throw new IpcError('EACCES', 'write', memory.#subject);
    memory.#native.write(offset, bytes);
  }

  /** The UTF-8 text of `length` bytes, decoded from a copy. */
  readText(offset: number, length: number): string {
    return Memory.#of(this).read(offset, length).toString('utf8');
  }

  /**
   * munmap(2) or shmdt(2), after every view has lost its bytes and the handles of locks in it are closed. `EBUSY` while
   * this handle's locks are held.
   */
  close(): void {
    const memory = Memory.#of(this);
    vacate(memory, 'close');
    memory.#native.close();
    memory.#closed = true;
  }

  [Symbol.dispose](): void {
    Memory.#of(this).close();
  }

  /** The length of a range that lies inside. */
  #range(offset: number, length: number | undefined): number {
    checkInteger(offset, 'offset', 0, this.#size);
    if (length === undefined) return this.#size - offset;
    return checkInteger(length, 'length', 0, this.#size - offset);
  }
}
