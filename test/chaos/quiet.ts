import { Company, type Member } from './company.js';
import { Point, Slot, State } from './layout.js';
import { LockStage } from './lock-stage.js';
import { Random } from './random.js';
import { type Run, reportStuck } from './round.js';

const kinds = ['mutex', 'write', 'read'] as const;
/** Microseconds that the one who waits is slow, after it has told that it does. */
const nap = 15_000;
/** Milliseconds until the one who waits must have been served. */
const watchdog = 5000;

/**
 * One passes a lock on, again and again, another one waits for it and is always a little late; then the first does nothing
 * more. Whoever misses the last of it stays asleep: nobody ends, closes or rings any more.
 */
export async function quietScenes(run: Run, number: number): Promise<void> {
  await Promise.all(kinds.map((_, kind) => quietScene(run, number * kinds.length + kind)));
}

async function quietScene(run: Run, number: number): Promise<void> {
  const stage = new LockStage(`${run.prefix}-${number}q` as `/${string}`);
  const company = new Company(stage, run.program, run.tally.loud);
  company.onDeath = ({ member }) => {
    run.tally.death(stage, member);
    run.onKill();
  };
  const random = new Random(run.seed, number, 1);
  const focus = kinds[number % kinds.length] as string;
  try {
    const members = ['pass', 'wait'].map((role) =>
      company.start({ node: false, role, focus, seed: random.below(2 ** 31) }, (slot) => {
        if (role !== 'wait') return;
        stage.set(stage.at(slot) + Point.napAt, run.points.indexOf('mutex.waiting'));
        stage.set(stage.at(slot) + Point.nap, nap);
      }),
    );
    const passer = members.slice(0, 1);
    const quiet = (those: Member[]) =>
      those.every((member) => stage.ofSlot(member.slot, Slot.state) === State.quiet);
    const isQuiet = async (those: Member[]) => {
      for (const end = Date.now() + watchdog; !run.ended.aborted && Date.now() < end; ) {
        if (quiet(those)) return true;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return run.ended.aborted;
    };
    if (!(await isQuiet(passer)) || !(await isQuiet(members)))
      reportStuck(
        stage,
        company,
        run.tally,
        members.filter((member) => !quiet([member])),
      );
    if (run.ended.aborted) return;
    for (const member of members) company.kill(member);
    await company.dismissed();
    run.tally.collect(stage, company.started);
    for (const failure of company.failures) run.tally.fault('corrupt', failure);
  } finally {
    await company.dismissed();
    stage.strike();
  }
}
