import { Channel } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { closing, peer } from '../helpers/peer.js';
import { fixture, type Program, start } from '../helpers/program.js';
import { stress, watchdog } from '../helpers/stress.js';
import { drained, made } from './made.js';

// Many writers and many readers, each in a process of its own.
leaveNothing();

const count = 1500 * stress;
const timeout = watchdog(60_000);

const begin = (program: string, ...args: (string | number)[]): Program =>
  start(process.execPath, [fixture(`channel/${program}.mjs`), ...args.map(String)], { timeout });

async function finished(program: Program): Promise<string> {
  const { code, signal, stdout, stderr } = await program.ended;
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return stdout;
}

/** What several readers got: each prints its messages at its end, which comes when all writers have gone. */
async function received(readers: Program[]): Promise<string[][]> {
  const said = await Promise.all(readers.map(finished));
  return said.map((text) => (/^read (.*)$/m.exec(text)?.[1] ?? '').split(' ').filter(Boolean));
}

const sendings = ['send', 'sendSync', 'sendMany', 'claim'];

test.each(['receive', 'receiveSync', 'drain'])(
  '4 writers, one reader (%s): each message once, each writer in order',
  async (way) => {
    const { path, channel } = made({ writers: 'many' });
    // Else the reader is alone as long as the first has left and the second has not come.
    channel.writer();
    const reader = begin('read', path, way, 4 * count, 'every');
    await reader.printed('reading');
    await Promise.all(
      sendings.map((sending, number) => finished(begin('write', path, sending, number, 0, count))),
    );
    expect(await finished(reader)).toMatch(new RegExp(`^reading\nread ${4 * count} \\d\\.${count - 1}\n$`));
    expect(channel.stats().used).toBe(0);
  },
  timeout,
);

test(
  '4 writers, 3 readers: each message to one of them, each writer in order for each',
  async () => {
    for (const ways of [
      ['receive', 'receiveSync', 'leaseSync'],
      ['messages', 'receiveInto', 'lease'],
    ]) {
      const { path, channel } = made({ writers: 'many', readers: 'many' });
      const last = channel.writer();
      const readers = ways.map((way) => begin('read', path, way, 'Infinity'));
      await Promise.all(readers.map((reader) => reader.printed('reading')));
      await Promise.all(
        sendings.map((sending, number) => finished(begin('write', path, sending, number, 0, count))),
      );
      last.close();
      const all = (await received(readers)).flat();
      const sent = sendings.flatMap((_, writer) =>
        Array.from({ length: count }, (_, number) => `${writer}.${number}`),
      );
      expect(all.sort()).toEqual(sent.sort());
      expect(channel.stats().used).toBe(0);
    }
  },
  timeout,
);

test(
  'one reader of three is killed again and again: the others get the rest, each message at most once',
  async () => {
    const { path, channel } = made({ writers: 'many', readers: 'many' });
    const last = channel.writer();
    const readers = ['receive', 'receiveSync'].map((way) => begin('read', path, way, 'Infinity'));
    await Promise.all(readers.map((reader) => reader.printed('reading')));
    const writing = sendings.map((sending, number) =>
      finished(begin('write', path, sending, number, 0, count)),
    );
    for (let round = 0; round < 4; round++) {
      const victim = begin('read', path, ['receiveSync', 'receive', 'lease', 'drain'][round], 'Infinity');
      await victim.printed('reading');
      await new Promise((resolve) => setTimeout(resolve, 10 * round));
      victim.child.kill('SIGKILL');
      await victim.ended;
    }
    await Promise.all(writing);
    last.close();
    const all = (await received(readers)).flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(0);
    expect(channel.stats().used).toBe(0);
  },
  timeout,
);

describe('one of many that is killed in its turn', () => {
  test.each(['send', 'sendSync'])(
    'with an open claim: the next writer goes on, also one that slept: %s',
    async (verb) => {
      for (const nap of [0, 120]) {
        const { path, channel } = made({ writers: 'many' });
        const victim = await peer({ channel: path, role: 'writer' });
        const waiting = await peer({ channel: path, role: 'writer' });
        await victim.ask('trySend', { data: 'whole' });
        expect((await victim.ask('tryClaim', { data: 'half' })).value).toBe(true);
        const here = closing(Channel.open(path)).writer();
        expect(here.trySend('too early')).toBe(false);
        const { told } = await waiting.block(verb, { data: 'there' });
        const pending = here.send('here');
        await new Promise((resolve) => setTimeout(resolve, nap));
        await victim.kill();
        await pending;
        expect((await told).code).toBeUndefined();
        const [whole, ...others] = drained(channel.reader());
        expect([whole, others.sort()]).toEqual(['whole', ['here', 'there']]);
      }
    },
  );

  test.each(['receive', 'receiveSync'])(
    'with a lease: the next reader gets that message, also one that slept: %s',
    async (verb) => {
      for (const nap of [0, 120]) {
        const { path, channel } = made({ readers: 'many' });
        const writer = channel.writer();
        writer.trySendMany(['a', 'b']);
        const victim = await peer({ channel: path, role: 'reader' });
        const waiting = await peer({ channel: path, role: 'reader' });
        expect((await victim.ask('tryLease')).value).toBe('a');
        const here = closing(Channel.open(path)).reader();
        expect(here.tryReceive()).toBeUndefined();
        const { told } = await waiting.block(verb, {});
        const pending = here.receive();
        await new Promise((resolve) => setTimeout(resolve, nap));
        await victim.kill();
        expect([(await pending).toString(), (await told).value].sort()).toEqual(['a', 'b']);
      }
    },
  );
});

test('of many writers one that leaves or dies ends nothing: EPIPE when the last one has gone', async () => {
  const { path, channel } = made({ writers: 'many' });
  const writers = await Promise.all([1, 2, 3].map(() => peer({ channel: path, role: 'writer' })));
  const reader = channel.reader();
  const outcome = reader.receive().catch(({ code }) => code);
  await writers[0].kill();
  await writers[1].ask('close');
  await writers[2].ask('trySend', { data: 'still here' });
  expect(String(await outcome)).toBe('still here');
  const last = reader.receive().catch(({ code }) => code);
  await writers[2].ask('close');
  expect(await last).toBe('EPIPE');
  // One of them was killed.
  await expect(reader.messages().next()).rejects.toThrow('EPIPE');
});
