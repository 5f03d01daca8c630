/** Words of a lock's block, as native/core/segment/layout.h lays them out; test/segment/layout.test.ts compares the two. */
export const magicWord = 0;
export const ownerWord = 4;
export const partiesWord = 5;
const seatsWord = 16;
const wordsOfSeat = 4;

/** The first word of a finished block: "PIPC". */
export const published = 0x43504950;

const seatShift = 20;

export const blockLength = 4096;
export const blockAlignment = 64;

/** Where the seat of this owner word keeps the flag of its reader. */
export function shareWord(mine: number): number {
  return seatsWord + ((mine >> seatShift) - 1) * wordsOfSeat + 1;
}

/** What stands there while it reads: the epoch of its seat. */
export function shareOf(mine: number): number {
  return (1 << 31) | (mine & ((1 << seatShift) - 1));
}

/** In the place of the block of a lock that is closed: nobody's, and never free. */
export const closedBlock: Int32Array = new Int32Array(blockLength / 4).fill(-1);
