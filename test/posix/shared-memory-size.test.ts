import { constants } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { attempt, refused, traced } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';

leaveNothing();

const page = 4096;
const mebibyte = 2 ** 20;

describe('the size of shared memory', () => {
  test.each([0, -1, -4096, 0.5, 4096.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300])(
    '%s is a RangeError, and nothing is made',
    (size) => {
      const path = name();
      const made = [SharedMemory.create, SharedMemory.openOrCreate].map((make) => () => make(path, { size }));
      for (const make of made) expect(make).toThrow(rangeError('`size`: expected an integer from 1'));
      expect(() => SharedMemory.open(path)).toThrow(ipcError('ENOENT', 'shm_open'));
    },
  );

  test.each([undefined, null, '4096', 4096n, {}, [4096]])(
    '%s is a TypeError, and nothing is made',
    (size) => {
      const path = name();
      expect(() => Reflect.apply(SharedMemory.create, SharedMemory, [path, { size }])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`size`: expected a number'),
      );
      expect(() => SharedMemory.open(path)).toThrow(ipcError('ENOENT', 'shm_open'));
    },
  );

  test('that no machine has is ENOMEM without reserving, and nothing is left', () => {
    const path = name();
    const size = Number.MAX_SAFE_INTEGER;
    expect(() => SharedMemory.create(path, { size, reserve: false })).toThrow(
      ipcError('ENOMEM', 'mmap', { path }),
    );
    expect(readdirSync('/dev/shm')).not.toContain(path.slice(1));
  });

  testWith('unshare', 'strace')('that /dev/shm has not is ENOSPC before any of it is taken', async () => {
    // Step by step it would take all memory of the machine first, and the kernel would end processes for it.
    const circumstances = { shm: '64m', trace: 'fallocate' };
    for (const size of [65 * mebibyte, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const path = name();
      const created = await traced(
        circumstances,
        ({ SharedMemory }, path: string, size: number) => SharedMemory.create(path, { size }),
        path,
        size,
      );
      expect(created.outcome).toEqual(refused('ENOSPC', 'posix_fallocate', { path }));
      expect(created.outcome.hint).toMatch(/^\/dev\/shm has 64\.0 MiB free of 64\.0 MiB; enlarge it/);
      expect(created.calls).toEqual([]);
    }
  });

  testWith('unshare', 'strace')('that /dev/shm has not is ENOSPC for reserve and resize too', async () => {
    const { outcome, calls } = await traced({ shm: '64m', trace: 'fallocate' }, async ({ SharedMemory }) => {
      const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);
      const codes: string[] = [];
      const memory = SharedMemory.create('/sparse', { size: 2 ** 40, reserve: false });
      await memory.reserve().catch((error) => codes.push(codeOf(error)));
      try {
        memory.resize(2 ** 41);
      } catch (error) {
        codes.push(codeOf(error));
      }
      return [codes, memory.stat().allocated, memory.size];
    });
    expect(outcome.value, outcome.message).toEqual([['ENOSPC', 'ENOSPC'], 0, 2 ** 40]);
    expect(calls).toEqual([]);
  });

  test('beyond 4 GiB is that size, to its last byte', () => {
    const path = name();
    const size = 2 ** 32 + page;
    using memory = SharedMemory.create(path, { size, reserve: false });
    expect([memory.size, memory.stat().size, memory.stat().allocated]).toEqual([size, size, 0]);
    memory.write(0, 'first');
    memory.write(page, 'second page');
    memory.write(size - 4, 'last');
    expect(memory.readText(0, 5)).toBe('first');
    expect(memory.readText(size - 4, 4)).toBe('last');
    expect(memory.stat().allocated).toBe(3 * page);

    // An offset of 4 GiB that is cut to 32 bits would be the start again.
    using end = SharedMemory.open(path, { offset: 2 ** 32 });
    expect(end.size).toBe(page);
    expect(end.readText(page - 4, 4)).toBe('last');
    expect(end.readText(0, 5)).toBe('\0\0\0\0\0');
    expect(() => memory.write(size - 3, 'last')).toThrow(rangeError());
  });

  test('beyond what a buffer of this Node may have is ENOTSUP for views, and no obstacle for copies', () => {
    const path = name();
    const size = 2 ** 32 + page;
    using memory = SharedMemory.create(path, { size, reserve: false });
    if (constants.MAX_LENGTH >= size) {
      expect(memory.bytes(size - 1).length).toBe(1);
      return;
    }
    for (const view of [() => memory.buffer, () => memory.bytes(0, 1), () => memory.view(Int32Array, 0, 1)]) {
      expect(view).toThrow(
        ipcError('ENOTSUP', 'buffer', { path, hint: expect.stringContaining('read() and write()') }),
      );
    }
  });

  test('is reserved at once, unless told otherwise', () => {
    using reserved = SharedMemory.create(name(), { size: 3 * page });
    using sparse = SharedMemory.create(name(), { size: 3 * page, reserve: false });
    expect([reserved.stat().allocated, sparse.stat().allocated]).toEqual([3 * page, 0]);
  });
});

describe('resize', () => {
  test('grows with zeros, keeps the bytes, and reserves the space', () => {
    using memory = SharedMemory.create(name(), { size: page });
    memory.write(0, 'kept');
    memory.resize(3 * page);
    expect([memory.size, memory.stat().size, memory.stat().allocated]).toEqual([
      3 * page,
      3 * page,
      3 * page,
    ]);
    expect(memory.readText(0, 4)).toBe('kept');
    expect(memory.read(page, 2 * page).every((byte) => byte === 0)).toBe(true);
    memory.write(3 * page - 3, 'end');
  });

  test('shrinks, and what was cut off is zero when it grows again', () => {
    using memory = SharedMemory.create(name(), { size: 2 * page });
    memory.write(0, 'kept');
    memory.write(page + 10, 'lost');
    memory.resize(10);
    expect([memory.size, memory.stat().size]).toEqual([10, 10]);
    expect(() => memory.read(0, 11)).toThrow(rangeError());
    memory.resize(2 * page);
    expect(memory.readText(0, 4)).toBe('kept');
    expect(memory.readText(page + 10, 4)).toBe('\0\0\0\0');
  });

  test('kills the views taken before; those taken after see all', () => {
    using memory = SharedMemory.create(name(), { size: page });
    const old = memory.bytes();
    memory.resize(2 * page);
    expect(old.length).toBe(0);
    expect(memory.bytes().length).toBe(2 * page);
    memory.resize(2 * page);
    expect(memory.bytes().length).toBe(2 * page);
  });

  test('is seen by other handles when they are opened anew', () => {
    const path = name();
    using one = SharedMemory.create(path, { size: page });
    using two = SharedMemory.open(path);
    one.resize(2 * page);
    one.write(page, 'new');
    expect(two.size).toBe(page);
    two.resize(2 * page);
    expect(two.readText(page, 3)).toBe('new');
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('to %s is a RangeError and changes nothing', (size) => {
    using memory = SharedMemory.create(name(), { size: page });
    const view = memory.bytes();
    expect(() => memory.resize(size)).toThrow(rangeError('`size`'));
    expect([memory.size, memory.stat().size, view.length]).toEqual([page, page, page]);
  });

  testWith('unshare')(
    'to more than there is says ENOSPC and leaves size, bytes and views as they are',
    async () => {
      const outcome = await attempt({ shm: '1m' }, ({ SharedMemory }) => {
        const memory = SharedMemory.create('/small', { size: 4096 });
        memory.write(0, 'kept');
        const view = memory.bytes();
        try {
          memory.resize(2 ** 21);
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          const { size, allocated } = memory.stat();
          return [code ?? '', memory.size, size, allocated, Buffer.from(view.subarray(0, 4)).toString()];
        }
        return [];
      });
      expect(outcome.value, outcome.message).toEqual(['ENOSPC', page, page, page, 'kept']);
    },
  );

  test('through a handle on a part is EINVAL, through a read-only one EACCES', () => {
    const path = name();
    using whole = SharedMemory.create(path, { size: 2 * page });
    using part = SharedMemory.open(path, { length: page });
    using readOnly = SharedMemory.open(path, { readOnly: true });
    expect(() => part.resize(page)).toThrow(
      ipcError('EINVAL', 'resize', { path, hint: expect.stringContaining('a part of the object') }),
    );
    expect(() => readOnly.resize(page)).toThrow(
      ipcError('EACCES', 'resize', { path, hint: 'it was opened readOnly' }),
    );
    expect(whole.stat().size).toBe(2 * page);
  });
});

describe('reserve', () => {
  test('takes the space of the whole object, keeps its bytes, and may be done twice', async () => {
    using memory = SharedMemory.create(name(), { size: 40 * mebibyte, reserve: false });
    memory.write(20 * mebibyte, 'kept');
    await memory.reserve();
    await memory.reserve({});
    expect([memory.stat().allocated, memory.stat().size]).toEqual([40 * mebibyte, 40 * mebibyte]);
    expect(memory.readText(20 * mebibyte, 4)).toBe('kept');
  });

  test('lets the event loop go on', async () => {
    using memory = SharedMemory.create(name(), { size: 256 * mebibyte, reserve: false });
    let turns = 0;
    let done = false;
    const count = () => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await memory.reserve();
    done = true;
    expect(memory.stat().allocated).toBe(256 * mebibyte);
    expect(turns).toBeGreaterThan(10);
  });

  test('takes no thread of the pool', async () => {
    const memories = Array.from({ length: 6 }, () =>
      SharedMemory.create(name(), { size: 32 * mebibyte, reserve: false }),
    );
    await Promise.all(memories.map((memory) => memory.reserve()));
    expect(memories.map((memory) => memory.stat().allocated)).toEqual(Array(6).fill(32 * mebibyte));
    for (const memory of memories) memory.close();
  });

  test('is given up with the reason of its signal, whatever that is', async () => {
    using memory = SharedMemory.create(name(), { size: 512 * mebibyte, reserve: false });
    const reason = { because: 'changed my mind' };
    const controller = new AbortController();
    const reserved = memory.reserve({ signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(reserved).rejects.toBe(reason);
    expect(memory.stat().allocated).toBeLessThan(512 * mebibyte);
    expect(memory.size).toBe(512 * mebibyte);
  });

  test('does not begin when its signal was aborted before', async () => {
    using memory = SharedMemory.create(name(), { size: page, reserve: false });
    await expect(memory.reserve({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(memory.stat().allocated).toBe(0);
  });

  test('leaves no listener on its signal', async () => {
    using memory = SharedMemory.create(name(), { size: page, reserve: false });
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = () => {
      listeners += 1;
    };
    signal.removeEventListener = () => {
      listeners -= 1;
    };
    await memory.reserve({ signal });
    expect(listeners).toBe(0);
  });

  test('goes on when the handle is closed meanwhile', async () => {
    const path = name();
    const memory = SharedMemory.create(path, { size: 64 * mebibyte, reserve: false });
    const reserved = memory.reserve();
    memory.close();
    await reserved;
    using again = SharedMemory.open(path);
    expect(again.stat().allocated).toBe(64 * mebibyte);
  });

  test('through a read-only handle is EACCES', async () => {
    const path = name();
    SharedMemory.create(path, { size: page }).close();
    using memory = SharedMemory.open(path, { readOnly: true });
    await expect(memory.reserve()).rejects.toEqual(ipcError('EACCES', 'reserve', { path }));
  });

  test.each([null, {}, 'now', 7])('with a signal that is none, %s, is a TypeError', async (signal) => {
    using memory = SharedMemory.create(name(), { size: page });
    await expect(Reflect.apply(memory.reserve, memory, [{ signal }])).rejects.toEqual(
      typeError('ERR_INVALID_ARG_TYPE', '`signal`: expected an AbortSignal'),
    );
  });

  test('keeps the loop alive until it is done', async () => {
    const path = name();
    const outcome = await attempt(
      {},
      async ({ SharedMemory }, path: string) => {
        const memory = SharedMemory.create(path, { size: 64 * 2 ** 20, reserve: false });
        await memory.reserve();
        return memory.stat().allocated;
      },
      path,
    );
    expect(outcome.value).toBe(64 * mebibyte);
    await sleep(0);
  });
});

describe('a full /dev/shm', () => {
  const full = testWith('unshare');

  full('is ENOSPC for create, with the space there is, and nothing is left behind', async () => {
    const path = name();
    const outcome = await attempt(
      { shm: '64k' },
      ({ SharedMemory }, path: string) => SharedMemory.create(path, { size: 2 ** 20 }),
      path,
    );
    expect(outcome).toEqual(refused('ENOSPC', 'posix_fallocate', { path }));
    expect(outcome.hint).toMatch(/^\/dev\/shm has 0\.1 MiB free of 0\.1 MiB; enlarge it/);
  });

  full('is ENOSPC for every call that would need space, whatever is free, and never a signal', async () => {
    const outcome = await attempt({ shm: '256k' }, async ({ SharedMemory, Semaphore }) => {
      const { readdirSync } = process.getBuiltinModule('node:fs');
      const codeOf = async (call: () => unknown) => {
        try {
          await call();
          return 'done';
        } catch (error) {
          return (error as NodeJS.ErrnoException).code ?? String(error);
        }
      };
      const memory = SharedMemory.create('/most', { size: 200 * 1024 });
      memory.write(0, Buffer.alloc(200 * 1024, 1));
      const sparse = SharedMemory.create('/sparse', { size: 100 * 1024, reserve: false });
      const codes = [
        await codeOf(() => SharedMemory.create('/next', { size: 100 * 1024 })),
        await codeOf(() => SharedMemory.openOrCreate('/next', { size: 100 * 1024 })),
        await codeOf(() => memory.resize(400 * 1024)),
        await codeOf(() => sparse.reserve()),
      ];
      const rest = SharedMemory.create('/rest', { size: 1 });
      while ((await codeOf(() => rest.resize(rest.size + 4096))) === 'done');
      codes.push(await codeOf(() => Semaphore.create('/semaphore', { value: 1 })));
      return [codes, memory.size, memory.read(200 * 1024 - 1, 1)[0], readdirSync('/dev/shm').sort()];
    });
    expect(outcome.value, outcome.message).toEqual([
      ['ENOSPC', 'ENOSPC', 'ENOSPC', 'ENOSPC', 'ENOSPC'],
      200 * 1024,
      1,
      ['most', 'rest', 'sparse'],
    ]);
  });
});
