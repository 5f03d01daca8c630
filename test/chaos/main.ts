import { execFileSync } from 'node:child_process';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { oneDeath } from './one-death.js';
import { quietScenes } from './quiet.js';
import { type Run, round } from './round.js';
import { takenSeat } from './taken-seat.js';
import { Tally } from './tally.js';

interface Options {
  kills: number;
  seed: number;
  node: number;
}

/** Kills between each two points that a full run must have. */
const enough = 20;

const { kills, seed, node } = new Command('chaos')
  .description('Processes that use the same objects while others of them are killed at every step.')
  .option('--kills <number>', 'how many are killed', positiveInteger, 1000)
  .option('--seed <number>', 'replays the schedule of a run', positiveInteger, 1 + (Date.now() % 1_000_000))
  .option('--node <percent>', 'how many of them run Node', percent, 36)
  .option('--broken', 'builds three mistakes in, one after another: each must be found')
  .addHelpText(
    'after',
    `
Examples:
  npm run chaos                             1000 kills
  npm run chaos -- --kills 10000            a full run: some ten minutes
  npm run chaos -- --seed 4711              the schedule of the run that printed this seed
  npm run chaos -- --broken                 whether chaos finds three mistakes that are made on purpose`,
  )
  .parse()
  .opts<Options>();

// Both are set by scripts/chaos.cjs.
const { CHAOS_VICTIMS: folder = '', CHAOS_MISTAKES: mistakes = '' } = process.env;
const points = execFileSync(`${folder}/none/victim`, ['--points'], { encoding: 'utf8' }).trim().split('\n');
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
  progress.start(kills, 0);
  for (let number = 0; !over(); number++)
    await Promise.all([round, quietScenes, oneDeath, takenSeat].map((scene) => scene(run, number)));
  progress.stop();
  return tally;
}

async function findNothing(): Promise<void> {
  console.log(`seed ${seed}, ${kills} kills, objects ${prefix}-*`);
  const tally = await campaign('none', true);
  console.log(`kills between each point and those that may follow (<: less than ${enough})`);
  console.log(tally.table(enough));
  const few = tally.below(enough);
  console.log(
    few.length === 0 ? `at least ${enough} after each` : `less than ${enough} after ${few.join(', ')}`,
  );
  console.log(tally.summary());
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
