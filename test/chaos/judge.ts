import type { Company, Death } from './company.js';
import {
  barrier,
  Data,
  dataOf,
  namedRwLock,
  objects,
  owned,
  Phase,
  Point,
  parties,
  placedRwLock,
  Slot,
  semaphore,
  semaphoreStart,
} from './layout.js';
import type { Stage } from './stage.js';
import type { Tally } from './tally.js';

/** At least and at most. */
type Range = readonly [number, number];
const nothing: Range = [0, 0];
const once: Range = [1, 1];
const perhaps: Range = [0, 1];

/** What the audit has found, when all had ended. */
export interface Audit {
  /** Deaths that the audit itself was told of, by object. */
  readonly reports: readonly number[];
  readonly semaphoreValue: number;
}

/** After a round: what the journals say against what is there. */
export function judge(stage: Stage, company: Company, audit: Audit, tally: Tally): void {
  const sum = (word: number) => {
    let total = 0;
    for (let slot = 0; slot < company.started; slot++) total += stage.ofSlot(slot, word);
    return total;
  };
  for (const object of owned) {
    const reports = sum(Slot.reports + object) + (audit.reports[object] ?? 0);
    tally.told += reports;
    const [least, most] = total(company.deaths, (death) => heldBy(stage, tally.points, death, object));
    const seen = `${objects[object]}: told ${reports} times of ${least} to ${most} deaths`;
    if (reports < least) tally.fault('unreported', seen);
    if (reports > most) tally.fault('phantom', seen);

    const value = stage.get(dataOf(object) + Data.value) - sum(Slot.added + object);
    const [lowest, highest] = total(company.deaths, (death) =>
      death.object === object && stage.ofSlot(death.member.slot, Slot.adding) !== 0 ? perhaps : nothing,
    );
    const counted = `${objects[object]}: ${value} more than the journals say, of 0 to ${highest}`;
    if (value < lowest) tally.fault('lost', counted);
    if (value > highest) tally.fault('duplicated', counted);
  }
  judgeSemaphore(company, audit, tally);
  judgeBarrier(company, sum, tally);
}

function total(deaths: readonly Death[], of: (death: Death) => Range): Range {
  return deaths.map(of).reduce<Range>((all, one) => [all[0] + one[0], all[1] + one[1]], nothing);
}

/** Deaths with the lock, less those that died with it when they had just been given the news of another. */
function heldBy(stage: Stage, points: readonly string[], death: Death, object: number): Range {
  if (death.object !== object) return nothing;
  const { phase, member } = death;
  if (phase === Phase.inside) return once;
  if (phase === Phase.idle || phase === Phase.reading) return nothing;
  if (phase === Phase.told || member.node) return perhaps;
  const since = points[stage.ofSlot(member.slot, Point.since)] as string;
  const died = stage.ofSlot(member.slot, Point.died) !== 0;
  if (phase === Phase.releasing)
    return since.includes('unlocked') || since.startsWith('bell') ? nothing : perhaps;
  if (object === namedRwLock || object === placedRwLock)
    return died && (since === 'rw.flagged' || since === 'rw.reading') ? nothing : perhaps;
  if (since === 'mutex.locked') return once;
  if (since === 'mutex.inherited') return nothing;
  if (!died) return perhaps;
  return since === 'condition.noted' ? once : nothing;
}

/** It has no owner: value + held by the living + held by the dead = what it began with. */
function judgeSemaphore(company: Company, audit: Audit, tally: Tally): void {
  const [least, most] = total(company.deaths, ({ object, phase }) => {
    if (object !== semaphore) return nothing;
    return phase === Phase.inside ? once : perhaps;
  });
  const gone = semaphoreStart - audit.semaphoreValue;
  const seen = `semaphore: ${gone} are gone, the dead had ${least} to ${most}`;
  if (gone > most) tally.fault('lost', seen);
  if (gone < least) tally.fault('duplicated', seen);
}

/** Each opening lets all others pass that had come. */
function judgeBarrier(company: Company, sum: (word: number) => number, tally: Tally): void {
  const opened = sum(Slot.opened);
  const passed = sum(Slot.passed);
  const told = sum(Slot.toldOfDeath);
  const died = company.deaths.filter((death) => death.member.role === 'barrier').length;
  const waiting = company.deaths.filter(
    ({ object, phase }) => object === barrier && phase === Phase.waiting,
  ).length;
  tally.openings += opened;
  const others = parties - 1;
  const seen = `barrier: ${passed} passed beside ${opened} who opened it, ${waiting} died while they waited`;
  if (passed > others * (opened + waiting)) tally.fault('duplicated', seen);
  if (passed + waiting + told < others * opened) tally.fault('lost', seen);
  if (sum(Slot.arrivals) < parties * opened) tally.fault('duplicated', `${seen}, too few had come`);
  if (told > 0 && died === 0) tally.fault('phantom', `barrier: told ${told} times of a death, and none died`);
}
