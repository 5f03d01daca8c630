import Table from 'cli-table3';
import pc from 'picocolors';
import type { Noticed } from '../waits/service.js';

export interface Load {
  readonly title: string;
  readonly handles: number;
  readonly noticed: Noticed;
}

/** Percent of one CPU that an idle service may take. */
const mostIdle = 0.5;

export function waitsTable(loads: readonly Load[]): string {
  const table = new Table({
    head: ['pending', 'readFile ms', 'dns.lookup ms', 'pbkdf2 ms', 'idle CPU', 'threads', 'memory MiB'],
  });
  for (const { title, noticed } of loads) {
    table.push([
      title,
      noticed.readFile.toFixed(1),
      noticed.lookup.toFixed(1),
      noticed.pbkdf2.toFixed(1),
      `${noticed.idle.toFixed(2)} %`,
      noticed.threads,
      noticed.memory.toFixed(1),
    ]);
  }
  return table.toString();
}

/** Idle, and no more threads than handles beyond those that Node has anyway. */
export function judgeWaits(loads: readonly Load[]): { text: string; kept: boolean } {
  const plain = loads[0]?.noticed.threads ?? 0;
  const kept = loads.every(
    ({ handles, noticed }) => noticed.idle < mostIdle && noticed.threads - plain <= handles,
  );
  const words = kept ? pc.green('kept') : pc.red('missed');
  return {
    text: `idle below ${mostIdle} % of one CPU, threads of ours no more than handles: ${words}`,
    kept,
  };
}
