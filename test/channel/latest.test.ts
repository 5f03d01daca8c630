import { truncateSync } from 'node:fs';
import { Channel, Latest } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { setWide, wide, wordsOf } from './whole.js';

leaveNothing();

function made(size = 64) {
  const path = name();
  const latest = closing(Latest.create(path, { size }));
  return { path, latest };
}

describe('a latest value', () => {
  test('is nothing, then what was set last, for every reader', () => {
    const { path, latest } = made();
    const reader = latest.reader();
    const other = closing(Latest.open(path)).reader();
    expect(reader.get()).toBe(undefined);
    expect(reader.getInto(Buffer.alloc(64))).toBe(undefined);
    const writer = latest.writer();
    expect(writer.set('one')).toBe(1);
    expect(writer.set('two')).toBe(2);
    for (const each of [reader, other, latest.reader()]) {
      expect(each.get()?.toString()).toBe('two');
      expect(each.get()?.toString()).toBe('two');
      expect(each.version).toBe(2);
    }
    expect(writer.readers).toBe(3);
  });

  test('may be of any length up to its size', () => {
    const { latest } = made(100);
    const writer = latest.writer();
    const reader = latest.reader();
    for (let length = 0; length <= 100; length++) {
      const value = Buffer.alloc(length, length);
      writer.set(value);
      expect(reader.get()).toEqual(value);
      const target = Buffer.alloc(101, 255);
      expect(reader.getInto(target)).toBe(length);
      expect(target.subarray(0, length)).toEqual(value);
      expect(target[length]).toBe(255);
    }
    expect(() => writer.set(Buffer.alloc(101))).toThrow(ipcError('EMSGSIZE', 'set'));
    expect(() => reader.getInto(Buffer.alloc(99))).toThrow(ipcError('EMSGSIZE', 'get'));
  });

  test('is next once for each reader, and only the newest', () => {
    const { latest } = made();
    const [first, second] = [latest.reader(), latest.reader()];
    const writer = latest.writer();
    for (const value of ['1', '2', '3']) writer.set(value);
    expect(first.tryNext()?.toString()).toBe('3');
    expect(first.tryNext()).toBe(undefined);
    expect(second.get()?.toString()).toBe('3');
    expect(second.tryNext()).toBe(undefined);
    writer.set('4');
    expect(second.tryNext()?.toString()).toBe('4');
    expect(first.version).toBe(3);
  });

  test('goes on with the next writer', () => {
    const { latest } = made();
    latest.writer().set('one');
    expect(() => latest.writer()).toThrow(
      ipcError('EBUSY', 'writer', { hint: expect.stringContaining(`process ${process.pid} is its writer`) }),
    );
    const { path } = made();
    const again = closing(Latest.open(path));
    again.writer().close();
    const next = again.writer();
    expect(next.set('two')).toBe(1);
    next.close();
    expect(again.writer().version).toBe(1);
  });

  test.each([2 ** 31, 2 ** 32, 2 ** 33 + 2 ** 31, 2 ** 40])('is counted past %s', (border) => {
    const { path, latest } = made();
    setWide(wordsOf(path), wide.counter, border - 10);
    const writer = latest.writer();
    const reader = latest.reader();
    for (let version = border - 9; version < border + 10; version++) {
      expect(writer.set(String(version))).toBe(version);
      expect(reader.tryNext()?.toString()).toBe(String(version));
      expect(reader.version).toBe(version);
      expect(latest.stats().version).toBe(version);
    }
    writer.close();
    expect(latest.writer().version).toBe(border + 9);
  });
});

describe('waiting for a value', () => {
  test('gives what is set while it waits, to all who wait', async () => {
    const { latest } = made();
    const readers = [latest.reader(), latest.reader()];
    const values = readers.map((reader) => reader.next());
    const writer = latest.writer();
    writer.set('one');
    expect((await Promise.all(values)).map(String)).toEqual(['one', 'one']);
    const texts: string[] = [];
    setTimeout(() => writer.set('two'), 5);
    for await (const value of readers[0]) {
      texts.push(value.toString());
      if (texts.length === 1) setTimeout(() => writer.set('three'), 5);
      else setTimeout(() => writer.close(), 5);
    }
    expect(texts).toEqual(['two', 'three']);
  });

  test('ends by timeout, by an abort, by close, and, without a writer, by EPIPE', async () => {
    const { latest } = made();
    const reader = latest.reader();
    expect(() => reader.nextSync({ timeout: 1 })).toThrow(ipcError('ETIMEDOUT', 'next'));
    await expect(reader.next({ timeout: 1 })).rejects.toEqual(ipcError('ETIMEDOUT', 'next'));
    const reason = new Error('enough');
    await expect(reader.next({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const writer = latest.writer();
    const waiting = reader.next();
    writer.close();
    await expect(waiting).rejects.toEqual(ipcError('EPIPE', 'next'));
    expect(() => reader.nextSync()).toThrow(ipcError('EPIPE', 'next'));
    const patient = latest.reader({ persistent: true });
    const next = patient.next();
    const second = latest.writer();
    second.set('at last');
    expect((await next).toString()).toBe('at last');
    const closed = patient.next();
    patient.close();
    await expect(closed).rejects.toEqual(ipcError('EBADF', 'next'));
    for (const call of [() => patient.get(), () => patient.tryNext()])
      expect(call).toThrow(ipcError('EBADF', expect.any(String)));
  });
});

describe('a segment that is not as it should be', () => {
  test('is refused for its options', () => {
    for (const size of [0, -1, 1.5, 2 ** 28 + 1]) {
      expect(() => Latest.create(name(), { size })).toThrow(rangeError('`size`'));
    }
    expect(() => Reflect.apply(Latest.create, Latest, [name()])).toThrow(typeError('ERR_INVALID_ARG_TYPE'));
    expect(() => Reflect.apply(Latest.open, Latest, [name(), { size: 1 }])).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', 'unknown option `size`'),
    );
  });

  test('of another kind or size is EPROTO', () => {
    const { path } = made(64);
    const other = name();
    closing(Channel.create(other, { capacity: 4096 }));
    expect(() => Latest.open(other)).toThrow(ipcError('EPROTO', 'shm_open', { field: 'kind' }));
    expect(() => Channel.open(path)).toThrow(ipcError('EPROTO', 'shm_open', { field: 'kind' }));
    expect(closing(Latest.openOrCreate(path, { size: 64 })).created).toBe(false);
    expect(() => Latest.openOrCreate(path, { size: 65 })).toThrow(
      ipcError('EPROTO', 'openOrCreate', { field: 'size' }),
    );
  });

  test('whose file is truncated is ESTALE', () => {
    const { path, latest } = made();
    const writer = latest.writer();
    const reader = latest.reader();
    writer.set('one');
    reader.get();
    truncateSync(`/dev/shm${path}`);
    for (const call of [() => reader.get(), () => reader.tryNext(), () => reader.nextSync()])
      expect(call).toThrow(ipcError('ESTALE', expect.any(String)));
    expect(() => writer.set('two')).toThrow(ipcError('ESTALE', 'set'));
  });

  test('with a counter or a length that cannot be is EBADMSG', () => {
    const { path, latest } = made();
    const words = wordsOf(path);
    const writer = latest.writer();
    const reader = latest.reader();
    writer.set('one');
    const length = (8192 + 128) / 4;
    for (const wrong of [-1, 65, 2 ** 30]) {
      words[length] = wrong;
      expect(() => reader.get()).toThrow(ipcError('EBADMSG', 'get'));
    }
    words[length] = 3;
    expect(reader.get()?.toString()).toBe('one');
    for (const high of [-1, 2 ** 21]) {
      words[wide.counter + 1] = high;
      expect(() => reader.get()).toThrow(ipcError('EBADMSG', 'get'));
      writer.close();
      expect(() => latest.writer()).toThrow(ipcError('EBADMSG', 'writer'));
    }
    setWide(words, wide.counter, 0);
    expect(() => reader.get()).toThrow(ipcError('EBADMSG', 'get'));
  });
});
