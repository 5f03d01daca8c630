import Table from 'cli-table3';
import pc from 'picocolors';
import type { Deaths, HandOver, Uncontended } from '../scenarios/locks.js';
import { median, quantile, spread } from '../stats.js';

const limits = {
  /** Lock and unlock, beside three empty native calls. */
  uncontended: 1.5,
  /** A hand-over, beside the same in C++. */
  handOver: 1.2,
  /** Milliseconds from a kill to the next owner: half of the time, of small ones; at most, and so much more for each MiB. */
  death: { half: 5, most: 100, mostPerMebibyte: 0.15 },
} as const;

interface Report {
  readonly text: string;
  readonly kept: boolean;
}

export function reportUncontended({ emptyCalls, mutex }: Uncontended): Report {
  const ratio = median(mutex) / median(emptyCalls);
  const kept = ratio <= limits.uncontended;
  const text =
    `lock + unlock, guard included: ${median(mutex).toFixed(1)} ns ± ${percent(mutex)}; ` +
    `three empty native calls: ${median(emptyCalls).toFixed(1)} ns ± ${percent(emptyCalls)}; ` +
    `ratio ${ratio.toFixed(2)}, at most ${limits.uncontended}: ${verdict(kept)}`;
  return { text, kept };
}

export function reportHandOvers(rows: readonly HandOver[]): Report {
  const table = new Table({
    head: ['hand-over between two CPUs', 'Node us', '±', 'C++ us', '±', 'ratio', ''],
  });
  let allKept = true;
  for (const { title, node, floor } of rows) {
    const ratio = median(node) / median(floor);
    const kept = ratio <= limits.handOver;
    allKept &&= kept;
    const micro = (sample: readonly number[]) => (median(sample) / 1000).toFixed(2);
    table.push([
      title,
      micro(node),
      percent(node),
      micro(floor),
      percent(floor),
      ratio.toFixed(2),
      verdict(kept),
    ]);
  }
  return { text: `${table}\nat most ${limits.handOver}`, kept: allKept };
}

export function reportDeaths(rows: readonly Deaths[]): Report {
  const table = new Table({ head: ['kill to the next owner', 'p50 ms', 'p90', 'most', 'MiB', 'bound', ''] });
  let allKept = true;
  for (const { title, small, taken, resident } of rows) {
    const bounds = resident.map((size) => limits.death.most + limits.death.mostPerMebibyte * size);
    const kept =
      (!small || median(taken) <= limits.death.half) &&
      taken.every((time, index) => time <= (bounds[index] as number));
    allKept &&= kept;
    table.push([
      title,
      median(taken).toFixed(2),
      quantile(taken, 0.9).toFixed(2),
      Math.max(...taken).toFixed(2),
      median(resident).toFixed(0),
      Math.min(...bounds).toFixed(0),
      verdict(kept),
    ]);
  }
  return { text: table.toString(), kept: allKept };
}

const percent = (sample: readonly number[]) => `${(100 * spread(sample)).toFixed(1)} %`;
const verdict = (kept: boolean) => (kept ? pc.green('kept') : pc.red('missed'));
