import { argumentError, rangeError } from '../errors.js';
import { checkInteger, show } from '../options.js';
import { FieldType } from './field-type.js';
import type { Region } from './region.js';

type Check<T> = (value: unknown, name: string) => T;
/** `undefined` where there are no bytes any more. */
type Load<T> = (region: Region, at: number) => T | undefined;
type Store<T> = (region: Region, at: number, value: T) => void;

/** One number or truth value, read and written at once: nobody sees a half of it. */
export class Scalar<T, Name extends string = string> extends FieldType<T, T, T, true> {
  readonly assigned = true;
  readonly byteLength: number;
  readonly alignment: number;
  readonly cName: Name;
  readonly check: Check<T>;
  readonly read: (region: Region, at: number) => T;
  readonly write: (region: Region, at: number, checked: T) => void;

  constructor(cName: Name, width: number, check: Check<T>, load: Load<T>, store: Store<T>) {
    super();
    this.cName = cName;
    this.byteLength = width;
    this.alignment = width;
    this.check = check;
    this.read = (region, at) => {
      const value = load(region, at);
      if (value === undefined) throw region.gone();
      return value;
    };
    this.write = (region, at, checked) => {
      region.beforeWrite();
      store(region, at, checked);
    };
    Object.freeze(this);
  }

  plain(region: Region, at: number): T {
    return this.read(region, at);
  }

  declare(name: string): string {
    return `${this.cName} ${name}`;
  }
}

const integer =
  (least: number, most: number): Check<number> =>
  (value, name) =>
    checkInteger(value, name, least, most);

function bigint(least: bigint, most: bigint): Check<bigint> {
  return (value, name) => {
    if (typeof value !== 'bigint')
      throw argumentError('ERR_INVALID_ARG_TYPE', `\`${name}\`: expected a bigint, got ${show(value)}`);
    if (value < least || value > most)
      throw rangeError(`\`${name}\`: expected a bigint from ${least}n to ${most}n, got ${value}n`);
    return value;
  };
}

function float(value: unknown, name: string): number {
  if (typeof value !== 'number')
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`${name}\`: expected a number, got ${show(value)}`);
  return value;
}

function single(value: unknown, name: string): number {
  const checked = float(value, name);
  if (Number.isFinite(checked) && !Number.isFinite(Math.fround(checked)))
    throw rangeError(`\`${name}\`: expected a number that a float can hold, got ${checked}`);
  return checked;
}

function truth(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean')
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`${name}\`: expected a boolean, got ${show(value)}`);
  return value;
}

// Each has functions of its own, so that the engine sees one kind of array in each.

/** `int8_t` */
export const i8 = new Scalar<number, 'int8_t'>(
  'int8_t',
  1,
  integer(-(2 ** 7), 2 ** 7 - 1),
  ({ i8 }, at) => i8[at],
  ({ i8 }, at, value) => {
    i8[at] = value;
  },
);

/** `uint8_t` */
export const u8 = new Scalar<number, 'uint8_t'>(
  'uint8_t',
  1,
  integer(0, 2 ** 8 - 1),
  ({ u8 }, at) => u8[at],
  ({ u8 }, at, value) => {
    u8[at] = value;
  },
);

/** `int16_t` */
export const i16 = new Scalar<number, 'int16_t'>(
  'int16_t',
  2,
  integer(-(2 ** 15), 2 ** 15 - 1),
  ({ i16 }, at) => i16[at / 2],
  ({ i16 }, at, value) => {
    i16[at / 2] = value;
  },
);

/** `uint16_t` */
export const u16 = new Scalar<number, 'uint16_t'>(
  'uint16_t',
  2,
  integer(0, 2 ** 16 - 1),
  ({ u16 }, at) => u16[at / 2],
  ({ u16 }, at, value) => {
    u16[at / 2] = value;
  },
);

/** `int32_t` */
export const i32 = new Scalar<number, 'int32_t'>(
  'int32_t',
  4,
  integer(-(2 ** 31), 2 ** 31 - 1),
  ({ i32 }, at) => i32[at / 4],
  ({ i32 }, at, value) => {
    i32[at / 4] = value;
  },
);

/** `uint32_t` */
export const u32 = new Scalar<number, 'uint32_t'>(
  'uint32_t',
  4,
  integer(0, 2 ** 32 - 1),
  ({ u32 }, at) => u32[at / 4],
  ({ u32 }, at, value) => {
    u32[at / 4] = value;
  },
);

/** `int64_t`, a bigint. */
export const i64 = new Scalar<bigint, 'int64_t'>(
  'int64_t',
  8,
  bigint(-(2n ** 63n), 2n ** 63n - 1n),
  ({ i64 }, at) => i64[at / 8],
  ({ i64 }, at, value) => {
    i64[at / 8] = value;
  },
);

/** `uint64_t`, a bigint. */
export const u64 = new Scalar<bigint, 'uint64_t'>(
  'uint64_t',
  8,
  bigint(0n, 2n ** 64n - 1n),
  ({ u64 }, at) => u64[at / 8],
  ({ u64 }, at, value) => {
    u64[at / 8] = value;
  },
);

/** `float`: what is assigned is rounded to 24 bits, a `RangeError` if that makes it infinite. NaN is as for `f64`. */
export const f32 = new Scalar<number, 'float'>(
  'float',
  4,
  single,
  ({ f32 }, at) => f32[at / 4],
  ({ f32 }, at, value) => {
    f32[at / 4] = value;
  },
);

/**
 * `double`. JavaScript knows one NaN and promises none of its bits: a signalling one that is read and assigned may become
 * a quiet one. Those in the memory stay as they are until the field is assigned; who has to carry them takes a `u64`.
 */
export const f64 = new Scalar<number, 'double'>(
  'double',
  8,
  float,
  ({ f64 }, at) => f64[at / 8],
  ({ f64 }, at, value) => {
    f64[at / 8] = value;
  },
);

/** `bool`, a byte: written as 0 or 1, and true where a peer has written anything but 0. */
export const bool = new Scalar<boolean, 'bool'>(
  'bool',
  1,
  truth,
  ({ u8 }, at) => {
    const byte = u8[at];
    return byte === undefined ? undefined : byte !== 0;
  },
  ({ u8 }, at, value) => {
    u8[at] = value ? 1 : 0;
  },
);
