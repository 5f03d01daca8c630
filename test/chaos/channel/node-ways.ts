import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.js';
import type { Side } from './side.js';

/** Messages of one who sends or receives so many. */
export const some = 40;

/** Milliseconds: mostly for ever. */
export const patience = (random: Random): number =>
  random.below(4) === 0 ? random.below(20) : Number.POSITIVE_INFINITY;

export async function linger(random: Random): Promise<void> {
  if (random.below(32) === 0) await sleep(random.below(3));
}

export async function restUntilStopped(side: Side<unknown>): Promise<void> {
  side.becomes('quiet');
  while (!side.victim.stopped) await sleep(2);
}
