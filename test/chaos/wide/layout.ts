/** The numbers of a latest value or a broadcast in 32-bit words, as wide/numbers.h lays them out. */
import { checksum } from '../channel/layout.js';

const numbersMost = 2 ** 19;
/** Of the value, or message, that is there before any victim comes. Numbers in the journal count from it. */
export const firstNumber = 2 ** 32 - 1000;
export const longest = 2032;
export const capacity = 4096;

export const Head = { sent: 0, begun: 1 } as const;
const senderStart = 64;
export const numbersBytes = 4 * (senderStart + 2 * numbersMost);
export const senderAt = (number: number): number => senderStart + number;
export const readAt = (number: number): number => senderStart + numbersMost + number;
/** Whether there is no more room for that many. */
export const isFull = (number: number, more: number): boolean => number + more >= numbersMost;

export const kinds = ['latest', 'broadcast'] as const;
export type WideKind = (typeof kinds)[number];
export const rolesOf = {
  latest: { writer: 'set', reader: 'get' },
  broadcast: { writer: 'announce', reader: 'hear' },
} as const;

const head = 12;

/** What is sent under that number, of at least 12 bytes. An id is that of an attempt: victim << 24 | how manyth. */
export function compose(message: Buffer, id: number, number: number): Buffer {
  message.writeInt32LE(id, 0);
  message.writeInt32LE(number, 8);
  message.writeInt32LE(checksum(id, message), 4);
  return message;
}

/** Undefined where it is damaged. */
export function parse(message: Buffer): { id: number; number: number } | undefined {
  if (message.length < head) return undefined;
  const id = message.readInt32LE(0);
  const number = message.readInt32LE(8);
  const whole = message.readInt32LE(4) === checksum(id, message) && number >= 0 && number < numbersMost;
  return whole ? { id, number } : undefined;
}
