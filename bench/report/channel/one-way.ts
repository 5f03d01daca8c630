import Table from 'cli-table3';
import type { Arrived, OneWay, Way, WayName } from '../../scenarios/channel/one-way.js';
import { median } from '../../stats.js';
import { type Claim, digits, judge, nodeMajor, percent, type Report, ratios } from './claims.js';

/** Millions of messages a second. */
const leastSingle = nodeMajor() >= 22 ? 25 : 15;
const leastBatches = nodeMajor() >= 26 ? 50 : nodeMajor() >= 22 ? 40 : 25;
const mostOfFloor = 2.5;
const leastOfNodesSingle = 30;
const leastOfNodesBatches = 150;
const mostRings = 0.1;

const rate = ({ messages, milliseconds }: Arrived) => messages / milliseconds / 1000;
const rings = ({ writerRings = 0, readerRings = 0, messages }: Arrived) =>
  (writerRings + readerRings) / messages;
const garbage = ({ writerGarbage = 0, readerGarbage = 0 }: Arrived) => writerGarbage + readerGarbage;

export function reportOneWay(measured: OneWay): Report {
  const { text, kept } = judge(claimsOf(measured));
  return { text: `${tableOf(Object.values(measured.ways))}\n${text}`, kept };
}

function tableOf(ways: readonly Way[]): string {
  const table = new Table({
    head: ['48 to 80 bytes, CPU 0 to CPU 1', 'million/s', '±', 'ns', 'wake-ups each', 'collections', 'wrong'],
  });
  for (const { title, runs } of ways) {
    const rates = runs.map(rate);
    const counted = runs.some(({ writerRings }) => writerRings !== undefined);
    table.push([
      title,
      digits(median(rates)),
      percent(rates),
      digits(1000 / median(rates)),
      counted ? digits(median(runs.map(rings))) : '',
      counted ? digits(median(runs.map(garbage))) : '',
      sum(runs.map(({ wrong }) => wrong)),
    ]);
  }
  return table.toString();
}

function claimsOf({ ways, garbage: { messages, collections } }: OneWay): Claim[] {
  const rates = (name: WayName) => ways[name].runs.map(rate);
  const beside = (title: string, ours: WayName, other: WayName, atLeast?: number): Claim => ({
    title,
    measured: ratios(rates(ours), rates(other)),
    ...(atLeast === undefined ? {} : { atLeast }),
  });
  const ofFloor = (title: string, ours: WayName, floor: WayName): Claim => ({
    title,
    measured: ratios(rates(floor), rates(ours)),
    atMost: mostOfFloor,
  });
  const all = Object.values(ways).flatMap(({ runs }) => runs);
  return [
    { title: 'trySend, million/s', measured: rates('single'), atLeast: leastSingle },
    { title: 'trySendMany of 16, million/s', measured: rates('batches'), atLeast: leastBatches },
    ofFloor('trySend: time, beside C', 'single', 'floorSingle'),
    ofFloor('trySendMany: time, beside C', 'batches', 'floorBatches'),
    beside('trySend / net, a message a write', 'single', 'netSingle', leastOfNodesSingle),
    beside('trySend / child_process, a message a send', 'single', 'childSingle', leastOfNodesSingle),
    beside('trySendMany / net, 16 a write', 'batches', 'netBatches', leastOfNodesBatches),
    beside('trySendMany / child_process, 16 a send', 'batches', 'childBatches', leastOfNodesBatches),
    beside('trySendMany / net, a message a write', 'batches', 'netSingle'),
    beside('trySendMany / child_process, a message a send', 'batches', 'childSingle'),
    ...(['single', 'batches'] as const).map((name) => ({
      title: `wake-ups for each message, ${ways[name].title}`,
      measured: ways[name].runs.map(rings),
      atMost: mostRings,
    })),
    ...Object.entries(collections).map(([title, count]) => ({
      title: `collections of garbage in ${messages / 1e6} million messages, ${title}`,
      measured: [count],
      atMost: 0,
    })),
    { title: 'messages lost, doubled or damaged', measured: [sum(all.map(({ wrong }) => wrong))], atMost: 0 },
  ];
}

const sum = (sample: readonly number[]) => sample.reduce((total, figure) => total + figure, 0);
