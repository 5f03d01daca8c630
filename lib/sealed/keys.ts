import type { KeyObject } from 'node:crypto';
import { argumentError, rangeError } from '../errors.js';
import { checkInteger, checkOptions, show } from '../options.js';
import { greatestKeyId } from './layout.js';

/** 32 random bytes, or a secret `KeyObject` of them. They are copied: a buffer may be overwritten afterwards. */
export type SealingKey = NodeJS.ArrayBufferView | KeyObject;

/** Keys by number. */
export interface SealingKeys {
  /** All that open. The numbers, 0 to 16,777,215, are readable in the messages; one number means one key for ever. */
  keys: Readonly<Record<number, SealingKey>>;
  /** The number of the one that seals. */
  current: number;
}

export interface KeyRing {
  readonly keys: ReadonlyMap<number, KeyObject>;
  readonly current: number;
}

/** Loaded at the first use, so that importing the package costs nothing of it. */
export const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

const keyLength = 32;
const singleKey = 0;

export function keyRing(given: SealingKey | SealingKeys): KeyRing {
  if (ArrayBuffer.isView(given) || given instanceof crypto().KeyObject) {
    return { keys: new Map([[singleKey, secret(given, 'key')]]), current: singleKey };
  }
  return numberedKeys(given);
}

export function numberedKeys(given: SealingKeys): KeyRing {
  const { keys: records, current } = checkOptions(required(given), ['keys', 'current']);
  if (typeof records !== 'object' || records === null || ArrayBuffer.isView(records)) {
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`keys\`: expected keys by number, got ${show(records)}`);
  }
  const keys = new Map(
    Object.entries(records).map(([id, key]) => [keyId(id), secret(key, `keys[${id}]`)] as const),
  );
  checkInteger(current, 'current', 0, greatestKeyId);
  if (!keys.has(current as number)) {
    throw argumentError('ERR_INVALID_ARG_VALUE', `\`current\`: expected the number of a key, got ${current}`);
  }
  return { keys, current: current as number };
}

/** Under a number that stays, messages are remembered as seen: another key there would be mistaken for the old one. */
export function checkSuccession(before: KeyRing, after: KeyRing): void {
  for (const [id, key] of after.keys) {
    if (before.keys.get(id)?.equals(key) === false) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `\`keys[${id}]\`: expected the same key as before under ${id}`,
      );
    }
  }
}

function required(given: unknown): SealingKeys {
  if (typeof given === 'object' && given !== null) return given as SealingKeys;
  const expected = 'expected 32 bytes, a KeyObject or { keys, current }';
  // Whatever it is, it may be a secret: its type is all that is shown.
  throw argumentError('ERR_INVALID_ARG_TYPE', `\`key\`: ${expected}, got a value of type ${typeof given}`);
}

function keyId(text: string): number {
  const id = Number(text);
  if (Number.isInteger(id) && id >= 0 && id <= greatestKeyId && String(id) === text) return id;
  throw rangeError(
    `\`keys\`: expected numbers from 0 to ${greatestKeyId} as names of keys, got ${show(text)}`,
  );
}

function secret(key: SealingKey, name: string): KeyObject {
  const { createSecretKey, KeyObject } = crypto();
  if (!(key instanceof KeyObject || ArrayBuffer.isView(key))) {
    const expected = `expected ${keyLength} bytes or a secret KeyObject`;
    throw argumentError(
      'ERR_INVALID_ARG_TYPE',
      `\`${name}\`: ${expected}, got a value of type ${typeof key}`,
    );
  }
  const length = key instanceof KeyObject ? key.symmetricKeySize : key.byteLength;
  if (length !== keyLength) {
    const got = length === undefined ? 'a key that is not secret' : `${length} bytes`;
    throw argumentError('ERR_INVALID_ARG_VALUE', `\`${name}\`: expected ${keyLength} bytes, got ${got}`);
  }
  return key instanceof KeyObject ? key : createSecretKey(key);
}
