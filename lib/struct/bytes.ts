import { argumentError, rangeError } from '../errors.js';
import { checkInteger, show } from '../options.js';
import { FieldType } from './field-type.js';
import { largest } from './layout.js';
import type { Region } from './region.js';

/** `uint8_t[n]` */
export class Bytes extends FieldType<Uint8Array, Uint8Array, Buffer, true> {
  readonly assigned = true;
  readonly alignment = 1;
  readonly byteLength: number;

  constructor(byteLength: number) {
    super();
    this.byteLength = byteLength;
    Object.freeze(this);
  }

  readonly check = (value: unknown, name: string): Uint8Array => {
    if (!(value instanceof Uint8Array))
      throw argumentError('ERR_INVALID_ARG_TYPE', `\`${name}\`: expected a Uint8Array, got ${show(value)}`);
    // By its bytes and not by its iterator or `length`, which may be the caller's own.
    const copy = new Uint8Array(value);
    if (copy.length !== this.byteLength)
      throw rangeError(`\`${name}\`: expected ${this.byteLength} bytes, got ${copy.length}`);
    return copy;
  };

  readonly read = (region: Region, at: number): Uint8Array => {
    return region.copy(at, this.byteLength);
  };

  readonly write = (region: Region, at: number, checked: Uint8Array): void => {
    region.beforeWrite();
    region.u8.set(checked, at);
  };

  plain(region: Region, at: number): Buffer {
    return region.copy(at, this.byteLength);
  }

  declare(name: string): string {
    return `uint8_t ${name}[${this.byteLength}]`;
  }
}

/**
 * `uint8_t[n]`, copied out when it is read; exactly n bytes are assigned. For the bytes themselves:
 * `memory.bytes(offset, n)`.
 */
export function bytes(n: number): Bytes {
  return new Bytes(checkInteger(n, 'n', 1, largest));
}
