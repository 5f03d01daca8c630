import { expect } from 'vitest';
import { run } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

// The C++ part has sanitizers of its own, and is the same for every addon.
const options = process.env.POSIX_IPC_PREBUILD === undefined ? [] : ['--mutations', '5000'];

testWith('no sanitizer')(
  'garbage under live handles and in files ends no process and keeps no call waiting',
  async () => {
    const { code, stdout, stderr } = await run(process.execPath, ['scripts/fuzz.cjs', ...options], {
      timeout: 600_000,
    });
    expect({ code, stderr, last: stdout.trim().split('\n').pop() }, stdout).toMatchObject({
      code: 0,
      last: expect.stringMatching(/^[1-9]\d* mutations, 0 crashes, 0 hangs$/),
    });
  },
  660_000,
);
