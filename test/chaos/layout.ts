/** The harness's memory in 32-bit words, as journal.h lays it out. */

export const slotsMost = 128;
const slotsStart = 128;
const slotWords = 256;
const dataStart = 64;
const dataWords = 8;
export const harnessBytes = 4 * (slotsStart + slotsMost * slotWords);

export const objects = [
  'named mutex',
  'placed mutex',
  'named read-write lock',
  'placed read-write lock',
  'queue',
  'semaphore',
  'memory',
  'barrier',
] as const;
export const namedMutex = 0;
export const placedMutex = 1;
export const namedRwLock = 2;
export const placedRwLock = 3;
export const queue = 4;
export const semaphore = 5;
export const memory = 6;
export const barrier = 7;
export const noObject = objects.length;
/** Those that tell of a death. */
export const owned = [namedMutex, placedMutex, namedRwLock, placedRwLock, queue] as const;

export const Phase = {
  idle: 0,
  acquiring: 1,
  told: 2,
  inside: 3,
  reading: 4,
  releasing: 5,
  waiting: 6,
} as const;
export const State = { starting: 1, ready: 2, quiet: 3, done: 4 } as const;

/** Words of the harness itself. */
export const Head = {
  stop: 0,
  resets: 1,
  deathStamp: 2,
  placedNext: 3,
  unreported: 4,
  duplicated: 5,
  lost: 6,
  corrupt: 7,
  torn: 8,
  disordered: 9,
  stuck: 10,
  phantom: 11,
} as const;

/** Words of what a lock protects. */
export const Data = { holder: 0, value: 1, twin: 2, consumed: 3 } as const;
export const dataOf = (object: number): number => dataStart + object * dataWords;

/** Words of a slot. */
export const Slot = {
  pid: 0,
  state: 1,
  intent: 2,
  adding: 3,
  operations: 4,
  gone: 5,
  resetsSeen: 6,
  arrivals: 7,
  opened: 8,
  passed: 9,
  toldOfDeath: 10,
  added: 16,
  reports: 24,
  point: 32,
} as const;
export const slotAt = (slot: number): number => slotsStart + slot * slotWords;

/** Words of the record of points, within a slot. */
export const Point = {
  last: Slot.point,
  since: Slot.point + 1,
  armed: Slot.point + 2,
  countdown: Slot.point + 3,
  died: Slot.point + 4,
  napAt: Slot.point + 5,
  nap: Slot.point + 6,
  followers: Slot.point + 8,
} as const;
export const recordOffset = (slot: number): number => 4 * (slotAt(slot) + Slot.point);

export const blockSize = 4096;
export const placedBlocks = 256;
export const parties = 3;
export const semaphoreStart = 40;
