import { readdirSync, statSync } from 'node:fs';
import { Channel } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { attempt, type Ipc, nobody, refused } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';
import { made } from './made.js';

leaveNothing();

const verbs = ['create', 'open', 'openOrCreate'] as const;
const call = (verb: (typeof verbs)[number], path: unknown, options?: unknown) =>
  Reflect.apply(Channel[verb] as (...words: unknown[]) => Channel, Channel, [path, options]);

describe('a channel', () => {
  test('is created once, and opened by everybody', () => {
    const path = name();
    expect(() => Channel.open(path)).toThrow(ipcError('ENOENT', 'shm_open', { path }));
    expect(closing(Channel.create(path, { capacity: 8192 }))).toMatchObject({
      name: path,
      created: true,
      closed: false,
      capacity: 8192,
    });
    expect(() => Channel.create(path)).toThrow(
      ipcError('EEXIST', 'linkat', { path, hint: expect.stringContaining('unlink it first') }),
    );
    expect(closing(Channel.open(path))).toMatchObject({ created: false, capacity: 8192 });
    expect(closing(Channel.openOrCreate(path)).created).toBe(false);
    Channel.unlink(path);
    expect(() => Channel.unlink(path)).toThrow(ipcError('ENOENT', 'shm_unlink', { path }));
    expect(closing(Channel.openOrCreate(path)).created).toBe(true);
  });

  test('has 1 MiB, one writer and one reader, unless told otherwise', () => {
    const usual = closing(Channel.create(name()));
    const { capacity, used, writers, readers, mapped } = usual.stats();
    expect([capacity, used, writers, readers]).toEqual([2 ** 20, 0, 'one', 'one']);
    expect(mapped).toBe(8192 + 2 ** 21);
    const path = name();
    const many = closing(Channel.create(path, { capacity: 4096, writers: 'many', readers: 'many' }));
    const expected = { capacity: 4096, used: 0, writers: 'many', readers: 'many', mapped: 8192 + 8192 };
    expect(many.stats()).toEqual(expected);
    expect(closing(Channel.open(path)).stats()).toEqual(expected);
  });

  test('is a file with all its space taken, of exactly the mode that was asked for', () => {
    const before = process.umask(0o077);
    try {
      for (const mode of [undefined, 0o600, 0o666, 0o660, 0o640]) {
        const path = name();
        closing(Channel.create(path, { capacity: 65536, mode }));
        const { mode: found, size, blocks } = statSync(`/dev/shm${path}`);
        expect([found & 0o7777, size, blocks * 512]).toEqual([mode ?? 0o600, 8192 + 65536, 8192 + 65536]);
      }
    } finally {
      process.umask(before);
    }
  });

  test('goes on under the hands of those who have it when its name is taken away', () => {
    const { path, channel } = made();
    const other = closing(Channel.open(path));
    const writer = channel.writer();
    Channel.unlink(path);
    closing(Channel.create(path));
    writer.trySend('still');
    expect(other.reader().tryReceive()?.toString()).toBe('still');
  });

  test('closes its writers and readers; closed, it is EBADF', () => {
    const { path, channel } = made();
    const [writer, reader] = [channel.writer(), channel.reader()];
    channel.close();
    channel.close();
    expect([channel.closed, writer.closed, reader.closed]).toEqual([true, true, true]);
    for (const method of ['writer', 'reader', 'stats'] as const)
      expect(() => channel[method]()).toThrow(ipcError('EBADF', method, { path }));
    expect(() => writer.trySend('x')).toThrow(ipcError('EBADF', 'send', { path }));
    expect(() => reader.tryReceive()).toThrow(ipcError('EBADF', 'receive', { path }));
    expect([channel.name, channel.capacity, channel.created]).toEqual([path, 4096, true]);
    expect(writer.block).toHaveLength(0);
  });

  test('with unlinkOnExit goes with the process that has created it, and with no other', async () => {
    const path = uniqueName();
    const body = ({ Channel }: Ipc, path: string) => {
      const channel = Channel.openOrCreate(path, { unlinkOnExit: true });
      channel.writer().tryClaim(10);
      return channel.created;
    };
    expect((await attempt({}, body, path)).value).toBe(true);
    expect(readdirSync('/dev/shm')).not.toContain(path.slice(1));

    const kept = made({ capacity: 2 ** 20 });
    expect((await attempt({}, body, kept.path)).value).toBe(false);
    expect(readdirSync('/dev/shm')).toContain(kept.path.slice(1));
  });

  testWith('unshare')('is ENOSPC where /dev/shm has no room, and leaves nothing', async () => {
    const path = uniqueName();
    const outcome = await attempt(
      { shm: '1m' },
      ({ Channel }, path: string) => {
        const names = () => process.getBuiltinModule('node:fs').readdirSync('/dev/shm');
        try {
          Channel.create(path);
        } catch (error) {
          if (names().length > 0) throw new Error(`left behind: ${names()}`);
          throw error;
        }
      },
      path,
    );
    expect(outcome).toEqual(refused('ENOSPC', 'posix_fallocate', { path }, /1\.0 MiB free of 1\.0 MiB/));
  });

  testWith('another user')('of another user is EPERM, unless that user is trusted', async () => {
    const path = name();
    const body = ({ Channel }: Ipc, path: string) => Channel.create(path, { mode: 0o666 }).close();
    expect((await attempt({ user: nobody }, body, path)).error).toBeUndefined();
    const hint = "it belongs to another user; pass { owner: 'any' } if you trust them";
    for (const owner of [undefined, 'self', 0] as const)
      for (const verb of ['open', 'openOrCreate'] as const)
        expect(() => call(verb, path, { owner })).toThrow(ipcError('EPERM', 'shm_open', { path, hint }));
    for (const owner of ['any', nobody] as const) Channel.open(path, { owner }).close();
  });
});

describe('bad input', () => {
  test.each([0, 1, 4095, -4096, 0.5, 2 ** 30 + 1, 2 ** 31, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])(
    'capacity %s is a RangeError that tells the limits, and nothing is made',
    (capacity) => {
      const path = name();
      for (const verb of ['create', 'openOrCreate'] as const)
        expect(() => call(verb, path, { capacity })).toThrow(
          rangeError('`capacity`: expected an integer from 4096 to 1073741824, got'),
        );
      expect(() => Channel.open(path)).toThrow(ipcError('ENOENT', 'shm_open'));
    },
  );

  test('a capacity that is no power of two is a RangeError that tells the next ones', () => {
    for (const [capacity, below, above] of [
      [4097, 4096, 8192],
      [1e6, 524288, 1048576],
      [2 ** 30 - 1, 2 ** 29, 2 ** 30],
    ])
      expect(() => Channel.create(name(), { capacity })).toThrow(
        rangeError(`\`capacity\`: expected a power of two, such as ${below} or ${above}, got ${capacity}`),
      );
  });

  test.each([
    [{ capacity: '4096' }, 'ERR_INVALID_ARG_TYPE', "`capacity`: expected a number, got '4096'"],
    [{ capacity: 4096n }, 'ERR_INVALID_ARG_TYPE', '`capacity`: expected a number, got 4096n'],
    [{ capacity: null }, 'ERR_INVALID_ARG_TYPE', '`capacity`: expected a number, got null'],
    [{ writers: 2 }, 'ERR_INVALID_ARG_TYPE', "`writers`: expected one of 'one', 'many', got 2"],
    [{ readers: 'some' }, 'ERR_INVALID_ARG_VALUE', "`readers`: expected one of 'one', 'many', got 'some'"],
    [{ mode: '600' }, 'ERR_INVALID_ARG_TYPE', '`mode`: expected a number'],
    [{ unlinkOnExit: 1 }, 'ERR_INVALID_ARG_TYPE', '`unlinkOnExit`: expected a boolean, got 1'],
    [{ size: 4096 }, 'ERR_INVALID_ARG_VALUE', 'unknown option `size`'],
    [{ writer: 'many' }, 'ERR_INVALID_ARG_VALUE', 'did you mean `writers`?'],
    [5, 'ERR_INVALID_ARG_TYPE', 'options: expected an object, got 5'],
  ])('options %s are a TypeError', (options, code, words) => {
    const path = name();
    for (const verb of ['create', 'openOrCreate'] as const)
      expect(() => call(verb, path, options)).toThrow(typeError(code as string, words as string));
    expect(() => Channel.open(path)).toThrow(ipcError('ENOENT', 'shm_open'));
  });

  test('a mode beyond the nine bits is a RangeError', () => {
    expect(() => Channel.create(name(), { mode: 0o1000 })).toThrow(rangeError('`mode`'));
  });

  test('each call takes only the options that mean something to it', () => {
    const { path, channel } = made();
    expect(() => call('create', name(), { owner: 'any' })).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', '`owner`'),
    );
    expect(() => call('open', path, { capacity: 4096 })).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', '`owner`'),
    );
    for (const method of ['writer', 'reader'] as const) {
      const sit = (options: unknown) => () => Reflect.apply(channel[method], channel, [options]);
      expect(sit({ persist: true })).toThrow(
        typeError('ERR_INVALID_ARG_VALUE', 'did you mean `persistent`?'),
      );
      expect(sit({ persistent: 1 })).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`persistent`'));
    }
  });

  test.each(['no-slash', '/', '/a/b', '', 5, undefined])('a name such as %s is a TypeError', (path) => {
    for (const verb of verbs) expect(() => call(verb, path)).toThrow(TypeError);
  });

  test('no class is constructed but by its own methods', () => {
    const { channel } = made();
    const [writer, reader] = [channel.writer(), channel.reader()];
    writer.trySend('x');
    using lease = reader.leaseSync();
    for (const { constructor: Class } of [channel, writer, reader, lease])
      expect(() => Reflect.construct(Class, [])).toThrow(/Illegal constructor: use/);
  });
});
