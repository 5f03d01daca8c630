import { custom, describe } from '../describe.js';
import { argumentError, constructorError, type IpcError, receiverError } from '../errors.js';
import { internal } from '../handle.js';
import { show } from '../options.js';
import { FieldType } from './field-type.js';
import type { Region } from './region.js';
import { Scalar } from './scalars.js';

const arrays = { int32_t: 'i32', uint32_t: 'u32', int64_t: 'i64', uint64_t: 'u64' } as const;
type Word = keyof typeof arrays;

// Atomics has one signature for numbers and one for bigints, which no generic type satisfies at once.
type Words = Int32Array;

/**
 * A field that is read and changed in one step, whatever other processes do: C11's `_Atomic`, always in sequentially
 * consistent order. What changes it gives the value before. Sums wrap around at the ends of the type, as in C.
 */
export class Atomic<T extends number | bigint> {
  readonly #region: Region;
  readonly #words: Words;
  readonly #index: number;
  readonly #type: Scalar<T>;

  /** @internal */
  constructor(key: typeof internal, region: Region, words: Words, index: number, type: Scalar<T>) {
    if (key !== internal) throw constructorError('struct', 'at');
    this.#region = region;
    this.#words = words;
    this.#index = index;
    this.#type = type;
    Object.freeze(this);
  }

  static #of<T extends number | bigint>(value: Atomic<T>): Atomic<T> {
    if (typeof value !== 'object' || value === null || !(#words in value)) throw receiverError('Atomic');
    return value;
  }

  load(): T {
    const atomic = Atomic.#of(this);
    atomic.#region.beforeRead();
    return Atomics.load(atomic.#words, atomic.#index) as T;
  }

  store(value: T): void {
    const atomic = Atomic.#of(this);
    Atomics.store(atomic.#words, atomic.#index, atomic.#operand(value, 'value'));
  }

  add(value: T): T {
    const atomic = Atomic.#of(this);
    return Atomics.add(atomic.#words, atomic.#index, atomic.#operand(value, 'value')) as T;
  }

  sub(value: T): T {
    const atomic = Atomic.#of(this);
    return Atomics.sub(atomic.#words, atomic.#index, atomic.#operand(value, 'value')) as T;
  }

  and(value: T): T {
    const atomic = Atomic.#of(this);
    return Atomics.and(atomic.#words, atomic.#index, atomic.#operand(value, 'value')) as T;
  }

  or(value: T): T {
    const atomic = Atomic.#of(this);
    return Atomics.or(atomic.#words, atomic.#index, atomic.#operand(value, 'value')) as T;
  }

  exchange(value: T): T {
    const atomic = Atomic.#of(this);
    return Atomics.exchange(atomic.#words, atomic.#index, atomic.#operand(value, 'value')) as T;
  }

  /** Puts `replacement` there if `expected` is there; it was if that is what this gives. */
  compareExchange(expected: T, replacement: T): T {
    const atomic = Atomic.#of(this);
    const before = atomic.#operand(expected, 'expected');
    const after = atomic.#operand(replacement, 'replacement');
    return Atomics.compareExchange(atomic.#words, atomic.#index, before, after) as T;
  }

  [custom](_depth: number, options: object): string {
    const atomic = Atomic.#of(this);
    try {
      return describe('Atomic', { value: atomic.load() }, options);
    } catch (error) {
      return describe('Atomic', { value: (error as IpcError).code }, options);
    }
  }

  #operand(value: T, name: string): number {
    this.#region.beforeWrite();
    return this.#type.check(value, name) as number;
  }
}

/** `_Atomic int32_t` and the like. */
export class AtomicType<T extends number | bigint> extends FieldType<Atomic<T>, T, T, false> {
  readonly assigned = false;
  readonly byteLength: number;
  readonly alignment: number;
  readonly #type: Scalar<T, Word>;

  constructor(type: Scalar<T, Word>) {
    super();
    this.byteLength = type.byteLength;
    this.alignment = type.byteLength;
    this.#type = type;
    Object.freeze(this);
  }

  check(value: unknown, name: string): T {
    return this.#type.check(value, name);
  }

  read(region: Region, at: number): Atomic<T> {
    const words = region[arrays[this.#type.cName]] as unknown as Words;
    return new Atomic(internal, region, words, at / this.byteLength, this.#type);
  }

  write(region: Region, at: number, checked: T): void {
    this.read(region, at).store(checked);
  }

  plain(region: Region, at: number): T {
    return this.#type.read(region, at);
  }

  declare(name: string): string {
    return `POSIX_IPC_ATOMIC(${this.#type.cName}) ${name}`;
  }
}

/** An `i32`, `u32`, `i64` or `u64` with the operations of {@link Atomic}; those of 64 bits allocate their bigints. */
export function atomic<T extends number | bigint>(type: Scalar<T, Word>): AtomicType<T> {
  if (type instanceof Scalar && Object.hasOwn(arrays, type.cName)) return new AtomicType(type);
  const got = type instanceof Scalar ? (type as Scalar<T>).cName : show(type);
  throw argumentError('ERR_INVALID_ARG_VALUE', `\`type\`: expected i32, u32, i64 or u64, got ${got}`);
}
