import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { survives } from '../helpers/survives.js';
import { testWith } from '../helpers/tools.js';

// Not in the list: what else JavaScript could do to end the process. Each in a process of its own.
leaveNothing();

test('handle, buffer, view and bound calls are collected in any order', async () => {
  await survives('gc-in-any-order');
});

test('close and resize leave alone what the thread pool is doing with the bytes', async () => {
  await survives('closed-under-the-pool');
});

test('every view ever taken survives 300 resizes', async () => {
  await survives('resized-under-views');
});

test('a worker that holds everything is terminated, and lets go of all of it', async () => {
  await survives('worker-terminated');
});

test.each(['at once', 'in the middle', 'with workers'])(
  'process.exit ends with everything open (%s)',
  async (way) => {
    await survives('exit-with-everything-open', { words: [way], code: 7 });
  },
);

test('two workers and the main thread use the same objects at once', async () => {
  await survives('threads-at-once');
});

test('memory is opened, viewed and closed 70,000 times without a turn of the loop', async () => {
  await survives('opened-70000-times');
});

testWith('no sanitizer')('no memory left is an error of the call', async () => {
  await survives('no-memory-left', { under: ['prlimit', `--as=${1800 * 2 ** 20}`] });
});

testWith('another user')('no thread left is an error of the call', async () => {
  await survives('no-thread-left');
});

test('whoever imports the package runs nothing and prints nothing', async () => {
  expect(await survives('imported-only')).toBe('');
});
