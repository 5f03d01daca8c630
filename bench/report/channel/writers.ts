import Table from 'cli-table3';
import { type Crowded, type Writers, writerCount } from '../../scenarios/channel/writers.js';
import { median } from '../../stats.js';
import { digits, judge, nodeMajor, percent, type Report } from './claims.js';

/** Millions of messages a second. */
const leastSingle = 5;
const leastBatches = nodeMajor() >= 26 ? 30 : 18;
/** Of an equal share: whoever has less starves. */
const leastShare = 0.1;

const total = ({ shares }: Crowded) => shares.reduce((sum, share) => sum + share, 0);
const rate = (run: Crowded) => total(run) / run.milliseconds / 1000;
/** The least writer's part of an equal share. */
const share = (run: Crowded) => (writerCount * Math.min(...run.shares)) / total(run);

export function reportWriters(ways: Writers): Report {
  const table = new Table({
    head: [
      `${writerCount} writers, 64 bytes, two CPUs`,
      'million/s',
      '±',
      'least of an equal share',
      'wrong',
    ],
  });
  for (const { title, runs } of Object.values(ways)) {
    const rates = runs.map(rate);
    table.push([
      title,
      digits(median(rates)),
      percent(rates),
      `${(100 * Math.min(...runs.map(share))).toFixed(0)} %`,
      wrongIn(runs),
    ]);
  }
  const { single, batches } = ways;
  const { text, kept } = judge([
    { title: 'sendSync, million/s', measured: single.runs.map(rate), atLeast: leastSingle },
    { title: 'sendManySync of 16, million/s', measured: batches.runs.map(rate), atLeast: leastBatches },
    ...[single, batches].map(({ title, runs }) => ({
      title: `the least writer, of an equal share, ${title}`,
      measured: [Math.min(...runs.map(share))],
      atLeast: leastShare,
    })),
    {
      title: 'messages lost, doubled or out of order',
      measured: [wrongIn(Object.values(ways).flatMap(({ runs }) => runs))],
      atMost: 0,
    },
  ]);
  return { text: `${table}\n${text}`, kept };
}

function wrongIn(runs: readonly Crowded[]): number {
  return runs.reduce((sum, { wrong }) => sum + wrong, 0);
}
