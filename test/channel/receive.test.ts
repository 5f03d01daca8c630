import { inspect } from 'node:util';
import type { Lease } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { codeOf, drained, pair } from './made.js';

leaveNothing();

describe.each(['one', 'many'] as const)('a reader of %s', (readers) => {
  const both = () => pair({ readers });

  test('receives in order, in every way, and nothing is undefined', async () => {
    const { channel, writer, reader } = both();
    const into = Buffer.alloc(16);
    const ways = [
      () => reader.tryReceive(),
      () => reader.receiveSync(),
      () => reader.receive(),
      () => into.subarray(0, reader.tryReceiveInto(into)),
      () => into.subarray(0, reader.receiveIntoSync(into)),
      async () => into.subarray(0, await reader.receiveInto(into)),
      () => taken(reader.tryLease()),
      () => taken(reader.leaseSync()),
      async () => taken(await reader.lease()),
      async () => (await reader.messages().next()).value,
    ];
    expect(writer.trySendMany(ways.map((_, index) => `message ${index}`))).toBe(ways.length);
    for (const [index, way] of ways.entries()) expect(String(await way())).toBe(`message ${index}`);
    expect([reader.tryReceive(), reader.tryReceiveInto(into), reader.tryLease()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([drained(reader), channel.stats().used]).toEqual([[], 0]);
  });

  test('gives copies of its own, which later messages do not change', () => {
    const { writer, reader } = both();
    writer.trySend('first');
    const first = reader.tryReceive() as Buffer;
    for (let count = 0; count < 200; count++) {
      writer.trySend('x'.repeat(100));
      reader.tryReceive();
    }
    expect([first.toString(), first.buffer.byteLength]).toEqual(['first', 5]);
  });

  test('receives into any view at any place, and touches no byte behind the message', () => {
    const { writer, reader } = both();
    for (const length of [0, 1, 3, 4, 5, 100, 255, 256, 257, 1000]) {
      const message = Buffer.from(Array.from({ length }, (_, index) => index + length));
      for (const start of [0, 1, 2, 4]) {
        const room = Buffer.alloc(2000, 0xee);
        for (const target of [room.subarray(start), new DataView(room.buffer, room.byteOffset + start)]) {
          writer.trySend(message);
          expect(reader.tryReceiveInto(target)).toBe(length);
          expect(room.subarray(start, start + length)).toEqual(message);
          expect(room.subarray(start + length).every((byte) => byte === 0xee)).toBe(true);
          expect(room.subarray(0, start).every((byte) => byte === 0xee)).toBe(true);
        }
      }
    }
  });

  test('receives all of a message into a buffer that has grown meanwhile', () => {
    const { writer, reader } = both();
    const memory = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 256 }]) as ArrayBuffer & {
      resize(to: number): void;
    };
    const target = new Uint8Array(memory);
    writer.trySendMany(['short', 'x'.repeat(200)]);
    expect(reader.tryReceiveInto(target)).toBe(5);
    memory.resize(256);
    expect(reader.tryReceiveInto(target)).toBe(200);
    expect(Buffer.from(target.subarray(0, 200)).toString()).toBe('x'.repeat(200));
  });

  test('is EMSGSIZE where the buffer is too short, and the message stays', async () => {
    const { path, writer, reader } = both();
    writer.trySend('x'.repeat(300));
    const tooShort = ipcError('EMSGSIZE', 'receive', { path, hint: expect.stringContaining('stays') });
    for (const buffer of [Buffer.alloc(299), Buffer.alloc(0)]) {
      expect(() => reader.tryReceiveInto(buffer)).toThrow(tooShort);
      expect(() => reader.receiveIntoSync(buffer)).toThrow(tooShort);
      await expect(reader.receiveInto(buffer)).rejects.toEqual(tooShort);
    }
    const pending = pair({ readers });
    const waiting = expect(pending.reader.receiveInto(Buffer.alloc(2))).rejects.toThrow('EMSGSIZE');
    pending.writer.trySend('long');
    await waiting;
    expect(pending.reader.tryReceive()?.toString()).toBe('long');
    expect(reader.tryReceiveInto(Buffer.alloc(300))).toBe(300);
  });

  test.each(['text', 5, null, undefined, {}, new ArrayBuffer(8)])(
    'receives into no %o: TypeError',
    async (buffer) => {
      const { writer, reader } = both();
      writer.trySend('kept');
      const wrong = typeError('ERR_INVALID_ARG_TYPE', '`buffer`: expected a');
      expect(() => Reflect.apply(reader.tryReceiveInto, reader, [buffer])).toThrow(wrong);
      expect(() => Reflect.apply(reader.receiveIntoSync, reader, [buffer])).toThrow(wrong);
      await expect(Reflect.apply(reader.receiveInto, reader, [buffer])).rejects.toEqual(wrong);
      expect(reader.tryReceive()?.toString()).toBe('kept');
    },
  );

  test('leaves what it has not received to the next one', () => {
    const { channel, writer, reader } = both();
    writer.trySendMany(['a', 'b', 'c', 'd']);
    reader.tryReceive();
    drained(reader, 1);
    reader.close();
    expect(codeOf(() => reader.tryReceive())).toBe('EBADF');
    const next = channel.reader();
    expect(drained(next)).toEqual(['c', 'd']);
  });
});

const taken = (lease: Lease | undefined) => {
  const copy = lease?.read();
  lease?.release();
  return copy;
};

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

describe.each(['one', 'many'] as const)('a lease of a reader of %s', (readers) => {
  const both = () => pair({ readers });

  test('is the message itself, until it is released', () => {
    const { channel, writer, reader } = both();
    writer.trySendMany(['gr\u00fc\u00df', 'next']);
    const lease = reader.leaseSync();
    expect([lease.length, lease.held, lease.text(), channel.stats().used]).toEqual([
      6,
      true,
      'gr\u00fc\u00df',
      32,
    ]);
    expect(inspect(lease)).toBe('Lease { length: 6, held: true }');
    expect(lease.read()).toEqual(Buffer.from(lease.bytes));
    const { bytes } = lease;
    bytes[0] = 71;
    expect(lease.text()).toBe('Gr\u00fc\u00df');
    const copy = lease.read();
    lease.release();
    expect([lease.held, lease.length, copy.toString(), channel.stats().used]).toEqual([
      false,
      6,
      'Gr\u00fc\u00df',
      16,
    ]);
    expect(reader.tryReceive()?.toString()).toBe('next');
  });

  test('that is put back, or disposed of, is the next message again', () => {
    const { writer, reader } = both();
    writer.trySendMany(['a', 'b']);
    reader.leaseSync().putBack();
    {
      using lease = reader.leaseSync();
      expect(lease.text()).toBe('a');
    }
    {
      using lease = reader.leaseSync();
      lease.release();
    }
    expect(drained(reader)).toEqual(['b']);
  });

  test('ends once: EINVAL afterwards', () => {
    const { path, writer, reader } = both();
    for (const end of ['release', 'putBack'] as const) {
      writer.trySend('x');
      const lease = reader.leaseSync();
      lease[end]();
      const over = (syscall: string) => ipcError('EINVAL', syscall, { path, hint: 'the lease has ended' });
      expect(() => lease.release()).toThrow(over('release'));
      expect(() => lease.putBack()).toThrow(over('putBack'));
      for (const call of [() => lease.bytes, () => lease.read(), () => lease.text()])
        expect(call).toThrow(over('bytes'));
      lease[Symbol.dispose]();
      drained(reader);
    }
  });

  test('refuses all else of its reader: EBUSY; and close', async () => {
    const { path, channel, writer, reader } = both();
    writer.trySendMany(['a', 'b']);
    const lease = reader.leaseSync();
    const busy = ipcError('EBUSY', 'receive', { path, hint: expect.stringContaining('lease is held') });
    for (const call of [
      () => reader.tryReceive(),
      () => reader.receiveSync(),
      () => reader.tryReceiveInto(Buffer.alloc(9)),
      () => reader.tryLease(),
      () => reader.leaseSync(),
      () => reader.drain(() => {}),
    ])
      expect(call).toThrow(busy);
    await expect(reader.receive()).rejects.toEqual(busy);
    await expect(reader.lease()).rejects.toEqual(busy);
    for (const handle of [reader, channel])
      expect(() => handle.close()).toThrow(ipcError('EBUSY', 'close', { path }));
    expect([channel.closed, writer.closed]).toEqual([false, false]);
    lease.release();
    expect(drained(reader)).toEqual(['b']);
  });
});

test('a lease of one of many readers holds up the others, until it ends', async () => {
  const { channel, writer, reader } = pair({ readers: 'many' });
  const other = channel.reader();
  for (const end of ['release', 'putBack'] as const) {
    writer.trySendMany(['a', 'b']);
    const lease = reader.leaseSync();
    expect([other.tryReceive(), other.tryLease(), other.drain(() => {})]).toEqual([undefined, undefined, 0]);
    expect(codeOf(() => other.receiveSync({ timeout: 5 }))).toBe('ETIMEDOUT');
    const waiting = other.receive();
    lease[end]();
    expect((await waiting).toString()).toBe(end === 'release' ? 'b' : 'a');
    drained(reader);
  }
});
