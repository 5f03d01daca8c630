import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { runFixture } from '../helpers/program.js';

leaveNothing();

describe('a lock whose file another process has cut off ends the waits of', () => {
  test.each([
    ['a writer whose time is over, and the process goes on', 'writer', ['ETIMEDOUT', 'ESTALE']],
    ['a writer behind a reader that unlocks', 'behindReader', ['ESTALE', 'ESTALE']],
    ['a writer whose handle is closed', 'closedWriter', [null, 'EBADF']],
    ['one at a barrier that is closed', 'closedBarrier', [null, 'EBADF']],
  ])('%s', async (_, how, answers) => {
    const { code, stdout, stderr } = await runFixture('sync/spoilt-while-waiting.mjs', [uniqueName(), how]);
    expect({ code, stderr, told: code === 0 && JSON.parse(stdout) }).toEqual({
      code: 0,
      stderr: '',
      told: answers,
    });
  });
});
