import Table from 'cli-table3';
import type { Trips } from '../../channel/ping.js';
import type { RoundTrips } from '../../scenarios/channel/round-trip.js';
import { median } from '../../stats.js';
import { digits, judge, percent, type Report, ratios } from './claims.js';

const p50 = (runs: readonly Trips[]) => runs.map((trips) => trips.p50);
const p99 = (runs: readonly Trips[]) => runs.map((trips) => trips.p99);
const micro = (nanoseconds: readonly number[]) => digits(median(nanoseconds) / 1000);

export function reportRoundTrips({ compared, idle }: RoundTrips): Report {
  const table = new Table({
    head: ['round trip', 'p50 us', '±', 'p99', 'the other p50 us', '±', 'p99'],
  });
  for (const { title, ours, other } of compared) {
    const figures = [ours, other].flatMap((runs) => [micro(p50(runs)), percent(p50(runs)), micro(p99(runs))]);
    table.push([title, ...figures]);
  }
  const { text, kept } = judge([
    ...compared.map(({ title, limit, ours, other }) => ({
      title: `${title}: p50`,
      measured: ratios(p50(ours), p50(other)),
      atMost: limit,
    })),
    {
      title: `CPU time of a process that awaits for ${idle.seconds} s, ticks of 10 ms`,
      measured: [idle.ticks],
      atMost: 0,
    },
  ]);
  return { text: `${table}\n${text}`, kept };
}
