/** The journal of a channel in 32-bit words, as channel/journal.h lays it out. */

export const slotsMost = 128;
export const numbersMost = 8192;
export const unreleasedMost = 64;
/** A message too short to carry a number. */
export const crumb = -1;
export const capacity = 4096;

const recordsStart = 64;
const recordWords = 128;
const givenStart = 4 * (recordsStart + slotsMost * recordWords);
export const journalBytes = givenStart + slotsMost * numbersMost;

export const Phase = {
  idle: 0,
  moving: 1,
  sending: 2,
  receiving: 3,
  taking: 4,
  draining: 5,
  visiting: 6,
  leasing: 7,
  releasing: 8,
} as const;
export const phases = Object.keys(Phase);

export const Role = { write: 1, read: 2 } as const;
export type End = keyof typeof Role;
export const otherEnd = (end: End): End => (end === 'write' ? 'read' : 'write');

export const Head = { foreign: 2, last: 3 } as const;
export const cameOf = (end: End): number => Role[end] - 1;

/** Words of one victim's record. */
export const Record = {
  sitting: 0,
  sent: 1,
  until: 2,
  crumbsSent: 3,
  crumbsUntil: 4,
  given: 5,
  crumbsGiven: 6,
  unreleasedCount: 7,
  deserted: 8,
  told: 9,
  role: 11,
  first: 12,
  unreleased: 64,
} as const;
export const recordAt = (slot: number): number => recordsStart + slot * recordWords;

/** The byte that counts how often a message was given to a reader. */
export const givenAt = (id: number): number => givenStart + (id >> 16) * numbersMost + (id & 0xffff);

/** 32 bits that depend on the length and every byte after the first eight, which hold the id and this sum. */
export function checksum(id: number, message: Uint8Array): number {
  let hash = Math.imul(2166136261 ^ id, 16777619) ^ message.length;
  for (let at = 8; at < message.length; at++) hash = Math.imul(hash ^ (message[at] as number), 16777619);
  return hash;
}
