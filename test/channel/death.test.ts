import { setTimeout as sleep } from 'node:timers/promises';
import { Channel, type ChannelReader } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { closing, peer } from '../helpers/peer.js';
import { ipcError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';
import { drained, made } from './made.js';

// One side is killed, or leaves: what the other one gets, and who goes on.
leaveNothing();

const kinds = ['one', 'many'] as const;
const whole = async (reader: ChannelReader) => {
  const found: string[] = [];
  for await (const message of reader) found.push(message.toString());
  return found;
};
const settled = async (wait: Promise<unknown>) => (await Promise.allSettled([wait]))[0];

describe.each(kinds)('a reader whose writer is killed, with %s of each', (many) => {
  async function orphans() {
    const { path, channel } = made({ writers: many, readers: many });
    const writer = await peer({ channel: path, role: 'writer' });
    return { path, channel, writer, reader: channel.reader() };
  }
  const gone = (path: string) =>
    ipcError('EPIPE', 'receive', { path, hint: expect.stringContaining('persistent: true') });

  test('gets all that was sent, then EPIPE, in every way', async () => {
    const { path, channel, writer, reader } = await orphans();
    for (const data of ['a', 'b', 'c']) await writer.ask('trySend', { data });
    await writer.ask('tryClaim', { data: 'never' });
    await writer.kill();
    expect((await reader.receive()).toString()).toBe('a');
    expect(reader.receiveSync().toString()).toBe('b');
    expect(drained(reader)).toEqual(['c']);
    await expect(reader.receive()).rejects.toEqual(gone(path));
    await expect(reader.lease()).rejects.toEqual(gone(path));
    await expect(reader.receiveInto(Buffer.alloc(9))).rejects.toEqual(gone(path));
    for (const call of [
      () => reader.receiveSync(),
      () => reader.leaseSync(),
      () => reader.receiveIntoSync(Buffer.alloc(9)),
    ])
      expect(call).toThrow(gone(path));
    expect([reader.tryReceive(), drained(reader), reader.closed]).toEqual([undefined, [], false]);
    channel.writer().trySend('of the next');
    expect((await reader.receive()).toString()).toBe('of the next');
  });

  test('while it sleeps gets EPIPE, and a loop throws it after the last message', async () => {
    const { path, writer, reader } = await orphans();
    await writer.ask('trySend', { data: 'a' });
    const found: string[] = [];
    const loop = settled(
      (async () => {
        for await (const message of reader) found.push(message.toString());
      })(),
    );
    await sleep(120);
    await writer.ask('trySend', { data: 'last' });
    await writer.kill();
    expect(await loop).toEqual({ status: 'rejected', reason: gone(path) });
    expect(found).toEqual(['a', 'last']);
  });

  test('while it sleeps by Sync gets EPIPE, whether for short or for long', async () => {
    for (const nap of [0, 120]) {
      const { path, channel } = made({ writers: many, readers: many });
      const writer = await peer({ channel: path, role: 'writer' });
      const reader = await peer({ channel: path, role: 'reader' });
      const { told } = await reader.block('receiveSync', {});
      await sleep(nap);
      await writer.kill();
      expect(await told).toEqual({ code: 'EPIPE', syscall: 'receive' });
      channel.close();
    }
  });

  test('waits for the next one where it is persistent', async () => {
    const { path, channel } = made({ writers: many, readers: many });
    const writer = await peer({ channel: path, role: 'writer' });
    const here = channel.reader({ persistent: true });
    const options = { persistent: true };
    const there = many === 'many' ? await peer({ channel: path, role: 'reader', options }) : undefined;
    const asleep = await there?.block('receiveSync', {});
    const waiting = here.receive();
    await writer.kill();
    await expect(here.receive({ timeout: 150 })).rejects.toThrow('ETIMEDOUT');
    const next = channel.writer();
    next.trySendMany(['a', 'b']);
    const got = [(await waiting).toString(), (await asleep?.told)?.value ?? here.receiveSync().toString()];
    expect(got.sort()).toEqual(['a', 'b']);
  });

  test('waits for the first one, however long it takes', async () => {
    const { channel } = made({ writers: many, readers: many });
    const reader = channel.reader();
    const waiting = reader.receive();
    expect(await Promise.race([settled(waiting), sleep(250)])).toBeUndefined();
    channel.writer().trySend('at last');
    expect((await waiting).toString()).toBe('at last');
  });

  test('of whose death it was told is not told of it again when the next one has closed', async () => {
    const { path, reader, writer } = await orphans();
    const others = many === 'many' ? [await peer({ channel: path, role: 'writer' })] : [];
    for (const each of [writer, ...others]) await each.kill();
    await expect(reader.receive()).rejects.toEqual(gone(path));
    for (const text of ['a', 'b']) {
      const next = await peer({ channel: path, role: 'writer' });
      const found = whole(reader);
      await next.ask('trySend', { data: text });
      await next.ask('close');
      expect(await found).toEqual([text]);
    }
  });

  test('that closes instead ends the loop quietly, and is EPIPE for who asks for one', async () => {
    const { path, channel, writer, reader } = await orphans();
    await writer.ask('trySend', { data: 'a' });
    const found: string[] = [];
    const loop = (async () => {
      for await (const message of reader) found.push(message.toString());
    })();
    await writer.ask('trySend', { data: 'b' });
    await writer.ask('close');
    await loop;
    expect(found).toEqual(['a', 'b']);
    await expect(reader.receive()).rejects.toEqual(gone(path));
    await writer.kill();
    const there = await peer({ channel: path, role: 'writer' });
    const again = (async () => {
      for await (const message of reader) found.push(message.toString());
    })();
    await there.ask('trySend', { data: 'c' });
    await there.ask('forget');
    await again;
    expect([found, channel.closed]).toEqual([['a', 'b', 'c'], false]);
  });
});

test("a reader is told of a death among many writers when the last one has closed, whoever took the dead one's seat", async () => {
  const { path, channel } = made({ writers: 'many' });
  const reader = channel.reader();
  const living = await peer({ channel: path, role: 'writer' });
  const victim = await peer({ channel: path, role: 'writer' });
  await victim.kill();
  const heir = await peer({ channel: path, role: 'writer' });
  await heir.ask('close');
  await living.ask('close');
  await expect(whole(reader)).rejects.toEqual(ipcError('EPIPE', 'receive', { path }));
});

describe.each(kinds)('a writer whose reader is killed, with %s of each', (many) => {
  test.each(['send', 'sendSync'])('while it waits for room gets EPIPE: %s', async (verb) => {
    for (const nap of [0, 120]) {
      const { path, channel } = made({ writers: many, readers: many });
      const reader = await peer({ channel: path, role: 'reader' });
      const writer = await peer({ channel: path, role: 'writer' });
      await writer.ask('trySend', { data: 'x'.repeat(4000) });
      const { told } = await writer.block(verb, { data: 'y'.repeat(200) });
      await sleep(nap);
      await reader.kill();
      expect(await told).toEqual({ code: 'EPIPE', syscall: 'send' });
      // What fits is sent: for the next one.
      expect((await writer.ask('trySend', { data: 'z' })).value).toBe(true);
      const next = channel.reader();
      expect(drained(next).map(({ length }) => length)).toEqual([4000, 1]);
      channel.close();
    }
  });

  test('waits for the next one where it is persistent, or where none has come yet', async () => {
    const { path, channel } = made({ writers: many, readers: many });
    const writer = channel.writer({ persistent: true });
    writer.trySend(Buffer.alloc(4000));
    const first = writer.send(Buffer.alloc(200));
    expect(await Promise.race([settled(first), sleep(150)])).toBeUndefined();
    const reader = await peer({ channel: path, role: 'reader' });
    expect((await reader.ask('tryReceive')).value).toHaveLength(4000);
    await first;
    writer.trySend(Buffer.alloc(3800));
    const second = writer.send(Buffer.alloc(300));
    await reader.kill();
    expect(await Promise.race([settled(second), sleep(150)])).toBeUndefined();
    expect(channel.reader().tryReceive()).toHaveLength(200);
    await expect(writer.send(Buffer.alloc(3000), { timeout: 1 })).rejects.toThrow('ETIMEDOUT');
  });
});

describe.each(kinds)('a reader that is killed, with %s of each', (many) => {
  async function begun() {
    const { path, channel } = made({ writers: many, readers: many });
    channel.writer().trySendMany(Array.from({ length: 200 }, (_, index) => `${index}`));
    return { channel, path, other: await peer({ channel: path, role: 'reader' }) };
  }

  test('is followed by one that goes on at the exact message', async () => {
    const { channel, path, other } = await begun();
    for (let number = 0; number < 70; number++)
      expect((await other.ask('tryReceive')).value).toBe(`${number}`);
    await other.kill();
    const next = await peer({ channel: path, role: 'reader' });
    expect((await next.ask('receive', {})).value).toBe('70');
    await next.kill();
    expect(drained(channel.reader())[0]).toBe('71');
  });

  test('leaves the message that it had leased to the next one', async () => {
    const { channel, other } = await begun();
    await other.ask('tryLease');
    await other.ask('release');
    expect((await other.ask('tryLease')).value).toBe('1');
    await other.kill();
    expect(channel.reader().receiveSync().toString()).toBe('1');
  });

  test.each([
    [1, 0],
    [64, 0],
    [65, 64],
    [150, 128],
  ])('in a drain at message %i leaves those from %i on to the next one', async (after, from) => {
    const { channel, other } = await begun();
    void other.begin('dieInDrain', { after }).catch(() => {});
    await other.program.ended;
    const reader = channel.reader();
    expect((await reader.receive()).toString()).toBe(`${from}`);
  });
});

test.each(kinds)('a writer that is killed with an open claim is followed by the next: %s', async (many) => {
  const { path, channel } = made({ writers: many });
  const writer = await peer({ channel: path, role: 'writer' });
  for (let round = 0; round < 3; round++) {
    const killed = round === 0 ? writer : await peer({ channel: path, role: 'writer' });
    await killed.ask('trySend', { data: `whole ${round}` });
    await killed.ask('tryClaim', { data: 'half' });
    await killed.kill();
  }
  const next = closing(Channel.open(path)).writer();
  expect(next.trySend('next')).toBe(true);
  expect(drained(channel.reader())).toEqual(['whole 0', 'whole 1', 'whole 2', 'next']);
});

describe.each(['receive', 'receiveSync'])(
  'a message that is sent while the reader asks whether its writer lives',
  (verb) => {
    testWith('strace')(`comes before the news that it was killed: ${verb}`, async () => {
      const { path } = made();
      const writer = await peer({ channel: path, role: 'writer' });
      // The first two take a seat: the writer has the one before.
      const inject = ['-e', 'trace=fcntl', '-e', 'inject=fcntl:delay_enter=1500000:when=3'];
      const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-P', `/dev/shm${path}`, ...inject];
      const reader = await peer({ channel: path, role: 'reader' }, { under });
      const asked = reader.begin(verb, {});
      await sleep(500);
      await writer.ask('trySend', { data: 'just in time' });
      await writer.kill();
      expect(await (await asked).told).toEqual({ value: 'just in time' });
      expect(await reader.ask(verb, {})).toEqual({ code: 'EPIPE', syscall: 'receive' });
      reader.program.child.stdin.end();
      await reader.program.ended;
    });
  },
);
