import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Job, Report } from './role.js';

const running = new Set<RoleProcess<unknown>>();

/** The producer or the consumer, as the main process sees it. */
export class RoleProcess<Result> {
  /** These two reject when the role fails, or its process ends before. */
  readonly ready: Promise<void>;
  readonly result: Promise<Result>;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private readonly reports = new EventEmitter();
  private isDone = false;

  constructor(
    readonly role: 'producer' | 'consumer',
    job: Job,
  ) {
    const program = fileURLToPath(new URL(`./${role}.js`, import.meta.url));
    // Flags of this process, such as --inspect, are not meant for its children.
    this.child = fork(program, [JSON.stringify(job)], { execArgv: [] });
    this.child.on('message', (report: Report<Result>) => this.hear(report));
    this.reports.on('error', () => {}); // whoever waits for a report sees it
    this.ready = once(this.reports, 'ready').then(() => {});
    this.result = once(this.reports, 'done').then(([{ result }]) => result);
    this.ended = this.watchEnd();
    for (const promise of [this.ready, this.result]) promise.catch(() => {});
    running.add(this);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  onProgress(listener: (items: number) => void): void {
    this.reports.on('progress', ({ items }) => listener(items));
  }

  resume(): void {
    this.child.send('resume', () => {}); // if it has ended, `result` tells
  }

  /** Waits for its end. One that is not done may be asleep in a system call and hear nothing: it is killed. */
  async end(): Promise<void> {
    if (!this.isDone) this.kill();
    await this.ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private hear(report: Report<Result>): void {
    this.isDone = report.state === 'done' || report.state === 'failed';
    if (report.state === 'failed') this.fail(`failed: ${report.problem}`);
    else this.reports.emit(report.state, report);
  }

  private fail(problem: string): void {
    this.reports.emit('error', new Error(`the ${this.role} ${problem}`));
  }

  private async watchEnd(): Promise<void> {
    try {
      // What it said last may come after the news of its end, but not after the channel's.
      const [[code, signal]] = await Promise.all([once(this.child, 'exit'), once(this.child, 'disconnect')]);
      this.fail(signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
    } catch (error) {
      this.fail(`could not be started: ${(error as Error).message}`);
    }
    running.delete(this);
  }
}

/** Ends whatever processes are left, and waits for it: what they have attached goes only with them. */
export const endAllRoles = () => Promise.all([...running].map((role) => role.end()));

process.on('exit', () => {
  for (const role of running) role.kill();
});
