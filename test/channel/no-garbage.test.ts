import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { fixture, run } from '../helpers/program.js';
import { stress, watchdog } from '../helpers/stress.js';

leaveNothing();

const count = 500_000 * stress;

describe.each(['one', 'many'])('%s of each side', (many) => {
  test.each(['trySend and drain', 'tryClaim and tryReceiveInto'])(
    'send and receive without a run of the garbage collector: %s',
    async (way) => {
      const words = [
        '--expose-gc',
        fixture('channel/no-garbage.mjs'),
        uniqueName(),
        many,
        way,
        String(count),
      ];
      const { code, stdout, stderr } = await run(process.execPath, words, { timeout: watchdog(60_000) });
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '0 true\n', stderr: '' });
    },
    watchdog(60_000),
  );
});
