import { randomBytes, randomInt } from 'node:crypto';

/** All POSIX names of this process begin so. Children are given their names, thus share the prefix. */
export const prefix = `pipc-${process.pid}-`;

const keys = new Set<number>();

export function uniqueName(): string {
  return `/${prefix}${randomBytes(6).toString('hex')}`;
}

export function uniqueKey(): number {
  const key = randomInt(1, 0x7fff_ffff);
  keys.add(key);
  return key;
}

export const isOurKey = (key: number): boolean => keys.has(key);
