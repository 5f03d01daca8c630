/** Words of a channel's header, as native/include/posix-ipc/channel.h lays them out; test/channel/layout.test.ts compares the two. */
export const magicWord = 0;
export const tailWord = 1024;
export const headWord = 1056;
export const filledSleepersWord = 1089;
export const emptiedSleepersWord = 1121;
export const writerWord = 1152;
export const readerWord = 1184;

/** The first word of a finished segment: "PIPC". */
export const published = 0x43504950;

/** Bytes: where the messages begin, and what stands before each. */
export const dataStart = 8192;
export const recordHeader = 8;

export const leastCapacity = 4096;
export const mostCapacity = 2 ** 30;

export const manyWriters = 1;
export const manyReaders = 2;

/** Bytes that a message of `length` bytes takes. */
export function recordSize(length: number): number {
  return (length + 15) & ~7;
}

/** Bytes of address space; the data is there twice. */
export function mappedSize(capacity: number): number {
  return dataStart + 2 * capacity;
}
