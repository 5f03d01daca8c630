import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Program {
  readonly pid: number;
  readonly child: ChildProcessWithoutNullStreams;
  /** Rejects when the watchdog had to kill the program. */
  readonly ended: Promise<Ended>;
  /** Resolves once the program has printed this; rejects if it ends without. */
  printed(what: string | RegExp): Promise<void>;
}

export interface ProgramOptions {
  /** Milliseconds until the watchdog kills the program. */
  timeout?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  input?: string;
}

/** Starts a program that does not outlive the test. Without `input` its stdin stays open. */
export function start(command: string, args: string[], options: ProgramOptions = {}): Program {
  const { timeout = 30_000, env, cwd, input } = options;
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
  const out: Ended = { code: null, signal: null, stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      out[stream] += text;
      for (const watcher of watchers) watcher();
    });
  }
  child.stdin.on('error', () => {}); // a program may end without reading
  if (input !== undefined) child.stdin.end(input);

  const said = () => `${command} ${args.join(' ')}\nstdout: ${out.stdout}\nstderr: ${out.stderr}`;
  let late = false;
  const watchdog = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeout);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(watchdog);
      if (late) reject(new Error(`still running after ${timeout} ms: ${said()}`));
      else resolve({ ...out, code, signal });
    });
  });
  ended.catch(() => {}); // whoever awaits it still sees the error
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended.catch(() => {});
  });

  const printed = (what: string | RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!(typeof what === 'string' ? out.stdout.includes(what) : what.test(out.stdout))) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      const unsaid = () => reject(new Error(`ended without printing ${what}: ${said()}`));
      ended.then(unsaid, reject);
    });
  return { pid: child.pid ?? -1, child, ended, printed };
}

/** Runs a program to its end. */
export function run(command: string, args: string[] = [], options: ProgramOptions = {}): Promise<Ended> {
  return start(command, args, { input: '', ...options }).ended;
}

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** Runs test/fixtures/NAME with this Node. */
export function runFixture(name: string, args: string[] = [], options: ProgramOptions = {}): Promise<Ended> {
  return run(process.execPath, [fixture(name), ...args], options);
}
