import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Semaphore } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { blocked } from '../helpers/until.js';

leaveNothing();

const greatest = 2 ** 31 - 1;

const waiting = async (path: string, ...words: string[]) => {
  const program = start(process.execPath, [fixture('posix/wait-for-semaphore.mjs'), path, ...words]);
  await program.printed('waiting');
  await blocked(program.pid);
  return program;
};

describe('a semaphore', () => {
  test('is a file of its name in /dev/shm that every program of this C library knows', () => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 5, mode: 0o640 });
    const file = `/dev/shm/sem.${path.slice(1)}`;
    expect([statSync(file).size, statSync(file).mode & 0o7777]).toEqual([32, 0o640]);
    expect(readFileSync(file).readUInt32LE(0)).toBe(5);
    expect([semaphore.name, semaphore.value, semaphore.created]).toEqual([path, 5, true]);
  });

  test('is private to its user unless told otherwise', () => {
    using semaphore = Semaphore.create(name(), { value: 0 });
    expect(semaphore.stat().mode).toBe(0o600);
  });

  test('counts what is posted and what is taken', () => {
    using semaphore = Semaphore.create(name(), { value: 1 });
    semaphore.post();
    expect(semaphore.value).toBe(2);
    expect([semaphore.tryWait(), semaphore.tryWait(), semaphore.tryWait()]).toEqual([true, true, false]);
    expect(semaphore.value).toBe(0);
    semaphore.post();
    semaphore.waitSync();
    expect(semaphore.value).toBe(0);
  });

  test('is one for all handles on it', () => {
    const path = name();
    using first = Semaphore.create(path, { value: 0 });
    using second = Semaphore.open(path);
    using third = Semaphore.openOrCreate(path, { value: 9, mode: 0o666 });
    first.post();
    expect([second.value, third.value, third.created]).toEqual([1, 1, false]);
    expect(second.tryWait()).toBe(true);
    second.close();
    expect(first.tryWait()).toBe(false);
    first.post();
    expect(third.tryWait()).toBe(true);
  });

  test('tells what fstat and sem_getvalue tell', () => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 3 });
    const { dev, ino } = statSync(`/dev/shm/sem.${path.slice(1)}`);
    expect(semaphore.stat()).toEqual({
      value: 3,
      mode: 0o600,
      uid: process.geteuid?.(),
      gid: process.getegid?.(),
      dev,
      ino,
      links: 1,
      atime: expect.any(Date),
      mtime: expect.any(Date),
      ctime: expect.any(Date),
    });
  });

  test('holds up to 2147483647, and a post more is EOVERFLOW', () => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: greatest });
    expect(() => semaphore.post()).toThrow(
      ipcError('EOVERFLOW', 'sem_post', { path, hint: expect.stringContaining('SEM_VALUE_MAX') }),
    );
    expect(semaphore.value).toBe(greatest);
    expect(semaphore.tryWait()).toBe(true);
    semaphore.post();
  });

  test.each([-1, 2 ** 31, 0.5, Number.NaN, 2 ** 53])('cannot start with %s', (value) => {
    expect(() => Semaphore.create('/x', { value })).toThrow(
      rangeError('`value`: expected an integer from 0'),
    );
    expect(() => Semaphore.openOrCreate('/x', { value })).toThrow(rangeError('`value`'));
  });

  test('has to be told what to start with', () => {
    for (const options of [undefined, {}, { value: '1' }]) {
      expect(() => Reflect.apply(Semaphore.create, Semaphore, ['/x', options])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`value`: expected a number'),
      );
    }
  });

  test('holds one descriptor while it is open, and none after', () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const path = name();
    const before = descriptors();
    const semaphore = Semaphore.create(path, { value: 1 });
    const more = Array.from({ length: 10 }, () => Semaphore.open(path));
    expect(descriptors()).toBe(before + 11);
    for (const handle of [semaphore, ...more]) handle.close();
    expect(descriptors()).toBe(before);
  });
});

describe('waitSync', () => {
  test('with a timeout of 0 tries once', () => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 1 });
    semaphore.waitSync({ timeout: 0 });
    expect(() => semaphore.waitSync({ timeout: 0 })).toThrow(
      ipcError('ETIMEDOUT', 'sem_timedwait', { path }),
    );
    expect(semaphore.value).toBe(0);
  });

  test.each([1, 20.5, 50])('waits at least %s ms for nothing, then says ETIMEDOUT', (timeout) => {
    using semaphore = Semaphore.create(name(), { value: 0 });
    const before = process.hrtime.bigint();
    expect(() => semaphore.waitSync({ timeout })).toThrow(ipcError('ETIMEDOUT', 'sem_timedwait'));
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(timeout * 1e6);
  });

  test.each([undefined, Number.POSITIVE_INFINITY, 1e300, Number.MAX_SAFE_INTEGER, 2 ** 31 * 1000, 0.000001])(
    'takes at once what is there, whatever the timeout: %s',
    (timeout) => {
      using semaphore = Semaphore.create(name(), { value: 1 });
      semaphore.waitSync({ timeout });
      expect(semaphore.value).toBe(0);
    },
  );

  test('refuses a timeout that is none, and takes nothing', () => {
    using semaphore = Semaphore.create(name(), { value: 1 });
    for (const timeout of [Number.NaN, -1, -0.001, Number.NEGATIVE_INFINITY]) {
      expect(() => semaphore.waitSync({ timeout })).toThrow(rangeError('`timeout`: expected 0 or more'));
    }
    for (const timeout of ['1', null, 1n, {}]) {
      expect(() => Reflect.apply(semaphore.waitSync, semaphore, [{ timeout }])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`timeout`: expected milliseconds'),
      );
    }
    expect(semaphore.value).toBe(1);
  });

  test('is woken by a post of another process', async () => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 0 });
    const program = await waiting(path);
    semaphore.post();
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'waiting\nwoken\n' });
    expect(semaphore.value).toBe(0);
  });

  test('is woken by a post before its timeout', async () => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 0 });
    const program = await waiting(path, '20000');
    semaphore.post();
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'waiting\nwoken\n' });
  });

  test('of two processes: one post wakes one of them', async () => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 0 });
    const programs = await Promise.all([waiting(path), waiting(path)]);
    semaphore.post();
    const first = await Promise.race(programs.map(({ ended }, index) => ended.then(() => index)));
    const second = programs[1 - first];
    expect(second.child.exitCode).toBe(null);
    expect(semaphore.value).toBe(0);
    semaphore.post();
    expect(await second.ended).toMatchObject({ code: 0, stdout: 'waiting\nwoken\n' });
  });

  test('goes on when the name is taken away', async () => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 0 });
    const program = await waiting(path);
    Semaphore.unlink(path);
    using other = Semaphore.create(path, { value: 0 });
    other.post();
    await blocked(program.pid);
    expect(program.child.exitCode).toBe(null);
    semaphore.post();
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'waiting\nwoken\n' });
    expect(other.value).toBe(1);
  });
});

test('a million posts of two processes are all counted', async () => {
  const path = name();
  using semaphore = Semaphore.create(path, { value: 0 });
  const posting = () => start(process.execPath, [fixture('posix/post-semaphore.mjs'), path, '500000']).ended;
  const ended = await Promise.all([posting(), posting()]);
  expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  expect(semaphore.value).toBe(1_000_000);
});
