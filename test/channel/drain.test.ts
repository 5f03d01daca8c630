import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { drained, pair } from './made.js';

leaveNothing();

describe.each(['one', 'many'] as const)('a drain of a reader of %s', (readers) => {
  const both = () => pair({ readers });

  test('shows every message in place, and tells how many', () => {
    const { channel, writer, reader } = both();
    expect(reader.drain(() => expect.unreachable())).toBe(0);
    const sent = Array.from({ length: 200 }, (_, index) => `${index}`);
    writer.trySendMany(sent);
    const found: string[] = [];
    const blocks = new Set<Buffer>();
    const count = reader.drain((block, offset, length) => {
      blocks.add(block);
      found.push(Buffer.from(block.subarray(offset, offset + length)).toString());
    });
    expect([count, found, blocks.size, channel.stats().used]).toEqual([200, sent, 1, 0]);
  });

  test('shows at most so many', () => {
    const { writer, reader } = both();
    writer.trySendMany(['a', 'b', 'c', 'd']);
    expect([drained(reader, 0), drained(reader, 1), drained(reader, 2)]).toEqual([[], ['a'], ['b', 'c']]);
    expect(drained(reader, Number.POSITIVE_INFINITY)).toEqual(['d']);
    for (const most of [-1, 0.5, Number.NaN])
      expect(() => reader.drain(() => {}, most)).toThrow(rangeError('`most`'));
    for (const most of ['1', null])
      expect(() => Reflect.apply(reader.drain, reader, [() => {}, most])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`most`'),
      );
    for (const visit of [undefined, {}, 'visit'])
      expect(() => Reflect.apply(reader.drain, reader, [visit])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`visit`: expected a function'),
      );
  });

  test('gives room back after every 64th message', () => {
    const { writer, reader } = both();
    while (writer.trySend(''));
    let seen = 0;
    const room: number[] = [];
    reader.drain(() => {
      seen += 1;
      if (writer.trySend('x')) room.push(seen);
    });
    // After 64 and after 128: 64 records of 8 bytes each, of which each new one takes 16.
    expect(room[0]).toBe(65);
    expect(room.length).toBeGreaterThan(32);
  });

  test('ends with what visit throws; the message that it was shown then is the next one again', () => {
    const { writer, reader } = both();
    writer.trySendMany(Array.from({ length: 100 }, (_, index) => `${index}`));
    let seen = 0;
    const reason = new Error('enough');
    const visit = () => {
      if (seen++ === 70) throw reason;
    };
    expect(() => reader.drain(visit)).toThrow(reason);
    expect(reader.tryReceive()?.toString()).toBe('70');
    expect(drained(reader)).toHaveLength(29);
  });

  test('refuses to visit what calls back into the reader, or closes it: EBUSY', () => {
    const { path, channel, writer, reader } = both();
    writer.trySendMany(['a', 'b']);
    const busy = (syscall: string) =>
      ipcError('EBUSY', syscall, { path, hint: expect.stringContaining('end it first') });
    reader.drain(() => {
      expect(() => reader.tryReceive()).toThrow(busy('receive'));
      expect(() => reader.receiveSync()).toThrow(busy('receive'));
      expect(() => reader.tryLease()).toThrow(busy('receive'));
      expect(() => reader.drain(() => {})).toThrow(busy('receive'));
      expect(() => reader.close()).toThrow(busy('close'));
      expect(() => channel.close()).toThrow(busy('close'));
      expect(writer.closed).toBe(false);
    }, 1);
    expect(() => reader.drain(() => reader.close())).toThrow(busy('close'));
    expect(drained(reader)).toEqual(['b']);
    // Sending it may: there is another side.
    writer.trySend('c');
    reader.drain(() => writer.trySend('d'));
    expect(drained(reader)).toEqual(['d']);
  });
});
