/*
 * An item, in every mechanism the same bytes:
 *
 *     0        4        8                 16
 *     +--------+--------+-----------------+------------------------ - - -+
 *     | number | length | sent            | Message-<number> | filler     |
 *     +--------+--------+-----------------+------------------------ - - -+
 *
 * `length` is that of the text; `sent` is nanoseconds of the monotonic clock, which all processes of a
 * machine share; the filler repeats the low byte of the number.
 */
const headerSize = 16;

/** So that the text of the largest number fits. */
export const minimumSize = 40;

export interface Item {
  number: number;
  sent: bigint;
  text: string;
}

export function writeItem(into: Buffer, number: number, sent: bigint): void {
  const length = into.write(`Message-${number}`, headerSize);
  into.writeUInt32LE(number, 0);
  into.writeUInt32LE(length, 4);
  into.writeBigUInt64LE(sent, 8);
  into.fill(number & 0xff, headerSize + length);
}

export function readItem(bytes: Buffer): Item {
  const length = bytes.readUInt32LE(4);
  return {
    number: bytes.readUInt32LE(0),
    sent: bytes.readBigUInt64LE(8),
    text: bytes.toString('utf8', headerSize, headerSize + length),
  };
}
