import { SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { attempt } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { ipcError, rangeError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';

leaveNothing();

const page = 4096;

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
