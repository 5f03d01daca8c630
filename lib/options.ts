import { argumentError, rangeError } from './errors.js';

/** Bytes to write or send: a string is UTF-8. */
export type Data = string | NodeJS.ArrayBufferView;

/** How long a blocking call waits. */
export interface WaitOptions {
  /** Milliseconds, fractions allowed; 0 tries once; `undefined` and `Infinity` wait for ever. Then `ETIMEDOUT`. */
  timeout?: number | undefined;
}

/** Whose objects `open` trusts: by default the caller's own and root's. */
export interface OwnerOption {
  /** `'self'`: the effective user only; a user id: that one only; `'any'`: everybody. Otherwise `EPERM`. */
  owner?: 'any' | 'self' | number | undefined;
}

/** The options, or none; a name that is not among `known` is refused with the nearest one that is. */
export function checkOptions<T extends object>(
  options: T | undefined,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw argumentError('ERR_INVALID_ARG_TYPE', `options: expected an object, got ${show(options)}`);
  }
  for (const name in options) {
    if (!(known as readonly string[]).includes(name)) throw unknownOption(name, known);
  }
  return options;
}

export function checkInteger(
  value: unknown,
  name: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== 'number') {
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`${name}\`: expected a number, got ${show(value)}`);
  }
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw rangeError(`\`${name}\`: expected an integer from ${least} to ${most}, got ${show(value)}`);
  }
  return value;
}

export function checkBoolean(value: unknown, name: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value !== 'boolean') {
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`${name}\`: expected a boolean, got ${show(value)}`);
  }
  return value;
}

export function checkOneOf<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  if (typeof value === 'string' && (choices as readonly string[]).includes(value)) return value as T;
  const code = typeof value === 'string' ? 'ERR_INVALID_ARG_VALUE' : 'ERR_INVALID_ARG_TYPE';
  const list = choices.map((choice) => `'${choice}'`).join(', ');
  throw argumentError(code, `\`${name}\`: expected one of ${list}, got ${show(value)}`);
}

/** Permission bits; only the nine of chmod(2). The process's umask is taken off by the kernel. */
export function checkMode(value: unknown): number {
  return value === undefined ? 0o600 : checkInteger(value, 'mode', 0, 0o777);
}

/** The rule of native/core/owner.h: -1 anybody, -2 own or root, else the one user id. */
export function checkOwner(value: unknown): number {
  if (value === undefined) return -2;
  if (value === 'any') return -1;
  if (value === 'self') return process.geteuid?.() ?? 0;
  if (typeof value === 'number') return checkInteger(value, 'owner', 0, 2 ** 32 - 2);
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `\`owner\`: expected 'any', 'self' or a user id, got ${show(value)}`,
  );
}

/** Milliseconds, `Infinity` for ever. */
export function checkTimeout(value: unknown): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (typeof value !== 'number') {
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`timeout\`: expected milliseconds, got ${show(value)}`);
  }
  if (!(value >= 0)) throw rangeError(`\`timeout\`: expected 0 or more milliseconds, got ${value}`);
  return value;
}

export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw argumentError('ERR_INVALID_ARG_TYPE', `\`signal\`: expected an AbortSignal, got ${show(value)}`);
}

const waitOptions = ['timeout'] as const;

export function checkWait(options: WaitOptions | undefined): number {
  if (options === undefined) return Number.POSITIVE_INFINITY;
  return checkTimeout(checkOptions(options, waitOptions).timeout);
}

/** The bytes of `data` themselves, not a copy; a string's in UTF-8. */
export function bytesOf(data: Data, name = 'data'): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data === 'string') return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw argumentError(
    'ERR_INVALID_ARG_TYPE',
    `\`${name}\`: expected a string or an ArrayBufferView, got ${show(data)}`,
  );
}

/** The bytes of a buffer that is received into. */
export function targetOf(buffer: NodeJS.ArrayBufferView): Uint8Array {
  if (typeof buffer === 'string') {
    throw argumentError('ERR_INVALID_ARG_TYPE', '`buffer`: expected an ArrayBufferView, got a string');
  }
  return bytesOf(buffer, 'buffer');
}

/** A value as an error message shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

function unknownOption(name: string, known: readonly string[]): TypeError {
  const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b))[0];
  const advice =
    nearest === undefined
      ? 'this call takes none'
      : distance(name, nearest) <= Math.max(2, nearest.length / 2)
        ? `did you mean \`${nearest}\`?`
        : `the options are ${known.map((option) => `\`${option}\``).join(', ')}`;
  return argumentError('ERR_INVALID_ARG_VALUE', `unknown option \`${name}\`: ${advice}`);
}

/** Levenshtein's, a row at a time. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const substituted = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
