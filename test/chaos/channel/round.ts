import { Company, type Member } from '../company.js';
import { planOf, type Role } from '../plan.js';
import { Random } from '../random.js';
import { arm, live, type Run, reportStuck } from '../round.js';
import type { Stage } from '../stage.js';
import type { Tally } from '../tally.js';
import { auditChannel } from './audit.js';
import type { End } from './layout.js';
import { ChannelStage, type Ends } from './stage.js';

const killsOfPost = 7;
const postsOfMany = 3;
/** Milliseconds without any progress. */
const watchdog = 10_000;

const kinds = ['one', 'many'] as const;
export const endsOf = (number: number): Ends => ({
  writers: kinds[number & 1] as Ends['writers'],
  readers: kinds[(number >> 1) & 1] as Ends['readers'],
});

export function onChannel(
  run: Run,
  name: string,
  ends: Ends,
  scene: (stage: ChannelStage, company: Company) => Promise<void>,
): Promise<void> {
  return onStage(run, new ChannelStage(`${run.prefix}-${name}`, ends), auditChannel, scene);
}

/** A company on the stage, and what is to be done whatever happens between; then it is judged. */
export async function onStage<Kind extends Stage>(
  run: Run,
  stage: Kind,
  audit: (stage: Kind, company: Company, tally: Tally) => Promise<void>,
  scene: (stage: Kind, company: Company) => Promise<void>,
): Promise<void> {
  const company = new Company(stage, run.program, run.tally.loud);
  company.onDeath = ({ member }) => {
    run.tally.death(stage, member);
    run.onKill();
  };
  try {
    await scene(stage, company);
    await company.dismissed();
    if (run.ended.aborted) return;
    await audit(stage, company, run.tally);
    run.tally.collect(stage, company.started);
    for (const failure of company.failures) run.tally.fault('corrupt', failure);
  } finally {
    await company.dismissed();
    stage.strike();
  }
}

/** Writers and readers on one channel: each post starts one after another and kills it. */
export async function channelRound(run: Run, number: number): Promise<void> {
  const ends = endsOf(number);
  const posts: End[] = [
    ...Array.from({ length: ends.writers === 'many' ? postsOfMany : 1 }, () => 'write' as const),
    ...Array.from({ length: ends.readers === 'many' ? postsOfMany : 1 }, () => 'read' as const),
  ];
  await onChannel(run, `${number}k`, ends, (stage, company) => holdAll(run, stage, company, number, posts));
}

/** Each post starts one after another and kills it, until all are told to stop. */
export async function holdAll(
  run: Run,
  stage: Stage,
  company: Company,
  number: number,
  posts: readonly Role[],
): Promise<void> {
  const kept = await Promise.all(posts.map((role, post) => hold(run, stage, company, number, post, role)));
  if (run.ended.aborted) return;
  stage.stop();
  if (!(await company.ended(watchdog))) reportStuck(stage, company, run.tally, kept);
}

/** Gives the last one, which lives. Of those before each is dead when the next one comes: its seat is free. */
async function hold(
  run: Run,
  stage: Stage,
  company: Company,
  round: number,
  post: number,
  role: Role,
): Promise<Member | undefined> {
  for (let turn = 0; !run.ended.aborted; turn++) {
    const number = (round * (killsOfPost + 1) + turn) * 2 * postsOfMany + post;
    const plan = planOf(run.seed, number, role, run.nodeShare, run.points);
    const isLast = turn === killsOfPost;
    const node = isLast ? new Random(run.seed, number, 4).below(2) === 0 && run.nodeShare > 0 : plan.node;
    const call = { node, role, focus: plan.focus, seed: plan.seed };
    const member = company.start(call, (slot) => {
      if (!isLast) arm(stage, slot, plan);
    });
    if (isLast) return member;
    await live(stage, company, member, plan);
    company.kill(member);
    while (company.living.has(member.slot)) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return undefined;
}
