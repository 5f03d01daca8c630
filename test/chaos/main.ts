import { execFileSync } from 'node:child_process';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { lastPeers } from './channel/last-peer.js';
import { quietChannel } from './channel/quiet.js';
import { channelRound } from './channel/round.js';
import { placesHere } from './channel/within.js';
import { oneDeath } from './one-death.js';
import { comesTo, type Role } from './plan.js';
import { quietScenes } from './quiet.js';
import { type Run, round } from './round.js';
import { takenSeat } from './taken-seat.js';
import { Tally } from './tally.js';
import { wideRound } from './wide/round.js';
import { lastWriters, quietNumbers } from './wide/scenes.js';

/** What each kind of objects goes through at once, and the roles that its victims have. */
const kinds = {
  locks: { scenes: [round, quietScenes, oneDeath, takenSeat], roles: ['work', 'barrier'] },
  channel: { scenes: [channelRound, lastPeers, quietChannel], roles: ['write', 'read'] },
  wide: { scenes: [wideRound, lastWriters, quietNumbers], roles: ['set', 'get', 'announce', 'hear'] },
} satisfies Record<string, { scenes: ((run: Run, number: number) => Promise<void>)[]; roles: Role[] }>;
type Kind = keyof typeof kinds;

interface Options {
  kills: number;
  seed: number;
  node: number;
  only?: Kind;
}

/** Kills between each two points that a full run must have. */
const enough = 20;

const { kills, seed, node, only } = new Command('chaos')
  .description('Processes that use the same objects while others of them are killed at every step.')
  .option('--kills <number>', 'how many are killed', positiveInteger, 1000)
  .option('--seed <number>', 'replays the schedule of a run', positiveInteger, 1 + (Date.now() % 1_000_000))
  .option('--node <percent>', 'how many of them run Node', percent, 36)
  .addOption(
    new Option('--only <kind>', 'what is used: the kills are shared out').choices(Object.keys(kinds)),
  )
  .option('--broken', 'builds mistakes in, one after another: each must be found')
  .addHelpText(
    'after',
    `
Examples:
  npm run chaos                             1000 kills
  npm run chaos -- --kills 10000            a full run: some ten minutes
  npm run chaos -- --only channel           processes that write and read messages, and no locks
  npm run chaos -- --only wide              one that writes and others that read a latest value, and a broadcast
  npm run chaos -- --seed 4711              the schedule of the run that printed this seed
  npm run chaos -- --broken                 whether chaos finds the mistakes that are made on purpose`,
  )
  .parse()
  .opts<Options>();

// Both are set by scripts/chaos.cjs.
const { CHAOS_VICTIMS: folder = '', CHAOS_MISTAKES: mistakes = '' } = process.env;
const points = execFileSync(`${folder}/none/victim`, ['--points'], { encoding: 'utf8' }).trim().split('\n');
const used = only === undefined ? (Object.keys(kinds) as Kind[]) : [only];
const passed = (point: string) => used.some((kind) => kinds[kind].roles.some((role) => comesTo(role, point)));
const prefix = `/pipc-${process.pid}-chaos` as const;
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
  process.on(signal, () => interrupt.abort());

if (mistakes === '') await findNothing();
else for (const mistake of mistakes.split(' ')) await findMistake(mistake);
if (interrupt.signal.aborted) {
  console.log('interrupted');
  process.exitCode = 130;
}

/** Rounds, until as many were killed as shall be, or there are faults and that is enough. */
async function campaign(mistake: string, loud: boolean): Promise<Tally> {
  const tally = new Tally(points, loud);
  const format = 'chaos {bar} {value} of {total} kills | {eta} s left';
  const progress = new SingleBar({
    format,
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
  });
  const run: Run = {
    seed,
    program: `${folder}/${mistake}/victim`,
    points,
    nodeShare: node / 100,
    tally,
    prefix,
    ended: interrupt.signal,
    onKill: () => progress.increment(),
  };
  const over = () => interrupt.signal.aborted || tally.kills >= kills || (!loud && tally.faults > 0);
  const killed = new Map<Kind, number>(used.map((kind) => [kind, 0]));
  progress.start(kills, 0);
  for (let number = 0; !over(); number++) {
    const [kind, before] = [...killed].reduce((least, each) => (each[1] < least[1] ? each : least));
    const start = tally.kills;
    await Promise.all(kinds[kind].scenes.map((scene) => scene(run, number)));
    killed.set(kind, before + tally.kills - start);
  }
  progress.stop();
  return tally;
}

async function findNothing(): Promise<void> {
  console.log(`seed ${seed}, ${kills} kills, objects ${prefix}-*`);
  const peersEnd = used.some((kind) => kind !== 'locks');
  if (peersEnd && placesHere().length === 1) console.log('without namespaces: unshare(1) is refused');
  const tally = await campaign('none', true);
  console.log(`kills between each point and those that may follow (<: less than ${enough})`);
  console.log(tally.table(enough, passed));
  const few = tally.below(enough, passed);
  console.log(
    few.length === 0 ? `at least ${enough} after each` : `less than ${enough} after ${few.join(', ')}`,
  );
  console.log(tally.summary());
  if (peersEnd) console.log(tally.delaysInWords());
  if (tally.faults > 0) process.exitCode = 1;
}

async function findMistake(mistake: string): Promise<void> {
  if (interrupt.signal.aborted) return;
  const tally = await campaign(mistake, false);
  const found = tally.faults > 0;
  console.log(
    `${mistake}: ${found ? 'found' : 'NOT FOUND'} within ${tally.kills} kills (${tally.faultsInWords()})`,
  );
  if (!found) process.exitCode = 1;
}

function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected 1 or more.');
  return number;
}

function percent(text: string): number {
  const number = Number(text);
  if (!(number >= 0 && number <= 100)) throw new InvalidArgumentError('expected 0 to 100.');
  return number;
}
