import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type TestFunction, test } from 'vitest';

const succeeds = (command: string, ...args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

// Debian's own interpreter: another python3 may come first on PATH and knows nothing of Debian's modules.
export const python = '/usr/bin/python3';

const tools = {
  strace: () => succeeds('strace', '-o', '/dev/null', 'true'),
  python3: () => succeeds(python, '-c', 'pass'),
  'python3-sysv-ipc': () => succeeds(python, '-c', 'import sysv_ipc'),
  gcc: () => succeeds('gcc', '--version'),
  ipcs: () => succeeds('ipcs'),
  /** The file system that lists POSIX queues, at /dev/mqueue. */
  mqueue: () => / \/dev\/mqueue mqueue /.test(readFileSync('/proc/mounts', 'utf8')),
  /** The right to run a program as another user. */
  'another user': () => succeeds('setpriv', '--reuid=65534', '--clear-groups', 'true'),
  /** The right to have mounts and limits of one's own. */
  unshare: () => succeeds('unshare', '--mount', '--ipc', 'true'),
  /** For tests that take away files, memory or mlock, which a sanitizer's own runtime needs or replaces. */
  'no sanitizer': () => process.env.SANITIZE === undefined,
};
export type Tool = keyof typeof tools;

const known = new Map<Tool, boolean>();

function has(name: Tool): boolean {
  const there = known.get(name) ?? tools[name]();
  known.set(name, there);
  return there;
}

/** Whether a tool of the machine is missing, and the words for it. On CI all have to be there. */
export function tool(name: Tool): { missing: boolean; reason: string } {
  const missing = !has(name);
  if (!missing) return { missing, reason: '' };
  if (name === 'no sanitizer') return { missing, reason: 'takes away what the sanitizer itself needs' };
  const reason = `${name} is not available (npm run setup:tools)`;
  if (process.env.CI) throw new Error(reason);
  return { missing, reason };
}

/** `test`, for a test that needs these tools: without them it is skipped, with the reason, or on CI fails. */
export function testWith(...names: Tool[]): (title: string, body: TestFunction, timeout?: number) => void {
  if (names.every(has)) return test;
  return (title) => {
    test(title, (context) =>
      context.skip(
        names
          .map((name) => tool(name).reason)
          .filter(Boolean)
          .join(', '),
      ),
    );
  };
}
