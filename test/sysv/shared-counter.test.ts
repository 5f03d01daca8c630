import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { attached, set } from '../helpers/objects.js';
import { runFixture } from '../helpers/program.js';

// The shared counter of textbooks, with a System V semaphore as its lock.
leaveNothing();

const count = 50_000;
const increment = (memory: { id: number }, lock: { id: number }, ...words: string[]) =>
  runFixture('sysv/increment-with-undo.mjs', [String(memory.id), String(lock.id), String(count), ...words]);

test('two processes that take and give one back with undo count to the sum', async () => {
  const memory = attached();
  const lock = set(1);
  const ended = await Promise.all([increment(memory, lock), increment(memory, lock)]);
  for (const { code, stderr } of ended) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(memory.view(Int32Array)[0]).toBe(2 * count);
  expect(lock.values).toEqual([1]);
});

test('one that is killed while it holds the lock gives it back, and the other one counts on', async () => {
  const memory = attached();
  const lock = set(1);
  const [killed, other] = await Promise.all([increment(memory, lock, '1'), increment(memory, lock)]);
  expect(killed.signal).toBe('SIGKILL');
  expect(other).toMatchObject({ code: 0, stderr: '' });
  expect(memory.view(Int32Array)[0]).toBe(2 * count);
  expect(lock.values).toEqual([1]);
});
