import { readFileSync } from 'node:fs';
import type { Company, Member } from '../company.js';
import { Point, Slot, State } from '../layout.js';
import { Random } from '../random.js';
import { type Arms, arm, type Run, reportStuck } from '../round.js';
import { type End, otherEnd, Record } from './layout.js';
import { endsOf, onChannel } from './round.js';
import type { Ends, JournalStage } from './stage.js';
import { type Place, places, placesHere } from './within.js';

/** Microseconds between the look of one who waits and its judgement: enough for another one to come, commit and die. */
const nap = 10_000;
/** Milliseconds until one must have been told. */
const patience = 5000;
const pageSize = 4096;

/** One who waits until the other has gone. */
export interface Scene {
  /** Their roles. */
  readonly waiter: string;
  readonly peer: string;
  /** Where the one who waits lives, and its peer. */
  readonly here: Place;
  readonly there: Place;
  readonly nodeShare: number;
  readonly plans: { readonly waiter: Arms; readonly peer: Arms };
}
interface ChannelScene extends Scene {
  readonly ends: Ends;
}
const rolesAt = (end: End) => ({ waiter: `${end}-to-the-end`, peer: otherEnd(end) });
const unarmed: Arms = { armed: 0, countdown: 0, napAt: 0 };

/** One waits for another, who is killed, and nobody comes in its place: it is told, after all that was sent. */
export async function lastPeers(run: Run, number: number): Promise<void> {
  for (let scene = 0; scene < 6 && !run.ended.aborted; scene++) {
    const random = new Random(run.seed, number, 5, scene);
    const end = (scene & 1) === 0 ? 'read' : 'write';
    const how = scene < 2 ? betweenLooks(run, end) : anyDeath(run, end, random);
    await onChannel(run, `${number}l${scene}`, how.ends, (stage, company) =>
      lastPeer(run, stage, company, random, how),
    );
  }
}

/** The peer comes, commits, and dies, all after the look of the one who waits, and before its judgement. */
function betweenLooks(run: Run, end: End): ChannelScene {
  const point = (name: string) => run.points.indexOf(name);
  const commit = point(end === 'read' ? 'ring.published' : 'ring.advanced');
  return {
    ...rolesAt(end),
    ends: { writers: 'many', readers: 'many' },
    here: 'here',
    there: 'here',
    nodeShare: 0,
    plans: {
      peer: { ...unarmed, armed: commit, countdown: 1 },
      waiter: { ...unarmed, napAt: point('mutex.unlocked') },
    },
  };
}

function anyDeath(run: Run, end: End, random: Random): ChannelScene {
  const commit = run.points.indexOf(end === 'read' ? 'ring.published' : 'ring.advanced');
  return {
    ends: endsOf(random.below(4)),
    ...rolesAt(end),
    ...whereAndHow(run, random, commit),
  };
}

export function whereAndHow(
  run: Run,
  random: Random,
  step: number,
): Pick<Scene, 'here' | 'there' | 'nodeShare' | 'plans'> {
  const all = placesHere();
  // Half of them where most live.
  const place = () => (random.below(2) === 0 ? 'here' : random.pick(all));
  const deserted = run.points.indexOf('ring.deserted');
  const [here, there] = [place(), place()];
  const dies = random.below(3) === 0;
  return {
    here,
    there,
    nodeShare: run.nodeShare,
    plans: {
      peer: dies ? { ...unarmed, armed: step, countdown: 1 + random.below(30) } : unarmed,
      waiter: random.below(4) === 0 ? { ...unarmed, armed: deserted, countdown: 1 } : unarmed,
    },
  };
}

export async function lastPeer(
  run: Run,
  stage: JournalStage,
  company: Company,
  random: Random,
  scene: Scene,
): Promise<void> {
  const { here, there, plans } = scene;
  if (here !== 'here' || there !== 'here') stage.mark('foreign');
  stage.mark('last');
  const call = (role: string, place: Place) => {
    const within = places[place];
    const node = random.below(100) < 100 * scene.nodeShare;
    const who = { node, role, focus: 'steady', seed: random.below(2 ** 31) };
    return within === undefined ? who : { ...who, within };
  };
  const until = async (condition: () => boolean) => {
    for (const limit = Date.now() + patience; !condition() && Date.now() < limit; ) {
      if (run.ended.aborted) return true;
      await sleep(1);
    }
    return condition();
  };
  const waiter = company.start(call(scene.waiter, here), (slot) => arm(stage, slot, plans.waiter, nap));
  const sleeps = () => stage.ofSlot(waiter.slot, Point.last) === run.points.indexOf('bell.looked');
  if (plans.waiter.napAt !== 0) await until(sleeps);
  const peer = company.start(call(scene.peer, there), (slot) => arm(stage, slot, plans.peer));
  const state = ({ slot }: Member) => stage.ofSlot(slot, Slot.state);
  const lives = (member: Member) => company.living.has(member.slot);
  const came = () => [peer, waiter].every((member) => !lives(member) || state(member) >= State.ready);
  if (!(await until(came))) reportStuck(stage, company, run.tally, [peer, waiter]);
  await sleep(random.below(8) === 0 ? 250 : random.below(25));
  const moment = lives(peer) ? await kill(company, peer) : undefined;
  const told = () => !lives(waiter) || state(waiter) === State.quiet;
  if (!(await until(told))) {
    run.tally.fault('unreported', `${scene.waiter}, ${here}, of a death, ${there}`);
    reportStuck(stage, company, run.tally, [waiter]);
  }
  if (run.ended.aborted) return;
  if (moment !== undefined && lives(waiter))
    noteDelay(run, stage, waiter, { ...moment, hears: !deaf.includes(here) });
  if (lives(waiter)) company.kill(waiter);
  await company.ended(patience);
}

interface Moment {
  readonly nanoseconds: bigint;
  readonly resident: number;
}

/** Places where no file can be watched. */
const deaf: readonly Place[] = ['no inotify instance', 'no /proc'];

/** When, and how many MiB it had. */
async function kill(company: Company, peer: Member): Promise<Moment> {
  let resident = 0;
  try {
    const pages = readFileSync(`/proc/${company.pidOf(peer)}/statm`, 'utf8').split(' ')[1];
    resident = (Number(pages) * pageSize) / 2 ** 20;
  } catch {
    // It has just ended.
  }
  const nanoseconds = process.hrtime.bigint();
  company.kill(peer);
  return { nanoseconds, resident };
}

function noteDelay(run: Run, stage: JournalStage, waiter: Member, moment: Moment & { hears: boolean }): void {
  // One that is slow on purpose says nothing.
  if (stage.ofSlot(waiter.slot, Point.napAt) !== 0) return;
  const low = BigInt(stage.ofRecord(waiter.slot, Record.told) >>> 0);
  const high = BigInt(stage.ofRecord(waiter.slot, Record.told + 1));
  const milliseconds = Number((high << 32n) + low - moment.nanoseconds) / 1e6;
  // It had died before.
  if (milliseconds < 0) return;
  run.tally.delays.push({ milliseconds, resident: moment.resident, hears: moment.hears });
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
