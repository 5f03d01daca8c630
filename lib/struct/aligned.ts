import { argumentError, rangeError } from '../errors.js';
import { checkInteger, show } from '../options.js';
import { FieldType } from './field-type.js';

/** A page: no mapping promises more. */
const most = 4096;

/** A field that begins at a multiple of `alignment`: it is of the field, not of its type, and C has no arrays of it. */
export class Aligned<T extends FieldType> {
  readonly type: T;
  readonly alignment: number;

  constructor(type: T, alignment: number) {
    this.type = type;
    this.alignment = alignment;
    Object.freeze(this);
  }
}

/** A power of two, not below what C would choose: `_Alignas` can only raise it. */
export function checkAlignment(value: unknown, name: string, least: number): number {
  const alignment = checkInteger(value, name, 1, most);
  if (alignment < least || (alignment & (alignment - 1)) !== 0)
    throw rangeError(`\`${name}\`: expected a power of two from ${least} to ${most}, got ${alignment}`);
  return alignment;
}

/**
 * A field that begins at a multiple of `alignment` bytes: `_Alignas`. Align by 64 each field that one process writes often
 * and others do not, and the one that follows it: then they share no cache line.
 */
export function aligned<T extends FieldType>(type: T, alignment: number): Aligned<T> {
  if (!(type instanceof FieldType)) {
    const words = `\`type\`: expected a type such as types.i32 or a struct, got ${show(type)}`;
    throw argumentError('ERR_INVALID_ARG_TYPE', words);
  }
  return new Aligned(type, checkAlignment(alignment, 'alignment', type.alignment));
}
