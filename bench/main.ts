import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { reportCalls } from './report/calls.js';
import { reportDeaths, reportHandOvers, reportUncontended } from './report/locks.js';
import { judgeWaits, waitsTable } from './report/waits.js';
import { judgeWakes, wakeTable } from './report/wake.js';
import { type Measured, measureCall } from './runner.js';
import { calls } from './scenarios/calls.js';
import { channelParts, type PartName } from './scenarios/channel/parts.js';
import { holds, measureDeaths, measureHandOver, measureUncontended } from './scenarios/locks.js';
import { loads, measureLoad } from './scenarios/waits.js';
import { measureWakes, placements } from './scenarios/wake.js';
import { transports } from './wake/transports.js';

const program = new Command('bench')
  .description('Measures the library beside the same work in C, in one run.')
  .addHelpText(
    'after',
    `
Examples:
  npm run bench -- calls                what each call costs beyond its system call
  npm run bench -- calls --rounds 41    the same with more rounds, on a noisy machine
  npm run bench -- wake                 an awaited round trip between two processes
  npm run bench -- locks                a lock alone, handed over, and left by a dead owner
  npm run bench -- waits                what the rest of a service notices of its pending waits
  npm run bench -- channel              a channel beside its C header, net, child_process and memcpy`,
  );

program
  .command('calls')
  .description('one call, or one pair of calls, in one process')
  .option('--rounds <number>', 'rounds of Node and C in turn; the median counts', positiveInteger, 21)
  .action(async ({ rounds }: { rounds: number }) => {
    const progress = new SingleBar({
      format: 'calls {bar} {percentage} % | {eta} s left',
      clearOnComplete: true,
    });
    progress.start(calls.length * (rounds + 1), 0);
    const rows: Measured[] = [];
    for (const call of calls) rows.push(await measureCall(call, rounds, () => progress.increment()));
    progress.stop();

    const { text, kept } = reportCalls(rows);
    console.log(
      `Node ${process.version}, ${process.arch}; medians of ${rounds} rounds, ± half the quartile distance`,
    );
    console.log(text);
    process.exitCode = kept ? 0 : 1;
  });

program
  .command('wake')
  .description('an awaited round trip between two processes, beside epoll in C and what Node ships')
  .option(
    '--runs <number>',
    'runs of every transport in turn; the median of their medians counts',
    positiveInteger,
    5,
  )
  .option('--rounds <number>', 'round trips in a run', positiveInteger, 20_000)
  .action(({ runs, rounds }: { runs: number; rounds: number }) => {
    const progress = new SingleBar({
      format: 'wake {bar} {percentage} % | {eta} s left',
      clearOnComplete: true,
    });
    const perRun = 1 + Object.keys(transports).length;
    progress.start(placements.length * runs * perRun, 0);
    const measured = placements.map((placement) => ({
      placement,
      rows: measureWakes(placement, runs, rounds, () => progress.increment()),
    }));
    progress.stop();

    console.log(`Node ${process.version}, ${process.arch}; ${runs} runs of ${rounds} round trips`);
    for (const { placement, rows } of measured) console.log(`${placement.title}\n${wakeTable(rows)}`);
    const { text, kept } = judgeWakes(measured[0]?.rows ?? []);
    console.log(text);
    process.exitCode = kept ? 0 : 1;
  });

program
  .command('waits')
  .description('what a service notices of its pending waits: thread pool, idle CPU, threads, memory')
  .action(() => {
    const progress = new SingleBar({
      format: 'waits {bar} {percentage} % | {eta} s left',
      clearOnComplete: true,
    });
    progress.start(loads.length, 0);
    const measured = loads.map((load) => {
      const noticed = measureLoad(load);
      progress.increment();
      return { ...load, noticed };
    });
    progress.stop();

    console.log(`Node ${process.version}, ${process.arch}`);
    console.log(waitsTable(measured));
    const { text, kept } = judgeWaits(measured);
    console.log(text);
    process.exitCode = kept ? 0 : 1;
  });

program
  .command('locks')
  .description('a mutex: alone, handed over between two processes, and after the death of its owner')
  .option('--runs <number>', 'runs of Node and C++ in turn; the median counts', positiveInteger, 7)
  .option('--deaths <number>', 'owners killed, of each kind', positiveInteger, 20)
  .action(async ({ runs, deaths }: { runs: number; deaths: number }) => {
    const progress = new SingleBar({
      format: 'locks {bar} {percentage} % | {eta} s left',
      clearOnComplete: true,
    });
    progress.start(3 * runs + 2 + holds.length * runs + 3 * deaths, 0);
    const tick = () => progress.increment();
    const uncontended = measureUncontended(3 * runs, tick);
    const handOvers = [];
    for (const hold of holds) handOvers.push(await measureHandOver(hold, runs, tick));
    const died = await measureDeaths(deaths, tick);
    progress.stop();

    console.log(`Node ${process.version}, ${process.arch}`);
    const reports = [reportUncontended(uncontended), reportHandOvers(handOvers), reportDeaths(died)];
    for (const { text } of reports) console.log(text);
    process.exitCode = reports.every(({ kept }) => kept) ? 0 : 1;
  });

program
  .command('channel')
  .description('a channel: messages one way, round trips, bandwidth, four writers')
  .option('--only <parts>', `parts, with commas: ${Object.keys(channelParts).join(', ')}`, partNames)
  .option('--seconds <number>', 'of a run; of a round trip or of bandwidth a fifth of it', secondsOfRun, 5)
  .option('--runs <number>', 'runs of everything in turn; the median counts', positiveInteger, 5)
  .addHelpText(
    'after',
    `
Examples:
  npm run bench -- channel --only one-way,writers
  npm run bench -- channel --seconds 0.2 --runs 1    whether it works: some seconds, and no figure of worth`,
  )
  .action(async ({ only, ...settings }: { only?: PartName[]; seconds: number; runs: number }) => {
    const names = only ?? (Object.keys(channelParts) as PartName[]);
    const parts = names.map((name) => channelParts[name]);
    const progress = new SingleBar({
      format: 'channel {bar} {percentage} % | {eta} s left',
      clearOnComplete: true,
    });
    progress.start(
      parts.reduce((sum, { steps }) => sum + steps(settings), 0),
      0,
    );
    const reports = [];
    for (const { run } of parts) reports.push(await run(settings, () => progress.increment()));
    progress.stop();

    const { seconds, runs } = settings;
    console.log(
      `Node ${process.version}, ${process.arch}; medians of ${runs} runs of ${seconds} s, ± half the quartile distance`,
    );
    for (const { text } of reports) console.log(text);
    process.exitCode = reports.every(({ kept }) => kept) ? 0 : 1;
  });

await program.parseAsync();

/** Counts of messages wrap at 2^32. */
function secondsOfRun(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 60)) throw new InvalidArgumentError('expected more than 0, and at most 60.');
  return number;
}

function partNames(text: string): PartName[] {
  const names = text.split(',');
  const wrong = names.find((name) => !Object.hasOwn(channelParts, name));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`expected ${Object.keys(channelParts).join(', ')}, got ${wrong}.`);
  return names as PartName[];
}

function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected 1 or more.');
  return number;
}
