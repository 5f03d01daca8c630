import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { ipcError } from '../helpers/thrown.js';
import { codeOf, drained, pair } from './made.js';

leaveNothing();

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

  test('refuses all else of its reader, and close: EBUSY; but a promise waits', async () => {
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
    await expect(reader.receive({ timeout: 1 })).rejects.toThrow('ETIMEDOUT');
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
