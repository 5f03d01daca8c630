import { audit } from './audit.js';
import { Company, type Death, type Member } from './company.js';
import { judge } from './judge.js';
import { Head, Point, Slot, State } from './layout.js';
import { LockStage } from './lock-stage.js';
import { type Plan, planOf, type Role } from './plan.js';
import type { Stage } from './stage.js';
import type { Tally } from './tally.js';

export interface Run {
  readonly seed: number;
  /** The victim in C++. */
  readonly program: string;
  readonly points: string[];
  /** How many of all victims are Node's. */
  readonly nodeShare: number;
  readonly tally: Tally;
  readonly prefix: `/${string}`;
  readonly ended: AbortSignal;
  onKill(): void;
}

const posts: readonly Role[] = ['work', 'work', 'work', 'work', 'work', 'barrier', 'barrier', 'barrier'];
const killsOfPost = 8;
/** Microseconds. */
const nap = 2000;
/** Milliseconds without any progress. */
const watchdog = 10_000;

/** Several processes on one set of objects: each post starts one after another and kills it; then all is counted. */
export async function round(run: Run, number: number): Promise<void> {
  const stage = new LockStage(`${run.prefix}-${number}` as `/${string}`);
  const company = new Company(stage, run.program, run.tally.loud);
  company.onDeath = (death) => {
    stampBarrier(stage, death);
    run.tally.death(stage, death.member);
    run.onKill();
  };
  try {
    const kept = await Promise.all(posts.map((role, post) => hold(run, stage, company, number, post, role)));
    if (run.ended.aborted) return;
    stage.stop();
    if (!(await company.ended(watchdog))) reportStuck(stage, company, run.tally, kept);
    await company.dismissed();
    const found = await audit(stage, company, run.tally);
    judge(stage, company, found, run.tally);
    run.tally.collect(stage, company.started);
    for (const failure of company.failures) run.tally.fault('corrupt', failure);
  } finally {
    await company.dismissed();
    stage.strike();
  }
}

/** One who died with the barrier open and had seen all resets: whoever comes from now on must hear of it. */
export function stampBarrier(stage: Stage, { member }: Death): void {
  if (member.role !== 'barrier' || stage.ofSlot(member.slot, Slot.state) < State.ready) return;
  const seen = stage.ofSlot(member.slot, Slot.resetsSeen);
  if (seen === stage.get(Head.resets)) stage.set(Head.deathStamp, seen + 1);
}

/** Gives the last one, which lives. */
async function hold(
  run: Run,
  stage: Stage,
  company: Company,
  round: number,
  post: number,
  role: Role,
): Promise<Member | undefined> {
  for (let turn = 0; !run.ended.aborted; turn++) {
    const number = (round * (killsOfPost + 1) + turn) * posts.length + post;
    const plan = planOf(run.seed, number, role, run.nodeShare, run.points);
    const isLast = turn === killsOfPost;
    const { node, focus, seed } = plan;
    const member = company.start({ node: node && !isLast, role, focus, seed }, (slot) => {
      if (!isLast) arm(stage, slot, plan);
    });
    if (isLast) return member;
    await live(stage, company, member, plan);
    company.kill(member);
    while (company.living.has(member.slot)) await sleep(1);
  }
  return undefined;
}

export type Arms = Pick<Plan, 'armed' | 'countdown' | 'napAt'>;

export function arm(stage: Stage, slot: number, plan: Arms, microseconds = nap): void {
  const record = stage.at(slot);
  stage.set(record + Point.armed, plan.armed);
  stage.set(record + Point.countdown, plan.countdown);
  stage.set(record + Point.napAt, plan.napAt);
  stage.set(record + Point.nap, microseconds);
}

export async function live(stage: Stage, company: Company, member: Member, plan: Plan): Promise<void> {
  const lives = () => company.living.has(member.slot);
  while (!plan.fromStart && lives() && stage.ofSlot(member.slot, Slot.state) < State.ready) await sleep(1);
  for (const end = performance.now() + plan.lifetime; lives() && performance.now() < end; )
    await sleep(Math.min(5, end - performance.now()));
}

export function reportStuck(
  stage: Stage,
  company: Company,
  tally: Tally,
  members: readonly (Member | undefined)[],
): void {
  for (const member of members) {
    if (member === undefined || !company.living.has(member.slot)) continue;
    const what = stage.describe(stage.ofSlot(member.slot, Slot.intent));
    const last = tally.points[stage.ofSlot(member.slot, Point.last)];
    tally.fault('stuck', `victim ${member.slot} (pid ${member.pid}) at ${what}, last point ${last}`);
  }
  if (tally.loud && members.length > 0) process.stderr.write(stage.dump());
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
