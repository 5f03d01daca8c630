import { Channel } from 'posix-ipc';
import { expect } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, type Program, start } from '../helpers/program.js';
import { withPeerInC } from './peers.js';

leaveNothing();

const count = 3000;
const watchdog = { timeout: 100_000 };

type Start = (...words: (string | number)[]) => Program;
const startNode: Start = (...words) =>
  start(process.execPath, [fixture('channel/exchange.mjs'), ...words.map(String)], watchdog);

/** So small that both sides find it full or empty again and again. */
function fresh(writers: 'one' | 'many', readers: 'one' | 'many'): Channel {
  return closing(Channel.create(name(), { capacity: 4096, writers, readers }));
}

/** The lines of a program that has ended well. */
async function lines(program: Program): Promise<string[]> {
  const { stdout, ...how } = await program.ended;
  expect(how).toEqual({ code: 0, signal: null, stderr: '' });
  return stdout.trim().split('\n');
}

withPeerInC('channel', (peer, test) => {
  const startC: Start = (...words) => peer.start(...words);
  const sides = {
    C: { start: startC, writes: ['send', 'claim', 'many'], reads: ['receive', 'lease', 'drain'] },
    Node: {
      start: startNode,
      writes: ['send', 'sendSync', 'claim', 'claimSync', 'many', 'manySync'],
      reads: ['receive', 'receiveSync', 'into', 'intoSync', 'lease', 'leaseSync', 'drain'],
    },
  };
  const ways = [
    { from: 'C', to: 'Node' },
    { from: 'Node', to: 'C' },
  ] as const;

  for (const { from, to } of ways) {
    const { writes } = sides[from];
    const { reads } = sides[to];
    for (let pair = 0; pair < Math.max(writes.length, reads.length); pair++) {
      const write = writes[pair % writes.length];
      const read = reads[pair % reads.length];
      for (const many of ['one', 'many'] as const) {
        test(`all that ${from} sends (${write}) comes to ${to} (${read}) once and in order: ${many}`, async () => {
          const { name } = fresh(many, many);
          const reader = sides[to].start('read', name, read);
          await reader.printed('ready');
          const writer = sides[from].start('write', name, 3, count, write);
          expect(await lines(writer)).toEqual(['']);
          expect(await lines(reader)).toEqual(['ready', `3 ${count}`, 'EPIPE']);
        }, 120_000);
      }
    }

    test(`${to} asleep at a channel is told of the death of its writer in ${from}, and of its reader`, async () => {
      const { name } = fresh('one', 'one');
      const writer = sides[from].start('sit', name, 'writer');
      await writer.printed('ready');
      const reader = sides[to].start('read', name, 'receive');
      await reader.printed('ready');
      writer.child.kill('SIGKILL');
      expect(await lines(reader)).toEqual(['ready', 'EPIPE']);

      const dead = sides[from].start('sit', name, 'reader');
      await dead.printed('ready');
      const sender = sides[to].start('write', name, 1, 100_000, 'send');
      dead.child.kill('SIGKILL');
      expect(await lines(sender)).toEqual(['EPIPE']);
    }, 120_000);
  }

  test('writers and readers in both languages share one channel', async () => {
    const channel = fresh('many', 'many');
    // Else the first to be done would be the end of all.
    const held = channel.writer();
    const readers = [startC('read', channel.name, 'receive'), startC('read', channel.name, 'lease')];
    readers.push(startNode('read', channel.name, 'receive'), startNode('read', channel.name, 'drain'));
    for (const reader of readers) await reader.printed('ready');
    const writers = ['claim', 'send', 'many', 'send'].map((form, id) =>
      (id % 2 === 0 ? startC : startNode)('write', channel.name, id, count, form),
    );
    for (const writer of writers) expect(await lines(writer)).toEqual(['']);
    held.close();
    const sums = [0, 0, 0, 0];
    for (const reader of readers) {
      const [, ...told] = await lines(reader);
      expect(told.pop()).toBe('EPIPE');
      for (const [id, of] of told.map((line) => line.split(' ').map(Number))) sums[id] += of;
    }
    expect(sums).toEqual([count, count, count, count]);
  }, 120_000);
});
