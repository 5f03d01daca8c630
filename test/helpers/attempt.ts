import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { fixture, type Program, start } from './program.js';

export type Ipc = typeof import('posix-ipc');
type Json = string | number | boolean | null | { [key: string]: Json } | Json[];

/** What a call came to: what it gave, as JSON, or the error it threw. */
export interface Outcome {
  value?: Json;
  error?: Refusal & { name: string; code: string; errno: number; syscall: string };
  message?: string;
  hint?: string;
}

/** What an error is about. */
export interface Refusal {
  path?: string;
  key?: number;
  id?: number;
}

/** Where a call is attempted, if not simply in a process of its own. */
export interface Circumstances {
  /** A user without rights; the package is loaded before, so its folder may be closed to them. */
  user?: number;
  /** Groups that the user is a member of, besides one of its own number. */
  groups?: number[];
  /** Resource limits, by the names of prlimit(1). */
  limits?: Record<string, number>;
  /** Whether every file that the process may have open is open. */
  everyFile?: boolean;
  /** Limits of the kernel, lowered in an IPC namespace of its own. */
  sysctl?: Record<string, string>;
  /** The size of a /dev/shm of its own. */
  shm?: string;
  /** What strace injects, such as `mq_open:error=ENOMEM:when=1`. */
  inject?: string;
  /** The file that the call has to be about, for calls that Node makes for itself too. */
  on?: string;
  /** Names of system calls that are traced besides. */
  trace?: string;
}

/** The uid that has no rights: nobody's. */
export const nobody = 65534;

/**
 * Runs `body` in a process under these circumstances. Its text is sent there, so it may use its parameters and globals
 * only.
 */
export function attempt<A extends Json[]>(
  circumstances: Circumstances,
  body: (ipc: Ipc, ...args: A) => unknown,
  ...args: A
): Promise<Outcome> {
  return attempting(circumstances, body, ...args).outcome();
}

/** The same, while it runs. */
export interface Attempt {
  readonly program: Program;
  outcome(): Promise<Outcome>;
  /** The system calls in strace's log. */
  calls(): string[];
}

export function attempting<A extends Json[]>(
  circumstances: Circumstances,
  body: (ipc: Ipc, ...args: A) => unknown,
  ...args: A
): Attempt {
  const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-attempt-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'strace');
  const { user, groups, sysctl, everyFile } = circumstances;
  const order = JSON.stringify({ source: body.toString(), args, user, groups, sysctl, everyFile });
  const [command, ...words] = [
    ...wrappers(circumstances, log),
    process.execPath,
    fixture('errno/attempt.mjs'),
    order,
  ];
  const program = start(command, words, { input: '' });
  return {
    program,
    async outcome() {
      const { code, signal, stdout, stderr } = await program.ended;
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
      return JSON.parse(stdout.split('\n').at(-1) ?? '');
    },
    calls() {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
      return lines.filter((line) => /^\d+ +(\w+\(|<\.\.\. )/.test(line));
    },
  };
}

/** What an attempt comes to when the system refuses it so. */
export function refused(code: string, syscall: string, about: Refusal, hint?: RegExp): Outcome {
  return expect.objectContaining({
    error: { name: 'IpcError', code, errno: -errnoOf(code), syscall, ...about },
    message: expect.stringContaining(`${code}: `),
    ...(hint && { hint: expect.stringMatching(hint) }),
  });
}

/** What a call in this process comes to. */
export function outcomeOf(body: () => unknown): Outcome {
  try {
    return { value: body() as Json };
  } catch (thrown) {
    const { name, message, code, errno, syscall, path, key, id, hint } =
      thrown as Required<Outcome>['error'] & Outcome;
    const about = Object.entries({ path, key, id }).filter(([, value]) => value !== undefined);
    return {
      error: { name, code, errno, syscall, ...Object.fromEntries(about) },
      ...(message !== undefined && { message }),
      ...(hint !== undefined && { hint }),
    };
  }
}

/** The programs that make the circumstances, each of which runs the next. */
function wrappers({ limits, sysctl, shm, inject, on, trace }: Circumstances, log: string): string[] {
  const words: string[] = [];
  if (sysctl || shm) words.push('unshare', '--ipc', '--mount');
  if (shm) words.push('sh', '-c', `mount -t tmpfs -o size=${shm},mode=1777 none /dev/shm && exec "$@"`, 'sh');
  for (const [name, value] of Object.entries(limits ?? {})) words.push('prlimit', `--${name}=${value}`);
  if (inject || trace) {
    const calls = [inject?.split(':')[0], trace].filter(Boolean).join(',');
    words.push('strace', '-f', '-qq', '-o', log, '-e', `trace=${calls}`);
    if (inject) words.push('-e', `inject=${inject}`);
    if (on) words.push('-P', on);
  }
  return words;
}

function errnoOf(code: string): number {
  const number = { ...constants.errno, EOWNERDEAD: 130, ENOTRECOVERABLE: 131 }[code];
  if (number === undefined) throw new Error(`no errno ${code}`);
  return number;
}
