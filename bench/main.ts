import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { reportCalls } from './report/calls.js';
import { type Measured, measureCall } from './runner.js';
import { calls } from './scenarios/calls.js';

const program = new Command('bench')
  .description('Measures the library beside the same work in C, in one run.')
  .addHelpText(
    'after',
    `
Examples:
  npm run bench -- calls                what each call costs beyond its system call
  npm run bench -- calls --rounds 41    the same with more rounds, on a noisy machine`,
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

await program.parseAsync();

function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected 1 or more.');
  return number;
}
