import { Channel } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { closing, peer } from '../helpers/peer.js';
import { fixture, type Program, start } from '../helpers/program.js';
import { stress, watchdog } from '../helpers/stress.js';
import { blocked } from '../helpers/until.js';
import { made, words } from './made.js';

// One writer and one reader, each in a process of its own.
leaveNothing();

const count = 3000 * stress;

const begin = (program: string, ...args: (string | number)[]): Program =>
  start(process.execPath, [fixture(`channel/${program}.mjs`), ...args.map(String)], {
    timeout: watchdog(50_000),
  });

async function finished(program: Program): Promise<string> {
  const { code, signal, stdout, stderr } = await program.ended;
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return stdout;
}

/** COUNT messages of random sizes from one process to another: all, in order, whole. */
async function exchange(sending: string, receiving: string, options = {}) {
  const { path, channel } = made({ capacity: 4096, ...options });
  const reader = begin('read', path, receiving, count, 'every');
  await reader.printed('reading');
  const writer = begin('write', path, sending, 1, 0, count);
  expect(await finished(writer)).toBe('writing\nwritten\n');
  expect(await finished(reader)).toBe(`reading\nread ${count} 1.${count - 1}\n`);
  expect(channel.stats().used).toBe(0);
}

const sendings = [
  'trySend',
  'send',
  'sendSync',
  'trySendMany',
  'sendMany',
  'sendManySync',
  'claim',
  'claimSync',
];
const receivings = [
  'tryReceive',
  'receive',
  'receiveSync',
  'tryReceiveInto',
  'receiveInto',
  'receiveIntoSync',
  'drain',
  'lease',
  'leaseSync',
  'messages',
];

describe('messages of random sizes come all, in order and whole', () => {
  test.each(sendings)('%s, to a reader that sleeps', async (way) => {
    await exchange(way, 'receiveSync');
    await exchange(way, 'receive', { writers: 'many' });
  });

  test.each(receivings)('%s, of a writer that sleeps', async (way) => {
    await exchange('sendSync', way);
    await exchange('send', way, { readers: 'many' });
  });
});

test('positions cross 2^32 between two processes', async () => {
  const { path } = made();
  const all = words(path);
  all[1024] = all[1056] = -100_000;
  const reader = begin('read', path, 'receive', count, 'every');
  await reader.printed('reading');
  await finished(begin('write', path, 'send', 1, 0, count));
  expect(await finished(reader)).toContain(`read ${count}`);
  expect(all[1024]).toBeGreaterThan(0);
});

describe('who sleeps in another process is woken', () => {
  // Longer than the futex is slept on at first, and longer than the later looks go on.
  const naps = [0, 5, 150];

  test.each(['receive', 'receiveSync'])('a reader, by a message: %s', async (verb) => {
    const { path, channel } = made();
    const writer = channel.writer();
    const other = await peer({ channel: path, role: 'reader' });
    for (const nap of naps) {
      const { told } = await other.block(verb, {});
      await new Promise((resolve) => setTimeout(resolve, nap));
      expect(writer.trySend(`after ${nap}`)).toBe(true);
      expect(await told).toEqual({ value: `after ${nap}` });
    }
    expect(writer.rings).toBe(naps.length);
  });

  test.each(['send', 'sendSync'])('a writer, by room: %s', async (verb) => {
    const { path, channel } = made();
    const reader = channel.reader();
    const other = await peer({ channel: path, role: 'writer' });
    for (const nap of naps) {
      const filled = 'x'.repeat(4000);
      expect((await other.ask('trySend', { data: filled })).value).toBe(true);
      const { told } = await other.block(verb, { data: `after ${nap}`.padEnd(100) });
      await new Promise((resolve) => setTimeout(resolve, nap));
      expect(reader.tryReceive()).toHaveLength(4000);
      expect((await told).code).toBeUndefined();
      expect(reader.receiveSync().toString()).toBe(`after ${nap}`.padEnd(100));
    }
    expect(reader.rings).toBe(naps.length);
  });

  test('one that was stopped meanwhile has missed nothing', async () => {
    const { path, channel } = made();
    const writer = channel.writer();
    const other = await peer({ channel: path, role: 'reader' });
    const { told } = await other.block('receive', {});
    other.program.child.kill('SIGSTOP');
    for (const data of ['first', 'second']) writer.trySend(data);
    other.program.child.kill('SIGCONT');
    expect(await told).toEqual({ value: 'first' });
    expect(await other.ask('receive', {})).toEqual({ value: 'second' });
  });
});

test('who waits in vain sleeps: a process that is asleep is not woken by what it does not wait for', async () => {
  const { path, channel } = made();
  const writer = channel.writer();
  const other = await peer({ channel: path, role: 'reader' });
  const { told } = await other.block('receiveSync', {});
  for (let round = 0; round < 5; round++) closing(Channel.open(path)).close();
  await blocked(other.program.pid);
  writer.trySend('only this');
  expect(await told).toEqual({ value: 'only this' });
});

describe('a message is seen by another process', () => {
  test('when trySend returns, and not before its claim is committed', async () => {
    const { path, channel } = made();
    const writer = channel.writer();
    const other = await peer({ channel: path, role: 'reader' });
    expect(await other.ask('tryReceive')).toEqual({});
    const offset = writer.tryClaim(7) as number;
    writer.block.write('claimed', offset);
    expect(await other.ask('tryReceive')).toEqual({});
    writer.commit(offset);
    expect(await other.ask('tryReceive')).toEqual({ value: 'claimed' });
    writer.trySend('sent');
    expect(await other.ask('drain')).toEqual({ value: ['sent'] });
  });
});
