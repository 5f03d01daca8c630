import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import type { WaitEvent } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { expectIdle } from '../helpers/idle-calls.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { fixture } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';
import { testWithoutInotify } from '../helpers/without-inotify.js';
import { pair } from './made.js';

// What a wait costs that nothing ends, and who hears of it.
leaveNothing();

describe.each(['one', 'many'])('readers and writers that wait, %s', (many) => {
  testWith('strace', 'no sanitizer')('make less than 2 calls a second, awaited or by Sync', async () => {
    const words = [fixture('channel/wait-for-three-seconds.mjs'), uniqueName(), many];
    await expectIdle(words, 'waiting\nwaited\n');
  });
});

testWithoutInotify(
  'channel/without-inotify.mjs',
  'ETIMEDOUT\nreceived\nsent\nreceived by Sync\nsent by Sync\nEPIPE receive\nEPIPE receive\nEPIPE send\n',
);

describe('a wait', () => {
  function listening(): ['start' | 'end', WaitEvent][] {
    const events: ['start' | 'end', WaitEvent][] = [];
    for (const which of ['start', 'end'] as const) {
      const listener = (event: unknown) => events.push([which, event as WaitEvent]);
      subscribe(`posix-ipc:wait:${which}`, listener);
      onTestFinished(() => {
        unsubscribe(`posix-ipc:wait:${which}`, listener);
      });
    }
    return events;
  }

  test.each(['send', 'receive'] as const)(
    'tells diagnostics_channel of its start and its end: %s',
    async (operation) => {
      const { path, writer, reader } = pair();
      const events = listening();
      const full = 'x'.repeat(4000);
      if (operation === 'send') await writer.send(full);
      else writer.trySend('there');
      if (operation === 'receive') await reader.receive();
      expect(events).toEqual([]);

      const wait = (options = {}) =>
        operation === 'send' ? writer.send(full, options) : reader.receive(options);
      const about = { operation, path };
      const served = wait();
      expect(events).toEqual([['start', about]]);
      if (operation === 'send') reader.tryReceive();
      else writer.trySend('there');
      await served;
      await expect(wait({ timeout: 1 })).rejects.toThrow('ETIMEDOUT');
      const error = ipcError('ETIMEDOUT', operation);
      expect(events).toEqual([
        ['start', about],
        ['end', about],
        ['start', about],
        ['end', { ...about, error }],
      ]);
    },
  );
});

test('util.inspect shows channels, writers and readers, open or closed', () => {
  const { path, channel, writer, reader } = pair();
  writer.trySend('12345678');
  const plain = { breakLength: Number.POSITIVE_INFINITY };
  expect(inspect(channel, plain)).toBe(
    `Channel { name: '${path}', capacity: 4096, closed: false, used: 16 }`,
  );
  expect(inspect(writer, plain)).toBe(`ChannelWriter { path: '${path}', longest: 4088, closed: false }`);
  expect(inspect(reader, plain)).toBe(`ChannelReader { path: '${path}', closed: false }`);
  channel.close();
  expect(inspect(channel, plain)).toBe(`Channel { name: '${path}', capacity: 4096, closed: true }`);
  expect(inspect({ nested: { writer, reader } }, { colors: true })).toContain('ChannelWriter {');
});
