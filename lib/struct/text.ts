import { argumentError, rangeError } from '../errors.js';
import { checkInteger, show } from '../options.js';
import { FieldType } from './field-type.js';
import { largest } from './layout.js';
import type { Region } from './region.js';

/** `char[n]` */
export class Text extends FieldType<string, string, string, true> {
  readonly assigned = true;
  readonly alignment = 1;
  readonly byteLength: number;

  constructor(byteLength: number) {
    super();
    this.byteLength = byteLength;
    Object.freeze(this);
  }

  /** All bytes of the field. */
  readonly check = (value: unknown, name: string): Buffer => {
    if (typeof value !== 'string')
      throw argumentError('ERR_INVALID_ARG_TYPE', `\`${name}\`: expected a string, got ${show(value)}`);
    if (/[\0\p{Surrogate}]/u.test(value)) {
      const message = `\`${name}\`: expected text without NUL and without halves of surrogate pairs, got ${JSON.stringify(value)}`;
      throw argumentError('ERR_INVALID_ARG_VALUE', message);
    }
    const bytes = Buffer.from(value);
    if (bytes.length >= this.byteLength) {
      const most = this.byteLength - 1;
      throw rangeError(`\`${name}\`: expected at most ${most} bytes of UTF-8 and a NUL, got ${bytes.length}`);
    }
    return Buffer.concat([bytes], this.byteLength);
  };

  readonly read = (region: Region, at: number): string => {
    const copy = region.copy(at, this.byteLength);
    const end = copy.indexOf(0);
    return copy.toString('utf8', 0, end === -1 ? copy.length : end);
  };

  readonly write = (region: Region, at: number, checked: Buffer): void => {
    region.beforeWrite();
    region.u8.set(checked, at);
  };

  plain(region: Region, at: number): string {
    return this.read(region, at);
  }

  declare(name: string): string {
    return `char ${name}[${this.byteLength}]`;
  }
}

/**
 * `char[n]`: UTF-8 of at most n - 1 bytes, and NULs up to the end. The last byte is always NUL, so that `strlen` in C
 * ends within the field, also while it is being written. What is too long is a `RangeError`, never cut. Read from a copy;
 * what is no UTF-8 reads as replacement characters.
 */
export function text(n: number): Text {
  return new Text(checkInteger(n, 'n', 1, largest));
}
