import type { Lease } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { ipcError, typeError } from '../helpers/thrown.js';
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
