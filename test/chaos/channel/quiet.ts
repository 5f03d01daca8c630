import type { Company, Member } from '../company.js';
import { Slot, State } from '../layout.js';
import { Random } from '../random.js';
import { type Arms, arm, type Run, reportStuck } from '../round.js';
import type { Stage } from '../stage.js';
import { otherEnd } from './layout.js';
import { endsOf, onChannel } from './round.js';

/** Microseconds that one of the two is slow, when it is about to sleep. */
const nap = 3000;
/** Milliseconds until both must have got on. */
const watchdog = 5000;

export function beLateAt(run: Run, stage: Stage, slot: number, point: string): void {
  const arms: Arms = { armed: 0, countdown: 0, napAt: run.points.indexOf(point) };
  arm(stage, slot, arms, nap);
}

/**
 * One sends so many messages, another one receives so many, and one of the two is always a little late. Nobody ends or
 * closes: whoever misses what it waits for stays asleep.
 */
export async function quietChannel(run: Run, number: number): Promise<void> {
  const random = new Random(run.seed, number, 6);
  const late = random.pick(['read', 'write'] as const);
  await onChannel(run, `${number}s`, endsOf(random.below(4)), async (stage, company) => {
    const start = (end: string, node: boolean, napAt: string | undefined) =>
      company.start({ node, role: `${end}-some`, focus: '', seed: random.below(2 ** 31) }, (slot) => {
        if (napAt !== undefined) beLateAt(run, stage, slot, napAt);
      });
    const point = random.pick(['bell.flagged', 'bell.looked', 'mutex.waiting', 'mutex.unlocked']);
    const members = [
      start(late, false, point),
      start(otherEnd(late), random.below(100) < 100 * run.nodeShare, undefined),
    ];
    await untilQuiet(run, stage, company, members);
  });
}

/** Until all have done what they came for; then they are killed. */
export async function untilQuiet(
  run: Run,
  stage: Stage,
  company: Company,
  members: readonly Member[],
): Promise<void> {
  const quiet = ({ slot }: Member) => stage.ofSlot(slot, Slot.state) === State.quiet;
  for (const end = Date.now() + watchdog; !members.every(quiet) && Date.now() < end; ) {
    if (run.ended.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  reportStuck(
    stage,
    company,
    run.tally,
    members.filter((member) => !quiet(member)),
  );
  for (const member of members) company.kill(member);
  await company.ended(watchdog);
}
