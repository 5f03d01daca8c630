import type { Mechanism, MechanismName, Run } from './mechanism.js';
import { mechanisms } from './mechanisms/index.js';

/** What the main process asks of the two others. */
export interface Job {
  mechanism: MechanismName;
  run: Run;
  items: number;
  /** Items put before the pause. */
  held: number;
}

/** What they tell it, in this order. */
export type Report<Result> =
  | { state: 'ready' }
  | { state: 'progress'; items: number }
  | { state: 'done'; result: Result }
  | { state: 'failed'; problem: string };

export interface Stage {
  job: Job;
  mechanism: Mechanism;
  /** Says that the pause is reached; resolves when the main process lets the exchange go on. */
  pause(): Promise<void>;
  progress(items: number): void;
}

/** Plays one role in a process of its own, to its result or to the first error. */
export async function play<Result>(role: (stage: Stage) => Promise<Result>): Promise<void> {
  const job: Job = JSON.parse(process.argv[2]);
  const mechanism = mechanisms.find(({ name }) => name === job.mechanism);
  if (!mechanism) throw new Error(`no mechanism \`${job.mechanism}\``);
  // Then the main process has ended, and nobody will ever say go on.
  const orphaned = () => process.exit(1);
  process.on('disconnect', orphaned);

  try {
    tell({ state: 'done', result: await role({ job, mechanism, pause, progress }) });
  } catch (error) {
    tell({ state: 'failed', problem: error instanceof Error ? error.message : String(error) });
  }
  process.off('disconnect', orphaned);
  process.disconnect();
}

function pause(): Promise<void> {
  const resumed = new Promise<void>((resolve) => process.once('message', () => resolve()));
  tell({ state: 'ready' });
  return resumed;
}

let lastProgress = performance.now();

function progress(items: number): void {
  const now = performance.now();
  if (now - lastProgress < 100) return;
  lastProgress = now;
  tell({ state: 'progress', items });
}

const tell = (report: Report<unknown>) => process.send?.(report);
