import { rangeError } from '../errors.js';

/** Bytes of a field or a struct at most: offsets stay small integers in the engine. */
export const largest = 2 ** 30 - 1;

export function checkSize(byteLength: number): number {
  if (byteLength <= largest) return byteLength;
  throw rangeError(`expected at most ${largest} bytes in a struct, got ${byteLength}`);
}

interface Sized {
  readonly byteLength: number;
  readonly alignment: number;
}

const roundUp = (bytes: number, alignment: number) => Math.ceil(bytes / alignment) * alignment;

/**
 * Where the fields of a C struct begin on x86-64 and arm64 (System V ABI, AAPCS64): each, in the order given, at the next
 * multiple of its alignment; the struct is aligned as its strictest field is and padded to a multiple of that.
 */
export function layOut(fields: readonly Sized[], least: number): Sized & { offsets: number[] } {
  const offsets: number[] = [];
  let end = 0;
  let alignment = least;
  for (const field of fields) {
    const offset = roundUp(end, field.alignment);
    offsets.push(offset);
    end = offset + field.byteLength;
    alignment = Math.max(alignment, field.alignment);
  }
  return { offsets, alignment, byteLength: checkSize(roundUp(end, alignment)) };
}
