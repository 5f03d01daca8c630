import { lastPeer, whereAndHow } from '../channel/last-peer.js';
import { beLateAt, untilQuiet } from '../channel/quiet.js';
import { Slot, State } from '../layout.js';
import { comesTo } from '../plan.js';
import { Random } from '../random.js';
import type { Run } from '../round.js';
import { kinds, rolesOf, type WideKind } from './layout.js';
import { onWide } from './round.js';

/** One reads until the writer is killed, and nobody comes in its place: it is told, after all that was sent. */
export async function lastWriters(run: Run, number: number): Promise<void> {
  for (let scene = 0; scene < 4 && !run.ended.aborted; scene++) {
    const random = new Random(run.seed, number, 7, scene);
    const kind = kinds[scene & 1] as WideKind;
    const { writer, reader } = rolesOf[kind];
    const steps = run.points.filter((point) => point.startsWith(kind) && comesTo(writer, point));
    const step = run.points.indexOf(random.pick(steps));
    const how = { waiter: `${reader}-to-the-end`, peer: writer, ...whereAndHow(run, random, step) };
    await onWide(run, `${number}e${scene}`, kind, (stage, company) =>
      lastPeer(run, stage, company, random, how),
    );
  }
}

/**
 * One sends so much and rests, another one, which is always a little late, reads until the last of it. Nobody ends or closes:
 * whoever misses what it waits for stays asleep.
 */
export async function quietNumbers(run: Run, number: number): Promise<void> {
  const random = new Random(run.seed, number, 8);
  const kind = random.pick(kinds);
  const { writer, reader } = rolesOf[kind];
  await onWide(run, `${number}r`, kind, async (stage, company) => {
    const call = (node: boolean, role: string) => ({ node, role, focus: '', seed: random.below(2 ** 31) });
    const point = random.pick(['bell.flagged', 'bell.looked']);
    const late = company.start(call(false, `${reader}-some`), (slot) => beLateAt(run, stage, slot, point));
    const there = () => stage.ofSlot(late.slot, Slot.state) >= State.ready;
    while (company.living.has(late.slot) && !there() && !run.ended.aborted)
      await new Promise((resolve) => setTimeout(resolve, 1));
    const other = company.start(call(random.below(100) < 100 * run.nodeShare, `${writer}-some`));
    await untilQuiet(run, stage, company, [late, other]);
  });
}
