import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { runFixture } from '../helpers/program.js';

leaveNothing();

test('a process whose tasks have waited for one another ends', async () => {
  const { code, stderr } = await runFixture('sync/ends-after-waiting.mjs', [uniqueName()]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
