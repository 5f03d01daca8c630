import { truncateSync } from 'node:fs';
import { Broadcast, type BroadcastMessage, Latest } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { setWide, wide, wordsOf } from './whole.js';

leaveNothing();

function made(capacity = 4096) {
  const path = name();
  const broadcast = closing(Broadcast.create(path, { capacity }));
  return { path, broadcast };
}

const text = (message: BroadcastMessage | undefined) =>
  message === undefined ? undefined : `${message.data} ${message.number} ${message.lost}`;

describe('a broadcast', () => {
  test('gives each reader each message that is sent since it came', () => {
    const { path, broadcast } = made();
    const writer = broadcast.writer();
    writer.send('before');
    const readers = [broadcast.reader(), closing(Broadcast.open(path)).reader()];
    writer.send('one');
    writer.sendMany(['two', Buffer.from('three')]);
    const late = broadcast.reader();
    writer.send('four');
    expect(writer.readers).toBe(3);
    expect(writer.sent).toBe(5);
    for (const reader of readers) {
      const all = [reader.receiveSync(), reader.tryReceive(), reader.tryReceive(), reader.tryReceive()];
      expect(all.map(text)).toEqual(['one 1 0', 'two 2 0', 'three 3 0', 'four 4 0']);
      expect(reader.tryReceive()).toBe(undefined);
      expect(reader.lost).toBe(0);
    }
    expect(text(late.tryReceive())).toBe('four 4 0');
  });

  test('gives a reader from the last one on the last message, if there is one', () => {
    const { broadcast } = made();
    const early = broadcast.reader({ from: 'last' });
    expect(early.tryReceive()).toBe(undefined);
    const writer = broadcast.writer();
    for (const message of ['one', 'two']) writer.send(message);
    expect(text(early.tryReceive())).toBe('one 0 0');
    const late = broadcast.reader({ from: 'last' });
    expect(text(late.tryReceive())).toBe('two 1 0');
    expect(late.tryReceive()).toBe(undefined);
    expect(broadcast.reader().tryReceive()).toBe(undefined);
  });

  test('gives it the last one that was sent where a writer has died before the end of its next', () => {
    const { path, broadcast } = made();
    const words = wordsOf(path);
    // As after its death between the last two stores of a message: each has 32 bytes.
    const sendAndDie = (message: string) => {
      const writer = broadcast.writer();
      const tail = 32 * writer.sent;
      writer.send(message);
      writer.close();
      setWide(words, wide.tail, tail);
    };
    sendAndDie('never');
    const first = broadcast.reader({ from: 'last' });
    expect(first.tryReceive()).toBe(undefined);
    const sent = broadcast.writer();
    for (let number = 0; number < 300; number++) sent.send(`${number}`);
    sent.close();
    for (const message of ['never', 'never either']) {
      sendAndDie(message);
      const last = broadcast.reader({ from: 'last' });
      expect(text(last.tryReceive())).toBe('299 299 0');
      expect(last.tryReceive()).toBe(undefined);
    }
    const late = broadcast.reader({ from: 'last' });
    broadcast.writer().send('at last');
    expect(text(late.tryReceive())).toBe('299 299 0');
    expect(text(late.tryReceive())).toBe('at last 300 0');
    expect(text(broadcast.reader({ from: 'last' }).tryReceive())).toBe('at last 300 0');
  });

  test('gives one that was lapped the last one that was sent, also where a writer has died before the end of its next', () => {
    const { path, broadcast } = made();
    const words = wordsOf(path);
    const reader = broadcast.reader();
    const writer = broadcast.writer();
    for (let number = 0; number < 300; number++) writer.send(`${number}`);
    const tail = words[wide.tail] as number;
    writer.send('never');
    writer.close();
    setWide(words, wide.tail, tail);
    expect(text(reader.tryReceive())).toBe('299 299 299');
    expect(reader.tryReceive()).toBe(undefined);
    expect(reader.lost).toBe(299);
    broadcast.writer().send('at last');
    expect(text(reader.tryReceive())).toBe('at last 300 0');
  });

  test.each([-32, 8, 2 ** 12, 2 ** 30])('refuses %s as the way back to the last one', (bytes) => {
    const { path, broadcast } = made();
    const words = wordsOf(path);
    const writer = broadcast.writer();
    for (const message of ['one', 'two']) writer.send(message);
    setWide(words, wide.tail, 32);
    words[(8192 + 32) / 4 + 1] = bytes;
    expect(() => broadcast.reader({ from: 'last' })).toThrow(ipcError('EBADMSG', 'reader'));
    expect(text(broadcast.reader().tryReceive())).toBe(undefined);
  });

  test('takes messages of every length up to its longest, also across its end', () => {
    const { broadcast } = made();
    const writer = broadcast.writer();
    const reader = broadcast.reader();
    const { longest } = broadcast.stats();
    expect(longest).toBe(2032);
    const target = Buffer.alloc(longest + 1);
    for (let length = 0; length <= longest; length += 7) {
      const message = Buffer.alloc(length, length);
      writer.send(message);
      if (length % 2 === 0) expect(reader.tryReceive()?.data).toEqual(message);
      else expect(target.subarray(0, reader.tryReceiveInto(target))).toEqual(message);
    }
    writer.send(Buffer.alloc(longest));
    expect(() => reader.tryReceiveInto(Buffer.alloc(longest - 1))).toThrow(ipcError('EMSGSIZE', 'receive'));
    expect(reader.tryReceive()?.data.length).toBe(longest);
    expect(() => writer.send(Buffer.alloc(longest + 1))).toThrow(ipcError('EMSGSIZE', 'send'));
    expect(() => writer.sendMany(['one', Buffer.alloc(longest + 1)])).toThrow(ipcError('EMSGSIZE', 'send'));
    expect(reader.tryReceive()).toBe(undefined);
  });

  test('tells a reader that was lapped how many it has lost, once, and goes on at the newest', () => {
    const { broadcast } = made();
    const writer = broadcast.writer();
    const reader = broadcast.reader();
    writer.send('first');
    expect(text(reader.tryReceive())).toBe('first 0 0');
    // 32 bytes each: 128 fit.
    for (let sent = 1; sent <= 128; sent++) writer.send(`${sent}`.padEnd(16));
    expect(text(reader.tryReceive())).toBe(`${'1'.padEnd(16)} 1 0`);
    for (let sent = 129; sent <= 130; sent++) writer.send(`${sent}`.padEnd(16));
    expect(text(reader.tryReceive())).toBe(`${'130'.padEnd(16)} 130 128`);
    writer.send('on');
    expect(text(reader.tryReceive())).toBe('on 131 0');
    expect(reader.lost).toBe(128);
    writer.sendMany(Array.from({ length: 1000 }, () => Buffer.alloc(100)));
    expect(reader.tryReceiveInto(Buffer.alloc(100))).toBe(100);
    expect(reader.lost).toBe(128 + 999);
    expect(reader.tryReceive()).toBe(undefined);
  });

  test.each([2 ** 31, 2 ** 32, 2 ** 33 + 2 ** 31, 2 ** 40])('goes on past byte and message %s', (border) => {
    const { path, broadcast } = made();
    const words = wordsOf(path);
    for (const at of [wide.tail, wide.intent, wide.newest]) setWide(words, at, border - 16 * 10);
    const record = (8192 + ((border - 16 * 10) % 4096)) / 4;
    const number = border - 3;
    words.set([0, 0, number | 0, Math.floor(number / 2 ** 32)], record);
    const reader = broadcast.reader();
    const writer = broadcast.writer();
    expect(writer.sent).toBe(number);
    for (let sent = 0; sent < 20; sent++) {
      writer.send(`${sent}`);
      expect(text(reader.tryReceive())).toBe(`${sent} ${number + sent} 0`);
    }
    writer.close();
    expect(broadcast.writer().sent).toBe(number + 20);
    expect(text(broadcast.reader({ from: 'last' }).tryReceive())).toBe(`19 ${number + 19} 0`);
  });

  test('loses what a dead writer had begun to overwrite, also when the next one writes less', () => {
    const { path, broadcast } = made();
    const words = wordsOf(path);
    const dead = broadcast.writer();
    const reader = broadcast.reader();
    for (let sent = 0; sent < 128; sent++) dead.send(Buffer.alloc(16, sent));
    for (let received = 0; received < 2; received++) reader.tryReceive();
    dead.close();
    setWide(words, wide.intent, 4096 + 1024);
    words.fill(-1, 8192 / 4, (8192 + 1024) / 4);
    const next = broadcast.writer();
    next.send('next');
    expect(text(reader.tryReceive())).toBe('next 128 126');
    next.sendMany(Array.from({ length: 50 }, () => Buffer.alloc(30)));
    for (let number = 129; number < 179; number++)
      expect(reader.tryReceive()).toMatchObject({ number, lost: 0 });
    expect(reader.tryReceive()).toBe(undefined);
  });

  test('takes no second writer, and goes on with the next', () => {
    const { broadcast } = made();
    const writer = broadcast.writer();
    writer.send('one');
    expect(() => broadcast.writer()).toThrow(
      ipcError('EBUSY', 'writer', { hint: `process ${process.pid} is its writer` }),
    );
    writer.close();
    const reader = broadcast.reader();
    const next = broadcast.writer();
    next.send('two');
    expect(text(reader.tryReceive())).toBe('two 1 0');
  });
});

describe('waiting for a message', () => {
  test('gives what is sent while it waits, to all who wait, and ends with the writer', async () => {
    const { broadcast } = made();
    const readers = [broadcast.reader(), broadcast.reader()];
    const waiting = readers.map((reader) => reader.receive());
    const target = Buffer.alloc(10);
    const writer = broadcast.writer();
    writer.send('one');
    expect((await Promise.all(waiting)).map(text)).toEqual(['one 0 0', 'one 0 0']);
    const into = readers[1].receiveInto(target);
    writer.send('two');
    expect(target.toString('utf8', 0, await into)).toBe('two');
    writer.send('three');
    writer.close();
    const texts: (string | undefined)[] = [];
    for await (const message of readers[0]) texts.push(text(message));
    expect(texts).toEqual(['two 1 0', 'three 2 0']);
    expect(text(readers[1].receiveSync())).toBe('three 2 0');
    expect(() => readers[1].receiveSync()).toThrow(ipcError('EPIPE', 'receive'));
    expect(() => readers[1].receiveIntoSync(target)).toThrow(ipcError('EPIPE', 'receive'));
  });

  test('ends by timeout, by an abort and by close; a persistent one waits for the next writer', async () => {
    const { broadcast } = made();
    const reader = broadcast.reader({ persistent: true });
    broadcast.writer().close();
    expect(() => reader.receiveSync({ timeout: 1 })).toThrow(ipcError('ETIMEDOUT', 'receive'));
    await expect(reader.receive({ timeout: 1 })).rejects.toEqual(ipcError('ETIMEDOUT', 'receive'));
    const reason = new Error('enough');
    await expect(reader.receive({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const waiting = reader.receive();
    broadcast.writer().send('at last');
    expect(text(await waiting)).toBe('at last 0 0');
    const closed = reader.receive();
    reader.close();
    await expect(closed).rejects.toEqual(ipcError('EBADF', 'receive'));
    expect(() => reader.tryReceive()).toThrow(ipcError('EBADF', expect.any(String)));
  });
});

describe('a segment that is not as it should be', () => {
  test('is refused for its options', () => {
    for (const capacity of [0, 4095, 5000, 2 ** 31])
      expect(() => Broadcast.create(name(), { capacity })).toThrow(rangeError('`capacity`'));
    const { broadcast } = made();
    expect(() => Reflect.apply(broadcast.reader, broadcast, [{ from: 'oldest' }])).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', '`from`'),
    );
    expect(() => Reflect.apply(broadcast.writer().sendMany, broadcast, [['one']])).toThrow(
      typeError('ERR_INVALID_THIS'),
    );
  });

  test('of another kind or capacity is EPROTO', () => {
    const { path } = made();
    expect(() => Latest.open(path)).toThrow(ipcError('EPROTO', 'shm_open', { field: 'kind' }));
    expect(closing(Broadcast.openOrCreate(path)).capacity).toBe(4096);
    expect(() => Broadcast.openOrCreate(path, { capacity: 8192 })).toThrow(
      ipcError('EPROTO', 'openOrCreate', { field: 'capacity' }),
    );
  });

  test('whose file is truncated is ESTALE', () => {
    const { path, broadcast } = made();
    const writer = broadcast.writer();
    const reader = broadcast.reader();
    writer.send('one');
    truncateSync(`/dev/shm${path}`);
    for (const call of [() => reader.tryReceive(), () => reader.receiveSync()])
      expect(call).toThrow(ipcError('ESTALE', 'receive'));
    expect(() => writer.send('two')).toThrow(ipcError('ESTALE', 'send'));
  });

  test.each<[string, [number, number[]][]]>([
    ['an intent', [[wide.intent, [32, -1, -1]]]],
    ['an intent of more than a lap, and the same newest', [[wide.intent, [2 ** 20, 0, 0]]]],
    [
      'an intent of more than a lap, and a newest beyond it',
      [
        [wide.intent, [2 ** 20, 0, 0]],
        [wide.newest, [2 ** 21, 0, 0]],
      ],
    ],
    [
      'an intent of more than a lap, and a newest between',
      [
        [wide.intent, [2 ** 20, 0, 0]],
        [wide.newest, [2 ** 20 - 8, 0, 0]],
      ],
    ],
    ['a length', [[8192 / 4, [2033]]]],
    ['a negative length', [[8192 / 4, [-1]]]],
    ['a number', [[8192 / 4 + 2, [1]]]],
    ['a high number', [[8192 / 4 + 3, [-1]]]],
  ])('with %s that cannot be is EBADMSG', (_, damages) => {
    const { path, broadcast } = made();
    const words = wordsOf(path);
    const reader = broadcast.reader();
    broadcast.writer().send('one');
    for (const [at, numbers] of damages) words.set(numbers, at);
    expect(() => reader.tryReceive()).toThrow(ipcError('EBADMSG', 'receive'));
  });

  test.each([
    ['a tail', wide.tail, [8, 0, 0]],
    ['a high tail', wide.tail, [32, -1, -1]],
    ['an intent', wide.intent, [2 ** 20, 0, 0]],
    ['a newest', wide.newest, [48, 0, 0]],
  ])('with %s that cannot be has no seat for a writer: EBADMSG', (_, at, numbers) => {
    const { path, broadcast } = made();
    const writer = broadcast.writer();
    writer.send('one');
    writer.close();
    const words = wordsOf(path);
    const before = words.slice(at, at + 3);
    words.set(numbers, at);
    expect(() => broadcast.writer()).toThrow(ipcError('EBADMSG', 'writer'));
    words.set(before, at);
    expect(broadcast.writer().sent).toBe(1);
  });
});
