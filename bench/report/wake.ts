import Table from 'cli-table3';
import pc from 'picocolors';
import { floorTitle, type Woken } from '../scenarios/wake.js';
import { median, spread } from '../stats.js';
import { transports } from '../wake/transports.js';

/** The most that an awaited round trip may cost beside the same with epoll in C. */
const mostOfFloor = 1.25;

export function wakeTable(rows: readonly Woken[]): string {
  const floor = p50Of(rows, floorTitle);
  const table = new Table({ head: ['round trip of 64 B', 'p50 us', '±', 'p99 us', 'p50 / C'] });
  for (const { title, p50, p99 } of rows) {
    table.push([
      title,
      (median(p50) / 1000).toFixed(2),
      `${(100 * spread(p50)).toFixed(1)} %`,
      (median(p99) / 1000).toFixed(2),
      (median(p50) / floor).toFixed(2),
    ]);
  }
  return table.toString();
}

/** On one CPU: within 1.25 times C plus the awaits' own cost, and ahead of what Node ships. */
export function judgeWakes(rows: readonly Woken[]): { text: string; kept: boolean } {
  const ours = p50Of(rows, transports.posixQueue.title);
  const bound = mostOfFloor * p50Of(rows, floorTitle) + p50Of(rows, transports.readyQueue.title);
  const nodes = [transports.unixSocket, transports.childProcess].map(({ title }) => p50Of(rows, title));
  const kept = ours <= bound && nodes.every((other) => ours < other);
  const micro = (nanoseconds: number) => (nanoseconds / 1000).toFixed(2);
  const text =
    `POSIX queue ${micro(ours)} us; at most ${mostOfFloor} × C + the awaits = ${micro(bound)} us, ` +
    `and ahead of ${nodes.map(micro).join(' and ')} us: ${kept ? pc.green('kept') : pc.red('missed')}`;
  return { text, kept };
}

function p50Of(rows: readonly Woken[], title: string): number {
  return median(rows.find((row) => row.title === title)?.p50 ?? []);
}
