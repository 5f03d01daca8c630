import Table from 'cli-table3';
import pc from 'picocolors';
import type { Measured } from '../runner.js';
import { median, spread } from '../stats.js';

/** The table, and whether every limit was kept. */
export function reportCalls(rows: readonly Measured[]): { text: string; kept: boolean } {
  const emptyPair = median(rows.find(({ call }) => call.floor === undefined)?.node ?? []);
  const table = new Table({ head: ['call', 'Node ns', '±', 'C ns', '±', 'ratio', 'limit', ''] });
  let kept = true;
  for (const { call, node, floor } of rows) {
    const bound = boundOf(call.limit, floor, emptyPair);
    const good = bound === undefined || median(node) <= bound.nanoseconds;
    kept &&= good;
    table.push([
      call.title,
      nanoseconds(node),
      percent(spread(node)),
      floor.length === 0 ? '' : nanoseconds(floor),
      floor.length === 0 ? '' : percent(spread(floor)),
      floor.length === 0 ? '' : (median(node) / median(floor)).toFixed(2),
      bound?.words ?? '',
      bound === undefined ? '' : good ? pc.green('kept') : pc.red('missed'),
    ]);
  }
  return { text: table.toString(), kept };
}

function boundOf(limit: Measured['call']['limit'], floor: readonly number[], emptyPair: number) {
  if (limit === undefined) return undefined;
  const share = limit.ratio * median(floor);
  if (limit.emptyCalls === undefined) return { nanoseconds: share, words: `${limit.ratio} × C` };
  const bound = (limit.emptyCalls / 2) * emptyPair + share;
  return {
    nanoseconds: bound,
    words: `${limit.emptyCalls} empty calls + ${limit.ratio} × C = ${bound.toFixed(1)} ns`,
  };
}

const nanoseconds = (sample: readonly number[]) => median(sample).toFixed(median(sample) < 100 ? 1 : 0);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
