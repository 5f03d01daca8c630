import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { fixture, run } from '../helpers/program.js';

// Threads of one process are writers and readers like processes.
leaveNothing();

test.each([
  'both sides',
  'terminated with everything open',
  'terminated while messages come',
  'process.exit',
  'ends by itself',
])('worker threads: %s', async (way) => {
  const words = [fixture('channel/workers.mjs'), uniqueName(), way];
  const { code, signal, stdout, stderr } = await run(process.execPath, words);
  expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'done\n', stderr: '' });
});
