import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { floorProgram } from '../native.js';
import { median, quantile } from '../stats.js';
import { type TransportName, transports } from '../wake/transports.js';

/** Where the two processes run. Across idle CPUs the wake of the other CPU hides everything else. */
export const placements = [
  { title: 'both processes on one CPU', cpus: ['0', '0'] },
  { title: 'each on its own CPU', cpus: ['0', '1'] },
] as const;
export type Placement = (typeof placements)[number];

export interface Woken {
  readonly title: string;
  /** Of each run, nanoseconds. */
  readonly p50: number[];
  readonly p99: number[];
}

export const floorTitle = 'C: POSIX queue, epoll';

/** Runs of all transports in turn, so that what slows the machine slows all. */
export function measureWakes(placement: Placement, runs: number, rounds: number, tick: () => void): Woken[] {
  const [mine, other] = placement.cpus;
  const programs = [
    { title: floorTitle, command: [floorProgram('wake'), String(rounds), mine, other] },
    ...(Object.keys(transports) as TransportName[]).map((name) => ({
      title: transports[name].title,
      command: ['taskset', '-c', mine, process.execPath, pingProgram, name, String(rounds), other],
    })),
  ];
  const woken: Woken[] = programs.map(({ title }) => ({ title, p50: [], p99: [] }));
  for (let run = 0; run < runs; run++) {
    programs.forEach(({ command: [program, ...args] }, index) => {
      const output = execFileSync(program as string, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
      const sample = output.trim().split('\n').map(Number);
      woken[index]?.p50.push(median(sample));
      woken[index]?.p99.push(quantile(sample, 0.99));
      tick();
    });
  }
  return woken;
}

const pingProgram = join(import.meta.dirname, '../wake/ping.js');
