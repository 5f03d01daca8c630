import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Channel, type ChannelCreateOptions } from 'posix-ipc';
import { floorProgram } from '../../native.js';

/** One process of a run. */
export interface Part {
  readonly command: readonly string[];
  /** As taskset(1) takes them. */
  readonly cpus: string;
  /** It goes on until the others are gone or it is killed, and reports nothing. */
  readonly endless?: boolean;
}

export function node(program: string, ...args: readonly (string | number)[]): string[] {
  return [process.execPath, join(import.meta.dirname, `../../channel/${program}.js`), ...args.map(String)];
}

/** The same in C, on posix-ipc/channel.h. */
export function floor(program: string, ...args: readonly (string | number)[]): string[] {
  return [floorProgram(`channel-${program}`), ...args.map(String)];
}

/** One run: starts the processes in order, each when the one before is ready, lets them go together; what they report, in one. */
export async function perform<Report>(parts: readonly Part[]): Promise<Report> {
  const members: Member[] = [];
  try {
    for (const part of parts) {
      const member = new Member(part);
      members.push(member);
      await member.ready;
    }
    for (const member of members) member.go();
    const endless = members.filter(({ part }) => part.endless);
    const finite = members.filter(({ part }) => !part.endless);
    const reports = await Promise.race([
      Promise.all(finite.map(({ ended }) => ended)),
      // Where one of these fails the others would wait for it.
      ...endless.map(({ ended }) => ended.then(() => new Promise<never>(() => {}))),
    ]);
    return Object.assign({}, ...reports.flat()) as Report;
  } finally {
    await Promise.all(members.map((member) => member.kill()));
  }
}

class Member {
  readonly part: Part;
  /** What it has reported. */
  readonly ended: Promise<object[]>;
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;

  constructor(part: Part) {
    this.part = part;
    this.#child = spawn('taskset', ['-c', part.cpus, ...part.command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const reports: object[] = [];
    this.ended = this.#whenEnded(reports);
    this.ready = new Promise((resolve, reject) => {
      createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        if (line === 'ready') resolve();
        else reports.push(JSON.parse(line));
      });
      this.ended.then(() => reject(new Error('ended before it was ready')), reject);
    });
    for (const promise of [this.ended, this.ready]) promise.catch(() => {});
  }

  go(): void {
    this.#child.stdin?.on('error', () => {}).write('\n');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended.catch(() => {});
  }

  async #whenEnded(reports: object[]): Promise<object[]> {
    const [code, signal] = await once(this.#child, 'close');
    if (code !== 0) throw new Error(`${this.part.command.join(' ')} ended with ${code ?? signal}`);
    return reports;
  }
}

let made = 0;

export function uniqueName(): string {
  made += 1;
  return `/posix-ipc-bench-${process.pid}-${made}`;
}

/** So many channels, which are there as long as `use` runs. They are this process's: it outlives the others, and unlinks them. */
export async function withChannels<Result>(
  count: number,
  options: ChannelCreateOptions,
  use: (...names: string[]) => Promise<Result>,
): Promise<Result> {
  const channels = Array.from({ length: count }, () =>
    Channel.create(uniqueName() as `/${string}`, { ...options, unlinkOnExit: true }),
  );
  try {
    return await use(...channels.map(({ name }) => name));
  } finally {
    for (const channel of channels) {
      channel.close();
      Channel.unlink(channel.name);
    }
  }
}

export interface Settings {
  /** Of a run of one way, or of many writers; of the others a fifth of it. */
  readonly seconds: number;
  readonly runs: number;
}
export const shortRun = ({ seconds }: Settings) => seconds / 5;
