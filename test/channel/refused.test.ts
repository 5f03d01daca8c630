import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { Channel, Mutex, SharedMemory } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { runFixture } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { at, made, pair, words } from './made.js';

// What lies under the name is no channel, or another one, or somebody has written into it.
leaveNothing();

/** A file of `size` bytes with these words, and a right header but for them. */
function segment(header: Record<number, number>, size = 8192 + 4096): string {
  const path = uniqueName();
  onTestFinished(() => rmSync(`/dev/shm${path}`, { force: true }));
  const bytes = Buffer.alloc(size);
  const right = { 0: 0x43504950, 1: 5 | (1 << 8) | (252 << 16), 4: 0, 5: 4096 };
  for (const [word, value] of Object.entries({ ...right, ...header }))
    if (4 * Number(word) < size) bytes.writeUInt32LE(value, 4 * Number(word));
  writeFileSync(`/dev/shm${path}`, bytes);
  return path;
}

function expectRefused(path: string, code: string, field: string, hint: RegExp): void {
  for (const verb of ['open', 'openOrCreate'] as const) {
    const about = { path, field, hint: expect.stringMatching(hint) };
    expect(() => Channel[verb](path)).toThrow(ipcError(code, 'shm_open', about));
  }
  expect(() => Channel.create(path)).toThrow(ipcError('EEXIST', 'linkat', { path }));
}

test('a right header is a channel', () => {
  closing(Channel.open(segment({})))
    .writer()
    .trySend('fine');
});

test.each([
  ['no bytes at all', {}, 0, 'size'],
  ['a header that was cut off', {}, 8191, 'size'],
  ['zeros: not finished', { 0: 0, 1: 0, 5: 0 }, undefined, 'magic'],
  ['another first word', { 0: 0x43504951 }, undefined, 'magic'],
  ['another kind', { 1: 6 | (1 << 8) | (252 << 16) }, undefined, 'kind'],
  ['a newer version', { 1: 5 | (2 << 8) | (252 << 16) }, undefined, 'layout version'],
  ['another number of seats', { 1: 5 | (1 << 8) | (251 << 16) }, undefined, 'layout version'],
] as const)('%s is EPROTO, with the field, and stays as it is', (_what, header, size, field) => {
  expectRefused(segment(header, size), 'EPROTO', field, new RegExp(field));
});

test.each([
  ['capacity 0', { 5: 0 }, undefined, 'capacity'],
  ['a capacity that is no power of two', { 5: 4097 }, undefined, 'capacity'],
  ['a capacity beyond the limit', { 5: 2 ** 31 }, undefined, 'capacity'],
  ['flags that nobody knows', { 4: 4 }, undefined, 'flags'],
  ['a file that is shorter than its capacity', {}, 8192 + 2048, 'size'],
  ['a file that is longer', {}, 8192 + 8192, 'size'],
] as const)('%s: EBADMSG, with the field', (_what, header, size, field) => {
  expectRefused(segment(header, size), 'EBADMSG', field, new RegExp(`written into.*${field}`));
});

test('what is no file, or another kind of object, is refused', () => {
  const lock = name();
  closing(Mutex.create(lock));
  expectRefused(lock, 'EPROTO', 'size', /size/);
  const memory = name();
  closing(SharedMemory.create(memory, { size: 65536 }));
  expectRefused(memory, 'EPROTO', 'magic', /magic/);
});

test('openOrCreate of one with another geometry is EPROTO, with the field; what is not said does not matter', () => {
  const { path } = made({ writers: 'many' });
  for (const [options, field] of [
    [{ capacity: 8192 }, 'capacity'],
    [{ writers: 'one' }, 'writers'],
    [{ readers: 'many' }, 'readers'],
  ] as const) {
    const about = { path, field, hint: expect.stringContaining(`differs in its ${field}, which is `) };
    expect(() => Channel.openOrCreate(path, options)).toThrow(ipcError('EPROTO', 'openOrCreate', about));
  }
  closing(Channel.openOrCreate(path));
  closing(Channel.openOrCreate(path, { capacity: 4096, writers: 'many', readers: 'one' }));
});

describe('positions that cannot be', () => {
  const impossible = [
    ['more is written than there is room', { tail: 4104, head: 0 }],
    ['more is read than was written', { tail: 0, head: 8 }],
    ['a reader in the midst of a word', { tail: 16, head: 4 }],
  ] as const;

  test.each(impossible)('%s: EBADMSG for who sits down or is at it', async (_what, { tail, head }) => {
    for (const many of ['one', 'many'] as const) {
      const { path, channel, reader } = pair({ writers: many, readers: many });
      const all = words(path);
      all[at.tail] = tail;
      all[at.head] = head;
      const damaged = (syscall: string) =>
        ipcError('EBADMSG', syscall, { path, hint: expect.stringContaining('written into') });
      // A reader of its own has its own position.
      if (many === 'many' || head === 0) {
        expect(() => reader.tryReceive()).toThrow(damaged('receive'));
        expect(() => reader.receiveSync({ timeout: 0 })).toThrow(damaged('receive'));
        await expect(reader.receive()).rejects.toEqual(damaged('receive'));
        expect(() => reader.drain(() => {})).toThrow(damaged('receive'));
        expect(() => reader.tryLease()).toThrow(damaged('receive'));
      }
      channel.close();
      if (many === 'one' && head !== 4) {
        using again = Channel.open(path);
        expect(() => again.writer()).toThrow(damaged('writer'));
      }
    }
  });

  test('a length beyond what was written is EBADMSG in every way to receive, again and again', async () => {
    for (const readers of ['one', 'many'] as const) {
      const { path, writer, reader } = pair({ readers });
      writer.trySend('short');
      for (const length of [9, 4088, 4096, 2 ** 31 - 1, -1, -(2 ** 31)]) {
        words(path)[8192 / 4] = length;
        const damaged = ipcError('EBADMSG', 'receive', { path });
        expect(() => reader.tryReceive()).toThrow(damaged);
        expect(() => reader.tryReceiveInto(Buffer.alloc(8192))).toThrow(damaged);
        expect(() => reader.receiveSync()).toThrow(damaged);
        expect(() => reader.tryLease()).toThrow(damaged);
        expect(() => reader.drain(() => {})).toThrow(damaged);
        await expect(reader.receive()).rejects.toEqual(damaged);
      }
      words(path)[8192 / 4] = 5;
      expect(reader.tryReceive()?.toString()).toBe('short');
    }
  });

  test('a length that is overwritten under a lease changes neither the lease nor what is released', () => {
    const { path, writer, reader } = pair();
    writer.trySendMany(['first', 'second']);
    const lease = reader.leaseSync();
    words(path)[8192 / 4] = 20;
    expect(lease.text()).toBe('first');
    lease.release();
    expect(reader.tryReceive()?.toString()).toBe('second');
  });

  test('an owner word that names a seat nobody has counts as left by a dead one, garbage is EBADMSG', () => {
    const { path, writer, reader } = pair({ writers: 'many', readers: 'many' });
    const all = words(path);
    all[at.writer] = (9 << 20) | 5;
    all[at.reader] = (9 << 20) | 5;
    expect(writer.trySend('x')).toBe(true);
    expect(reader.tryReceive()?.toString()).toBe('x');
    // Where nothing is to be read, nobody asks for the turn.
    writer.trySend('y');
    all[at.writer] = 300 << 20;
    all[at.reader] = 300 << 20;
    expect(() => writer.trySend('x')).toThrow(ipcError('EBADMSG', 'send', { path }));
    expect(() => reader.tryReceive()).toThrow(ipcError('EBADMSG', 'receive', { path }));
  });
});

test.each(['one', 'many'])(
  'a file that is truncated is ESTALE in every call, no signal and no hang: %s',
  async (many) => {
    const { code, signal, stderr } = await runFixture('channel/truncate-under.mjs', [name(), many]);
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  },
);

test('a file that was truncated is refused, with the field', () => {
  const { path } = made();
  truncateSync(`/dev/shm${path}`, 8192);
  expectRefused(path, 'EBADMSG', 'size', /size/);
});
