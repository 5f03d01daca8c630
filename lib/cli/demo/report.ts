import Table from 'cli-table3';
import type { inspect } from '../../index.js';
import { colours } from '../colours.js';
import type { KernelView } from './kernel-view.js';
import { type Run, slots } from './mechanism.js';
import type { Options } from './options.js';
import type { Outcome } from './outcome.js';
import type { Received } from './receipt.js';

export function introduction({ items, size, mechanisms }: Options, run: Run): string {
  const names = mechanisms.map(({ name }) => name).join(', ');
  return [
    colours.bold(`${items} items of ${size} bytes, from a producer process to a consumer process`),
    `over ${names}, with room for ${slots} at a time.`,
    `Names begin with /${run.tag}, the System V key is ${hexadecimal(run.key)}.`,
    '',
  ].join('\n');
}

export function situation(title: string, held: number): string {
  return `${colours.bold(title)}: ${held} items are in, both processes are attached, nothing moves`;
}

/** What the kernel shows, each output under the command that printed it. */
export function view(
  { outputs, facts, objects, unreadable }: KernelView,
  names: Map<number, string>,
): string {
  const lines = outputs.flatMap(({ command, lines }) => [colours.cyan(`$ ${command}`), ...lines]);
  lines.push(...facts);
  for (const { label, known, users } of objects) {
    lines.push(`${label}: ${known ? usedBy(users, names) : 'the kernel keeps no list of its users'}`);
  }
  if (unreadable > 0) lines.push(colours.dim(`processes that could not be looked into: ${unreadable}`));
  return `${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

// Processes that have the object in the same ways are told together.
function usedBy(users: inspect.ObjectUser[], names: Map<number, string>): string {
  const ways = new Map<number, string[]>();
  for (const { pid, how, access } of users) ways.set(pid, [...(ways.get(pid) ?? []), `${how} ${access}`]);
  const groups = new Map<string, string[]>();
  for (const [pid, way] of ways) {
    const name = names.get(pid) ?? users.find((user) => user.pid === pid)?.command;
    groups.set(way.join(', '), [...(groups.get(way.join(', ')) ?? []), `${name} ${pid}`]);
  }
  return [...groups].map(([way, who]) => `${who.join(', ')} (${way})`).join('; ');
}

export function comparison(outcomes: Outcome[]): string {
  const head = [
    'mechanism',
    'items',
    'producer',
    'consumer',
    'mean latency',
    'p99 latency',
    'items/s',
    'check',
  ];
  const table = new Table({
    head: head.map(colours.bold),
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  table.push(...outcomes.map(row));
  return table.toString();
}

function row({ mechanism: { name }, traffic, problem }: Outcome): string[] {
  if (!traffic) return [name, ...Array(6).fill('-'), colours.red(problem ? 'failed' : '-')];
  const { produced, received } = traffic;
  return [
    name,
    String(received.items),
    seconds(produced.seconds),
    seconds(received.seconds),
    microseconds(received.latency?.mean),
    microseconds(received.latency?.p99),
    String(Math.round(received.items / received.seconds)),
    colours.green('in order'),
  ];
}

const seconds = (value: number) => `${value.toFixed(3)} s`;
const microseconds = (value?: number) => (value === undefined ? '-' : `${(value / 1000).toFixed(1)} µs`);

/** What each consumer read, as in the chapter: the numbers and the texts. */
export function reading(outcomes: Outcome[]): string {
  const lines = outcomes.flatMap(({ mechanism: { name }, traffic }) =>
    traffic ? [`  ${name}: ${readBy(traffic.received)}`] : [],
  );
  return ['\nConsumers read', ...lines, ''].join('\n');
}

function readBy({ read, items }: Received): string {
  // The last of more than six does not follow the fifth.
  const list = (words: string[]) =>
    items > 6 ? `[${words.slice(0, -1).join(', ')}, … ${words.at(-1)}]` : `[${words.join(', ')}]`;
  return `${list(read.map(({ number }) => String(number)))} ${list(read.map(({ text }) => text))}`;
}

/** Whether all is well, or whatever is not. */
export function verdict(outcomes: Outcome[], problems: string[]): string {
  const all = outcomes.flatMap(({ mechanism, problem }) =>
    problem ? [`${mechanism.name}: ${problem}`] : [],
  );
  all.push(...problems);
  if (all.length > 0) return all.map((problem) => colours.red(problem)).join('\n');
  return colours.green('Every item arrived once and in order. Nothing is left behind.');
}

export function asData({ items, size }: Options, run: Run, outcomes: Outcome[], problems: string[]) {
  const named = outcomes.map(({ mechanism: { name, title }, ...rest }) => ({
    mechanism: name,
    title,
    ...rest,
  }));
  return { tag: run.tag, key: hexadecimal(run.key), items, size, slots, outcomes: named, problems };
}

// As ipcs and strace write a key.
const hexadecimal = (key: number) => `0x${key.toString(16)}`;
