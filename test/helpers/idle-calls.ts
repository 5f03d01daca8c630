import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { run } from './program.js';

/** That a program which waits for three seconds, after it has printed `waiting`, makes less than 2 system calls a second. */
export async function expectIdle(words: string[], stdout: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-idle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'strace');
  const ended = await run('strace', ['-f', '-qq', '-ttt', '-o', log, process.execPath, ...words]);
  expect(ended).toMatchObject({ code: 0, stdout, stderr: '' });
  const calls = readFileSync(log, 'utf8')
    .split('\n')
    .map((line) => ({ line, at: Number(line.split(/ +/)[1]) }));
  const begun = calls.find(({ line }) => line.includes('write(1, "waiting'))?.at ?? Number.NaN;
  // The first half second is for the threads of Node to come to rest, and for the later looks.
  const idle = calls.filter(({ at }) => at > begun + 0.5 && at < begun + 2.9);
  expect(idle.map(({ line }) => line).slice(0, 5)).toHaveLength(Math.min(idle.length, 4));
}
