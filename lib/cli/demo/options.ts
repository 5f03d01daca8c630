import { Command, InvalidArgumentError, Option } from 'commander';
import { minimumSize } from './item.js';
import type { Mechanism } from './mechanism.js';
import { mechanisms } from './mechanisms/index.js';

export interface Options {
  items: number;
  size: number;
  mechanisms: readonly Mechanism[];
  json: boolean;
}

const examples = `
Examples:
  npm start
  npm start -- --items 1000000 --size 1024
  npm start -- --mechanism posix-mq --mechanism sysv-msg
  npm start --silent -- --json > result.json`;

// What queues of both kinds take of any user: mq_overview(7), msgop(2).
const maximumSize = 8192;

/** Reads the command line; a mistake in it ends the process with one sentence and exit code 2. */
export function parseOptions(words: string[]): Options {
  const names = mechanisms.map(({ name }) => name as string);
  const chosen = new Set<string>();
  const { items, size, json } = new Command('npm start --')
    .description(
      'A producer process and a consumer process exchange items over each mechanism of the kernel.',
    )
    .addOption(
      new Option('--items <number>', 'how many, 1 to 10000000')
        .default(100_000)
        .argParser(wholeNumber(1, 10_000_000)),
    )
    .addOption(
      new Option('--size <bytes>', `of an item, ${minimumSize} to ${maximumSize}`)
        .default(64)
        .argParser(wholeNumber(minimumSize, maximumSize)),
    )
    .addOption(
      new Option('--mechanism <name>', 'use only this one; may be repeated')
        .choices(names)
        .argParser((word) => chosen.add(oneOf(names, word))),
    )
    .option('--json', 'print the results as JSON and nothing else', false)
    .addHelpText('after', examples)
    .configureOutput({ outputError: (text, write) => write(text.replace(/\n(?=.)/g, ' ')) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(words, { from: 'user' })
    .opts<{ items: number; size: number; json: boolean }>();

  const wanted = mechanisms.filter(({ name }) => chosen.size === 0 || chosen.has(name));
  return { items, size, mechanisms: wanted, json };
}

function wholeNumber(from: number, to: number): (word: string) => number {
  return (word) => {
    const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (value >= from && value <= to) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${from} to ${to}.`);
  };
}

function oneOf(names: string[], word: string): string {
  if (names.includes(word)) return word;
  throw new InvalidArgumentError(`Expected one of ${names.join(', ')}.`);
}
