import { readFileSync } from 'node:fs';
import { Company } from './company.js';
import { Head, Point, parties, Slot, State } from './layout.js';
import { LockStage } from './lock-stage.js';
import { Random } from './random.js';
import type { Run } from './round.js';

/** Microseconds that one member is slow, when it has seen that another is dead. */
const nap = 6000;
/** Milliseconds. */
const patience = 5000;

/**
 * The members of a barrier, and one more, who is killed: they hear of it, and when one of them has reset the barrier they
 * pass it again. Nobody else dies, so it breaks once and no more, however late one of them is.
 */
export async function oneDeath(run: Run, number: number): Promise<void> {
  const stage = new LockStage(`${run.prefix}-${number}d` as `/${string}`);
  const company = new Company(stage, run.program, run.tally.loud);
  company.onDeath = ({ member }) => {
    run.tally.death(stage, member);
    run.onKill();
  };
  const random = new Random(run.seed, number, 2);
  const until = async (condition: () => boolean) => {
    const end = Date.now() + patience;
    while (!condition() && Date.now() < end && !run.ended.aborted) await sleep(2);
    return condition();
  };
  try {
    const call = (role: string) => ({ node: false, role, focus: '', seed: random.below(2 ** 31) });
    const members = Array.from({ length: parties }, (_, index) =>
      company.start(call('barrier'), (slot) => {
        if (index > 0) return;
        stage.set(stage.at(slot) + Point.napAt, run.points.indexOf('barrier.deserted'));
        stage.set(stage.at(slot) + Point.nap, nap);
      }),
    );
    const other = company.start(call('hostage'));
    const passed = () =>
      members.map(({ slot }) => stage.ofSlot(slot, Slot.passed) + stage.ofSlot(slot, Slot.opened));
    const allPassMore = (than: number[]) =>
      until(() => passed().every((count, index) => count > (than[index] ?? 0)));
    const ready = await until(() => stage.ofSlot(other.slot, Slot.state) === State.quiet);
    if (!ready || !(await allPassMore(passed()))) run.tally.fault('stuck', `barrier: passed ${passed()}`);
    company.kill(other);
    if (!(await until(() => stage.get(Head.resets) > 0)) && !run.ended.aborted)
      run.tally.fault('unreported', 'barrier: nobody heard of a death');
    await sleep(20);
    if (!(await allPassMore(passed())))
      run.tally.fault('stuck', `barrier after its reset: passed ${passed()}`);
    stage.stop();
    if (!(await company.ended(patience))) run.tally.fault('stuck', 'barrier: members do not end');
    const lives = resetsOf(stage);
    if (lives > 1) run.tally.fault('phantom', `barrier: broken ${lives} times by one death`);
    run.tally.collect(stage, company.started);
    for (const failure of company.failures) run.tally.fault('corrupt', failure);
  } finally {
    await company.dismissed();
    stage.strike();
  }
}

/** Bits 24 to 30 of the state word, native/core/sync/barrier.cc. */
const resetsOf = (stage: LockStage) =>
  (readFileSync(`/dev/shm${stage.prefix}-b`).readUInt32LE(16) >>> 24) & 127;

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
