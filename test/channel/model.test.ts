import fc from 'fast-check';
import { Channel } from 'posix-ipc';
import { describe, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { stress, watchdog } from '../helpers/stress.js';
import { capacity, commands, type Real } from './commands.js';
import { at, codeOf, words } from './made.js';

// Any sequence of calls on one channel does what a list of messages, and a count of bytes, say it does.
leaveNothing();

describe.each([
  ['one', 'one'],
  ['many', 'one'],
  ['one', 'many'],
  ['many', 'many'],
] as const)('a channel of %s writers and %s readers', (writers, readers) => {
  test(
    'does what a list does, whatever is called, wherever its positions begin',
    async () => {
      const starts = fc.constantFrom(0, -1000, 2 ** 31 - 1000);
      await fc.assert(
        fc.asyncProperty(
          starts,
          fc.commands(commands, { maxCommands: 120, size: 'max' }),
          async (start, calls) => {
            const path = name();
            using channel = Channel.create(path, { capacity, writers, readers });
            const all = words(path);
            all[at.tail] = all[at.head] = start & ~7;
            const real: Real = {
              channel,
              writer: channel.writer(),
              reader: channel.reader(),
              offset: undefined,
              lease: undefined,
              into: Buffer.alloc(capacity),
            };
            try {
              await fc.asyncModelRun(
                () => ({ model: { messages: [], claim: undefined, leased: false }, real }),
                calls,
              );
            } finally {
              real.lease?.[Symbol.dispose]();
              if (codeOf(() => real.writer.close()) === 'EBUSY') real.writer.abort(real.offset as number);
            }
          },
        ),
        { numRuns: 60 * stress },
      );
    },
    watchdog(60_000),
  );
});
