import { Kind } from '../native.js';

/** Words of a header, as native/include/posix-ipc/channel.h lays them out; test/channel/layout.test.ts compares the two. */
export const magicWord = 0;
export const tailWord = 1024;
export const headWord = 1056;
export const filledSleepersWord = 1089;
export const emptiedSleepersWord = 1121;
export const writerWord = 1152;
export const readerWord = 1184;
/** Numbers of 64 bits: lib/channel/wide.ts. */
export const counterWord = 1216;
export const wideTailWord = 1216;
export const intentWord = 1248;
export const newestWord = 1280;

/** The first word of a finished segment: "PIPC". */
export const published = 0x43504950;

/** Bytes: where the messages begin, and what stands before each. */
export const dataStart = 8192;
export const recordHeader = 8;
export const messageHeader = 16;

export const leastCapacity = 4096;
export const mostCapacity = 2 ** 30;
export const mostValue = 2 ** 28;
export const cells = 4;

export const manyWriters = 1;
export const manyReaders = 2;

/** How often a writer may overtake a reader that copies, in one call. */
export const overtakings = 100_000;

/** Bytes that a message of `length` bytes takes. */
export function recordSize(length: number): number {
  return (length + 15) & ~7;
}

/** Bytes that a message of a broadcast takes. */
export function messageSize(length: number): number {
  return (length + messageHeader + 15) & ~15;
}

/** Half the ring with its header: the newest message of a broadcast is whole while the next is written. */
export function longestMessage(capacity: number): number {
  return capacity / 2 - messageHeader;
}

/** Bytes of one cell of a latest value. */
export function cellSize(size: number): number {
  return (size + recordHeader + 63) & ~63;
}

/** Bytes of address space; the data is there twice, but for a latest value. */
export function mappedSize(kind: Kind, capacity: number): number {
  return dataStart + (kind === Kind.latest ? cells * cellSize(capacity) : 2 * capacity);
}
