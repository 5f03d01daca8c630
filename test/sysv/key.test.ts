import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sysv } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueKey } from '../helpers/names.js';
import { temporary } from '../helpers/objects.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

leaveNothing();

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  writeFileSync(path, '');
  return path;
}

describe('ftok', () => {
  test('makes the key of glibc: low bits of inode, device and project', () => {
    const path = file();
    const { ino, dev } = statSync(path);
    for (const project of [1, 0x42, 255]) {
      expect(sysv.ftok(path, project)).toBe(
        (((ino & 0xffff) | ((dev & 0xff) << 16) | (project << 24)) >>> 0) as number,
      );
    }
  });

  test('gives the same key for the same file, without a sign', () => {
    const path = file();
    expect(sysv.ftok(path, 200)).toBe(sysv.ftok(path, 200));
    expect(sysv.ftok(path, 200)).toBeGreaterThan(2 ** 31);
    const segment = temporary(sysv.SharedMemory.create(sysv.ftok(path, 200), { size: 1 }));
    expect(segment.key).toBe(sysv.ftok(path, 200));
    expect(sysv.SharedMemory.open(sysv.ftok(path, 200)).id).toBe(segment.id);
  });

  test('of a file that is not there is ENOENT', () => {
    const path = `${file()}-not-there`;
    expect(() => sysv.ftok(path, 1)).toThrow(ipcError('ENOENT', 'ftok', { path }));
    expect(() => sysv.ftok('', 1)).toThrow(ipcError('ENOENT', 'ftok', { path: '' }));
  });

  test('of a path with a NUL is refused, not cut', () => {
    expect(() => sysv.ftok(`${file()}\0more`, 1)).toThrow(typeError('ERR_INVALID_ARG_VALUE', 'NUL'));
  });

  test('wants a path and a project from 1 to 255', () => {
    expect(() => Reflect.apply(sysv.ftok, sysv, [7, 1])).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`path`'));
    expect(() => Reflect.apply(sysv.ftok, sysv, ['/'])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`project`'),
    );
    for (const project of [0, -1, 256, 1.5, Number.NaN]) {
      expect(() => sysv.ftok('/', project)).toThrow(
        rangeError('`project`: expected an integer from 1 to 255'),
      );
    }
  });
});

const kinds = [
  {
    kind: 'shared memory',
    call: 'shmget',
    control: 'shmctl',
    create: (key: number) => sysv.SharedMemory.create(key, { size: 1 }),
    open: (key: number) => sysv.SharedMemory.open(key),
    openOrCreate: (key: number) => sysv.SharedMemory.openOrCreate(key, { size: 1 }),
    fromId: (id: number) => sysv.SharedMemory.fromId(id),
  },
  {
    kind: 'a semaphore set',
    call: 'semget',
    control: 'semctl',
    create: (key: number) => sysv.SemaphoreSet.create(key, { count: 1 }),
    open: (key: number) => sysv.SemaphoreSet.open(key),
    openOrCreate: (key: number) => sysv.SemaphoreSet.openOrCreate(key, { count: 1 }),
    fromId: (id: number) => sysv.SemaphoreSet.fromId(id),
  },
  {
    kind: 'a message queue',
    call: 'msgget',
    control: 'msgctl',
    create: (key: number) => sysv.MessageQueue.create(key),
    open: (key: number) => sysv.MessageQueue.open(key),
    openOrCreate: (key: number) => sysv.MessageQueue.openOrCreate(key),
    fromId: (id: number) => sysv.MessageQueue.fromId(id),
  },
];

describe.each(kinds)('the key of $kind', (kind) => {
  test('leads to it, as long as it is there', () => {
    const key = uniqueKey();
    expect(() => kind.open(key)).toThrow(ipcError('ENOENT', kind.call, { key }));
    const made = temporary(kind.create(key));
    expect([made.created, made.key]).toEqual([true, key]);
    const opened = kind.open(key);
    expect([opened.created, opened.key, opened.id]).toEqual([false, key, made.id]);
    made.remove();
    expect(() => kind.open(key)).toThrow(ipcError('ENOENT', kind.call, { key }));
  });

  test('that is taken is EEXIST for create, with what to do', () => {
    const key = uniqueKey();
    temporary(kind.create(key));
    expect(() => kind.create(key)).toThrow(
      ipcError('EEXIST', kind.call, { key, hint: 'open it, use openOrCreate, or remove it first' }),
    );
    kind.open(key);
  });

  test('is told with what openOrCreate did: made it, then found it', () => {
    const key = uniqueKey();
    const first = temporary(kind.openOrCreate(key));
    const second = kind.openOrCreate(key);
    expect([first.created, second.created, second.id]).toEqual([true, false, first.id]);
  });

  test('may be given with a sign, as C has it, and is told without', () => {
    const key = uniqueKey() - 2 ** 31;
    const made = temporary(kind.create(key));
    expect(made.key).toBe(key + 2 ** 32);
    expect(kind.open(key + 2 ** 32).id).toBe(made.id);
  });

  test('IPC_PRIVATE makes a new one each time, which only its id leads to', () => {
    const one = temporary(kind.create(sysv.IPC_PRIVATE));
    const two = temporary(kind.openOrCreate(sysv.IPC_PRIVATE));
    expect(two.created).toBe(true);
    expect(one.id).not.toBe(two.id);
    const found = kind.fromId(one.id);
    expect([found.id, found.key, found.created]).toEqual([one.id, 0, false]);
    expect(() => kind.open(sysv.IPC_PRIVATE)).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', 'IPC_PRIVATE leads to no object; use fromId(id)'),
    );
  });

  test.each([2 ** 32, -(2 ** 31) - 1, 0.5, Number.NaN, 2 ** 53])('%s is a RangeError', (key) => {
    for (const verb of [kind.create, kind.open, kind.openOrCreate]) {
      expect(() => verb(key)).toThrow(
        rangeError('`key`: expected an integer from -2147483648 to 4294967295'),
      );
    }
  });

  test.each([undefined, null, '0x1234', 7n, {}])('%s is a TypeError', (key) => {
    for (const verb of [kind.create, kind.open, kind.openOrCreate]) {
      expect(() => Reflect.apply(verb, undefined, [key])).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`key`'));
    }
  });

  test('has a counterpart, the id, which is checked too', () => {
    for (const id of [-1, 2 ** 31, 0.5, Number.NaN]) {
      expect(() => kind.fromId(id)).toThrow(rangeError('`id`: expected an integer from 0 to 2147483647'));
    }
    expect(() => Reflect.apply(kind.fromId, undefined, ['1'])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`id`'),
    );
    const made = temporary(kind.create(sysv.IPC_PRIVATE));
    made.remove();
    expect(() => kind.fromId(made.id)).toThrow(
      ipcError('EINVAL', kind.control, { id: made.id, hint: expect.stringContaining('was removed') }),
    );
  });
});
