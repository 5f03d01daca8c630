import { constants } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { attempt, attempting, refused } from '../helpers/attempt.js';
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
      const created = attempting(
        circumstances,
        ({ SharedMemory }, path: string, size: number) => SharedMemory.create(path, { size }),
        path,
        size,
      );
      const outcome = await created.outcome();
      expect(outcome).toEqual(refused('ENOSPC', 'posix_fallocate', { path }));
      expect(outcome.hint).toMatch(/^\/dev\/shm has 64\.0 MiB free of 64\.0 MiB; enlarge it/);
      expect(created.calls()).toEqual([]);
    }
  });

  testWith('unshare', 'strace')('that /dev/shm has not is ENOSPC for reserve and resize too', async () => {
    const refusing = attempting({ shm: '64m', trace: 'fallocate' }, async ({ SharedMemory }) => {
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
    const outcome = await refusing.outcome();
    expect(outcome.value, outcome.message).toEqual([['ENOSPC', 'ENOSPC'], 0, 2 ** 40]);
    expect(refusing.calls()).toEqual([]);
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
