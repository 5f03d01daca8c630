import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { codeOf, drained, pair } from './made.js';

leaveNothing();

describe.each(['one', 'many'] as const)('a writer of %s', (writers) => {
  const both = () => pair({ writers });

  test('sends until the channel is full, to the last byte', () => {
    const { channel, writer, reader } = both();
    expect(writer.longest).toBe(4088);
    expect([writer.trySend(Buffer.alloc(4072)), writer.trySend('')]).toEqual([true, true]);
    expect(channel.stats().used).toBe(4088);
    // 8 bytes are left: an empty message.
    expect([writer.trySend('x'), writer.trySend('')]).toEqual([false, true]);
    expect([channel.stats().used, writer.trySend('')]).toEqual([4096, false]);
    expect(drained(reader).map(({ length }) => length)).toEqual([4072, 0, 0]);
    expect([writer.trySend(Buffer.alloc(4088)), writer.trySend('')]).toEqual([true, false]);
    expect(reader.tryReceive()).toHaveLength(4088);
  });

  test('refuses what is longer than the channel in every way, full or not: EMSGSIZE', async () => {
    const { path, writer } = both();
    const tooLong = ipcError('EMSGSIZE', 'send', { path, hint: expect.stringContaining('less 8 bytes') });
    for (const data of [Buffer.alloc(4089), 'x'.repeat(10_000), new Float64Array(512)]) {
      expect(() => writer.trySend(data)).toThrow(tooLong);
      expect(() => writer.sendSync(data)).toThrow(tooLong);
      await expect(writer.send(data)).rejects.toEqual(tooLong);
      expect(() => writer.trySendMany([data, 'y'])).toThrow(tooLong);
      await expect(writer.sendMany([data])).rejects.toEqual(tooLong);
      expect(() => writer.sendManySync([data])).toThrow(tooLong);
      expect(() => writer.tryClaim(4089)).toThrow(tooLong);
      expect(() => writer.claimSync(2 ** 31)).toThrow(tooLong);
      await expect(writer.claim(2 ** 53 - 1)).rejects.toEqual(tooLong);
      if (writer.trySend('only once')) while (writer.trySend(''));
    }
  });

  test('sends what text, buffers and views of any kind and place contain', () => {
    const { writer, reader } = both();
    const bytes = Uint8Array.from({ length: 64 }, (_, index) => 255 - index);
    for (const [data, expected] of [
      ['gr\u00fc\u00df \ud83d\udc1f', Buffer.from('gr\u00fc\u00df \ud83d\udc1f')],
      [bytes, bytes],
      [bytes.subarray(3, 20), bytes.subarray(3, 20)],
      [new DataView(bytes.buffer, 5, 9), bytes.subarray(5, 14)],
      [new Uint16Array(bytes.buffer, 2, 3), bytes.subarray(2, 8)],
      [new Float64Array(bytes.buffer, 8, 2), bytes.subarray(8, 24)],
      [new BigInt64Array(bytes.buffer), bytes],
      [Buffer.alloc(0), bytes.subarray(0, 0)],
      ['', bytes.subarray(0, 0)],
      [new Uint8Array(new SharedArrayBuffer(5)), new Uint8Array(5)],
    ] as const) {
      writer.trySend(data);
      writer.sendSync(data);
      writer.trySendMany([data, data]);
      for (let count = 0; count < 4; count++) expect(reader.tryReceive()).toEqual(Buffer.from(expected));
    }
  });

  test('keeps every bit of a number, also of NaNs that signal', () => {
    const { writer, reader } = both();
    const bits = new BigUint64Array([0x7ff0_0000_0000_0001n, 0xfff4_dead_beef_0001n, 0x8000_0000_0000_0000n]);
    // Below and above the length from which copies are made another way.
    for (const times of [1, 20, 60]) {
      const all = new BigUint64Array(Array.from({ length: times }, () => [...bits]).flat());
      writer.trySend(new Float64Array(all.buffer));
      writer.trySend(new Float64Array(all.buffer));
      const copy = reader.tryReceive() as Buffer;
      expect(new BigUint64Array(copy.buffer, copy.byteOffset, all.length)).toEqual(all);
      const into = new Float64Array(all.length);
      expect(reader.tryReceiveInto(into)).toBe(all.byteLength);
      expect(new BigUint64Array(into.buffer)).toEqual(all);
    }
  });

  test.each([5, null, undefined, {}, [1], new ArrayBuffer(8), Symbol.iterator])(
    'sends no %o: TypeError',
    async (data) => {
      const { writer, reader } = both();
      const wrong = typeError('ERR_INVALID_ARG_TYPE', 'expected a string or an ArrayBufferView');
      expect(() => Reflect.apply(writer.trySend, writer, [data])).toThrow(wrong);
      expect(() => Reflect.apply(writer.sendSync, writer, [data])).toThrow(wrong);
      expect(() => Reflect.apply(writer.trySendMany, writer, [['x', data]])).toThrow(wrong);
      await expect(Reflect.apply(writer.send, writer, [data])).rejects.toEqual(wrong);
      await expect(Reflect.apply(writer.sendMany, writer, [['x', data]])).rejects.toEqual(wrong);
      expect(reader.tryReceive()).toBeUndefined();
      expect(writer.trySend('fine')).toBe(true);
    },
  );

  test('sends many at once, as many as there is room for', async () => {
    const { channel, writer, reader } = both();
    expect(writer.trySendMany([])).toBe(0);
    expect(writer.trySendMany(['a', 'b', 'c'])).toBe(3);
    expect(drained(reader)).toEqual(['a', 'b', 'c']);
    const long = Array.from({ length: 6 }, (_, index) => Buffer.alloc(992, index));
    expect(writer.trySendMany(long)).toBe(4);
    expect(writer.trySendMany(long)).toBe(0);
    expect(channel.stats().used).toBe(4000);
    drained(reader, 2);
    expect(writer.trySendMany(long.slice(4))).toBe(2);
    expect(drained(reader).map((text) => text.charCodeAt(0))).toEqual([2, 3, 4, 5]);
    await writer.sendMany([]);
    await writer.sendMany(['x', 'y']);
    writer.sendManySync([]);
    writer.sendManySync(['z']);
    expect(drained(reader)).toEqual(['x', 'y', 'z']);
    for (const messages of ['x', undefined, new Set(['x'])])
      expect(() => Reflect.apply(writer.trySendMany, writer, [messages])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`messages`: expected an array'),
      );
  });

  // Five of the seven are too many for an empty channel.
  test.each([0, 1, 2, 3, 4, 5, 6])(
    'of many sends none where the one at %i is too long, or none at all, however full it is',
    async (place) => {
      for (const [wrong, code] of [
        [Buffer.alloc(4089), 'EMSGSIZE'],
        ['x'.repeat(4089), 'EMSGSIZE'],
        [5, 'ERR_INVALID_ARG_TYPE'],
      ] as const) {
        for (const present of [0, 2, 4]) {
          const { writer, reader } = both();
          const there = Array.from({ length: present }, (_, index) => `${index}`.repeat(1016));
          for (const text of there) writer.sendSync(text);
          const messages = Array.from({ length: 7 }, () => Buffer.alloc(992));
          Reflect.set(messages, place, wrong);
          expect(codeOf(() => writer.trySendMany(messages))).toBe(code);
          expect(codeOf(() => writer.sendManySync(messages, { timeout: 5 }))).toBe(code);
          await expect(writer.sendMany(messages, { timeout: 5 })).rejects.toMatchObject({ code });
          expect(drained(reader)).toEqual(there);
          expect(writer.trySend('after')).toBe(true);
          expect(drained(reader)).toEqual(['after']);
        }
      }
    },
  );
});

describe.each(['one', 'many'] as const)('a claim of a writer of %s', (writers) => {
  const both = () => pair({ writers });

  test('is written in place, and seen when it is committed', async () => {
    const { channel, writer, reader } = both();
    for (const claim of [() => writer.tryClaim(5), () => writer.claimSync(5), () => writer.claim(5)]) {
      const offset = (await claim()) as number;
      writer.block.write('hello', offset);
      expect([reader.tryReceive(), channel.stats().used]).toEqual([undefined, 0]);
      writer.commit(offset);
      expect(reader.tryReceive()?.toString()).toBe('hello');
    }
  });

  test('is in one piece, also over the end of the data', () => {
    const { writer, reader } = both();
    for (let round = 0; round < 20; round++) {
      const offset = writer.tryClaim(2000) as number;
      writer.block.fill(round, offset, offset + 2000);
      writer.commit(offset);
      expect(reader.tryReceive()).toEqual(Buffer.alloc(2000, round));
    }
  });

  test('may be committed for its first bytes only, or for none', () => {
    const { writer, reader } = both();
    for (const length of [0, 3, 5]) {
      const offset = writer.tryClaim(5) as number;
      writer.block.write('hello', offset);
      for (const wrong of [-1, 6, 1.5, Number.NaN])
        expect(() => writer.commit(offset, wrong)).toThrow(
          rangeError('`length`: expected an integer from 0 to 5'),
        );
      writer.commit(offset, length);
      expect(reader.tryReceive()?.toString()).toBe('hello'.slice(0, length));
    }
  });

  test('was never there when it is aborted', () => {
    const { channel, writer, reader } = both();
    writer.abort(writer.tryClaim(4088) as number);
    expect([channel.stats().used, reader.tryReceive()]).toEqual([0, undefined]);
    expect(writer.trySend('next')).toBe(true);
    expect(drained(reader)).toEqual(['next']);
  });

  test('that is open refuses all else of its writer, and close: EBUSY; but a promise waits', async () => {
    const { path, channel, writer, reader } = both();
    const offset = writer.tryClaim(5) as number;
    const busy = ipcError('EBUSY', 'send', { path, hint: expect.stringContaining('claim is open') });
    expect(() => writer.trySend('')).toThrow(busy);
    expect(() => writer.sendSync('')).toThrow(busy);
    expect(() => writer.trySendMany([''])).toThrow(busy);
    expect(() => writer.tryClaim(0)).toThrow(busy);
    expect(() => writer.claimSync(0)).toThrow(busy);
    await expect(writer.send('', { timeout: 1 })).rejects.toThrow('ETIMEDOUT');
    const tooLong = Buffer.alloc(4089);
    await expect(writer.send(tooLong)).rejects.toThrow('EMSGSIZE');
    await expect(writer.sendMany(['', tooLong])).rejects.toThrow('EMSGSIZE');
    await expect(writer.claim(4089)).rejects.toThrow('EMSGSIZE');
    const held = ipcError('EBUSY', 'close', { path, hint: expect.stringContaining('end it first') });
    for (const handle of [writer, channel]) expect(() => handle.close()).toThrow(held);
    expect([channel.closed, writer.closed, reader.closed]).toEqual([false, false, false]);
    writer.commit(offset);
    writer.close();
    expect(reader.tryReceive()).toHaveLength(5);
  });

  test('ends once: afterwards, elsewhere or closed it is an error', () => {
    const { path, writer } = both();
    for (const end of ['commit', 'abort'] as const) {
      const none = ipcError('EINVAL', end, { path, hint: expect.stringContaining('no such claim') });
      expect(() => writer[end](8200)).toThrow(none);
      const offset = writer.tryClaim(5) as number;
      for (const wrong of [offset + 8, 0, -1, Number.NaN]) expect(() => writer[end](wrong)).toThrow(none);
      for (const wrong of [undefined, '8200', null])
        expect(() => Reflect.apply(writer[end], writer, [wrong])).toThrow(
          typeError('ERR_INVALID_ARG_TYPE', '`offset`: expected what tryClaim() gave'),
        );
      writer[end](offset);
      expect(() => writer[end](offset)).toThrow(none);
    }
    writer.close();
    expect(() => writer.commit(8200)).toThrow(ipcError('EBADF', 'commit', { path }));
    expect(() => writer.abort(8200)).toThrow(ipcError('EBADF', 'abort', { path }));
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'of %s bytes is a RangeError',
    async (length) => {
      const { writer } = both();
      const wrong = rangeError('`length`: expected an integer from 0');
      expect(() => writer.tryClaim(length)).toThrow(wrong);
      expect(() => writer.claimSync(length)).toThrow(wrong);
      await expect(writer.claim(length)).rejects.toEqual(wrong);
    },
  );

  test('needs room: undefined, or a wait', async () => {
    const { writer, reader } = both();
    writer.trySend(Buffer.alloc(3000));
    expect(writer.tryClaim(2000)).toBeUndefined();
    const waiting = writer.claim(2000);
    expect(reader.tryReceive()).toHaveLength(3000);
    writer.commit(await waiting);
    expect(reader.tryReceive()).toHaveLength(2000);
  });
});

test('a claim of one of many writers holds up the others, until it ends', async () => {
  const { channel, writer, reader } = pair({ writers: 'many' });
  const other = channel.writer();
  for (const end of ['commit', 'abort'] as const) {
    const offset = writer.tryClaim(5) as number;
    writer.block.write('first', offset);
    expect([other.trySend('x'), other.tryClaim(1), other.trySendMany(['x'])]).toEqual([false, undefined, 0]);
    expect(codeOf(() => other.sendSync('x', { timeout: 5 }))).toBe('ETIMEDOUT');
    const waiting = other.send('second');
    writer[end](offset);
    await waiting;
    expect(drained(reader)).toEqual(end === 'commit' ? ['first', 'second'] : ['second']);
  }
});
