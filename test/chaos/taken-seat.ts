import { Company, type Member } from './company.js';
import { barrier, Phase, Point, Slot } from './layout.js';
import { LockStage } from './lock-stage.js';
import { Random } from './random.js';
import { type Run, stampBarrier } from './round.js';

/** Microseconds that the new one is slow, when it has the seat of the dead one. */
const nap = 30_000;
/** Milliseconds. */
const patience = 5000;

/**
 * One comes to the barrier and is killed; a new one gets its seat and is slow; two others come meanwhile. With the dead
 * one they would be enough to pass: they must hear of the death instead, and note it themselves where they do not.
 */
export async function takenSeat(run: Run, number: number): Promise<void> {
  const stage = new LockStage(`${run.prefix}-${number}t` as `/${string}`);
  const company = new Company(stage, run.program, run.tally.loud);
  company.onDeath = (death) => {
    stampBarrier(stage, death);
    run.tally.death(stage, death.member);
    run.onKill();
  };
  const random = new Random(run.seed, number, 3);
  const until = async (condition: () => boolean, what: string) => {
    for (const end = Date.now() + patience; !condition() && !run.ended.aborted; ) {
      if (Date.now() > end) return run.tally.fault('stuck', what);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const start = (prepare?: (slot: number) => void) =>
    company.start({ node: false, role: 'barrier', focus: '', seed: random.below(2 ** 31) }, prepare);
  const has = (member: Member, word: number) => stage.ofSlot(member.slot, word);
  try {
    const dead = start();
    await until(() => has(dead, Slot.intent) === ((barrier << 8) | Phase.waiting), 'one who comes alone');
    company.kill(dead);
    await company.ended(patience);
    const seatLocked = run.points.indexOf('seat.locked');
    const next = start((slot) => {
      stage.set(stage.at(slot) + Point.napAt, seatLocked);
      stage.set(stage.at(slot) + Point.nap, nap);
    });
    await until(() => has(next, Point.last) >= seatLocked, 'one who takes the seat');
    const all = [start(), start(), next];
    const passed = () => all.every((member) => has(member, Slot.passed) + has(member, Slot.opened) > 0);
    await until(passed, 'three at a barrier');
    stage.stop();
    if (!(await company.ended(patience))) run.tally.fault('stuck', 'barrier: members do not end');
    run.tally.collect(stage, company.started);
    for (const failure of company.failures) run.tally.fault('corrupt', failure);
  } finally {
    await company.dismissed();
    stage.strike();
  }
}
