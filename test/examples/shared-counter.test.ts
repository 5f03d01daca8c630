import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../helpers/markdown.js';
import { start } from '../helpers/program.js';

const example = join(root, 'examples/shared-counter.mjs');

async function count(...words: string[]) {
  const program = start(process.execPath, [example, ...words], { timeout: 500_000, input: '' });
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const left = readdirSync('/dev/shm').filter((name) => name.includes(`counter-${program.pid}`));
  expect(left).toEqual([]);
  const lines = stdout.matchAll(/^(\S.*?) +(\d+) {3}lost (\d+) {3}/gm);
  return [...lines].map(([, way, counted, lost]) => ({ way, counted: Number(counted), lost: Number(lost) }));
}

test('of a million increments by each of two processes none is lost, except without a lock', async () => {
  const [unlocked, ...locked] = await count();
  expect(unlocked.way).toBe('no lock');
  expect(unlocked.lost).toBeGreaterThan(0);
  expect(unlocked.counted).toBe(2_000_000 - unlocked.lost);
  const all = { counted: 2_000_000, lost: 0 };
  expect(locked).toEqual([
    { way: 'Mutex', ...all },
    { way: 'Semaphore', ...all },
    { way: 'Atomics', ...all },
    { way: 'SemaphoreSet with undo', ...all },
  ]);
}, 520_000);

test('it counts as far as it is told, in the ways it is told', async () => {
  const expected = [
    { way: 'Mutex', counted: 200, lost: 0 },
    { way: 'Atomics', counted: 200, lost: 0 },
  ];
  expect(await count('--count', '100', 'Mutex', 'Atomics')).toEqual(expected);
});
