import { existsSync, readFileSync, statSync } from 'node:fs';
import { SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { fixture, runFixture, start } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';

leaveNothing();

const page = 4096;
const maps = (path: string) =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`/dev/shm${path}`));

describe('shared memory', () => {
  test('is a file of its name in /dev/shm, with the size and mode asked for', () => {
    const path = name();
    using memory = SharedMemory.create(path, { size: 5000, mode: 0o640 });
    const file = statSync(`/dev/shm${path}`);
    expect([file.size, file.mode & 0o7777]).toEqual([5000, 0o640]);
    expect([memory.name, memory.size, memory.created, memory.readOnly]).toEqual([path, 5000, true, false]);
  });

  test('is private to its user unless told otherwise', () => {
    using memory = SharedMemory.create(name(), { size: 1 });
    expect(memory.stat().mode).toBe(0o600);
  });

  test('has the umask taken off its mode', () => {
    const before = process.umask(0o027);
    try {
      using memory = SharedMemory.create(name(), { size: 1, mode: 0o777 });
      expect(memory.stat().mode).toBe(0o750);
    } finally {
      process.umask(before);
    }
  });

  test('tells what fstat tells', () => {
    const path = name();
    const before = Date.now() - 1000;
    using memory = SharedMemory.create(path, { size: 10_000 });
    const status = memory.stat();
    const { dev, ino } = statSync(`/dev/shm${path}`);
    expect(status).toEqual({
      size: 10_000,
      allocated: 12_288,
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
    for (const time of [status.atime, status.mtime, status.ctime])
      expect(time.getTime()).toBeGreaterThan(before);
  });

  test('is the same memory for every handle on it', () => {
    const path = name();
    using writer = SharedMemory.create(path, { size: page });
    using reader = SharedMemory.open(path);
    expect([reader.size, reader.created]).toEqual([page, false]);
    writer.write(100, 'shared');
    expect(reader.readText(100, 6)).toBe('shared');
    reader.view(Int32Array)[0] = 42;
    expect(writer.view(Int32Array)[0]).toBe(42);
  });

  test('outlives its handles, and ends with its name and the last of them', () => {
    const path = name();
    const first = SharedMemory.create(path, { size: page });
    first.write(0, 'kept');
    first.close();
    expect(existsSync(`/dev/shm${path}`)).toBe(true);
    using second = SharedMemory.open(path);
    SharedMemory.unlink(path);
    expect(existsSync(`/dev/shm${path}`)).toBe(false);
    expect(second.readText(0, 4)).toBe('kept');
  });

  test('is unmapped by close, and its descriptor closed', () => {
    const path = name();
    const memory = SharedMemory.create(path, { size: page });
    memory.bytes().fill(1);
    expect(maps(path)).toHaveLength(1);
    memory.close();
    expect(maps(path)).toEqual([]);
  });

  test('of another process is written and read in place', async () => {
    const path = name();
    using memory = SharedMemory.create(path, { size: page });
    memory.write(0, 'from the test');
    const { stdout, code } = await runFixture('posix/exchange-text.mjs', [path, 'from the program']);
    expect([stdout, code]).toEqual(['from the test\n', 0]);
    expect(memory.readText(0, 16)).toBe('from the program');
  });

  test('that was unlinked goes on being shared by those who have it open', async () => {
    const path = name();
    using memory = SharedMemory.create(path, { size: page });
    const echo = start(process.execPath, [fixture('posix/echo-number.mjs'), path]);
    await echo.printed('ready');
    SharedMemory.unlink(path);
    using other = SharedMemory.create(path, { size: page });
    memory.view(Int32Array)[0] = 7;
    echo.child.stdin.end('go\n');
    expect((await echo.ended).stdout).toContain('saw 7');
    expect(memory.view(Int32Array)[1]).toBe(7);
    expect(other.view(Int32Array)[1]).toBe(0);
  });
});

describe('openOrCreate', () => {
  test('makes what is not there, with the options given', () => {
    using memory = SharedMemory.openOrCreate(name(), { size: 5000, mode: 0o660 & ~process.umask() });
    expect([memory.created, memory.size, memory.stat().allocated]).toEqual([true, 5000, 8192]);
  });

  test('takes what is there with the size, mode and bytes it has', () => {
    const path = name();
    using first = SharedMemory.create(path, { size: 300, mode: 0o600 });
    first.write(0, 'there before');
    using second = SharedMemory.openOrCreate(path, { size: 9999, mode: 0o640 });
    expect([second.created, second.size, second.stat().mode]).toEqual([false, 300, 0o600]);
    expect(second.readText(0, 12)).toBe('there before');
  });

  test('gives an object that is still empty its size', async () => {
    const path = name();
    const { code } = await runFixture('posix/make-file.mjs', [`/dev/shm${path}`, '0']);
    expect(code).toBe(0);
    using memory = SharedMemory.openOrCreate(path, { size: 5000 });
    expect([memory.created, memory.size, memory.stat().size]).toEqual([false, 5000, 5000]);
  });
});

describe('a part of shared memory', () => {
  test('is mapped from an offset on, to the end or for a length', () => {
    const path = name();
    using whole = SharedMemory.create(path, { size: 3 * page });
    whole.write(page, 'second page');
    using rest = SharedMemory.open(path, { offset: page });
    using part = SharedMemory.open(path, { offset: page, length: 6 });
    expect([rest.size, part.size]).toEqual([2 * page, 6]);
    expect(rest.readText(0, 11)).toBe('second page');
    part.write(0, 'SECOND');
    expect(whole.readText(page, 11)).toBe('SECOND page');
    expect(() => part.read(0, 7)).toThrow(rangeError());
  });

  test.each([
    ['longer than the object', { length: 2 * page + 1 }],
    ['that ends behind it', { offset: page, length: page + 1 }],
    ['that begins at its end', { offset: 2 * page }],
    ['that begins behind it', { offset: 2 ** 40 }],
    ['whose offset and length would wrap', { offset: page, length: Number.MAX_SAFE_INTEGER }],
    ['with an offset off the pages', { offset: 1 }],
  ])('%s is EINVAL, with the reason', (_, options) => {
    const path = name();
    SharedMemory.create(path, { size: 2 * page }).close();
    expect(() => SharedMemory.open(path, options)).toThrow(
      ipcError('EINVAL', 'mmap', {
        path,
        hint: expect.stringContaining('the map would end behind the object'),
      }),
    );
    expect(maps(path)).toEqual([]);
  });

  test('of an empty object is EINVAL', async () => {
    const path = name();
    await runFixture('posix/make-file.mjs', [`/dev/shm${path}`, '0']);
    expect(() => SharedMemory.open(path)).toThrow(ipcError('EINVAL', 'mmap', { path }));
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53])('offset or length %s is a RangeError', (odd) => {
    expect(() => SharedMemory.open('/x', { offset: odd })).toThrow(rangeError('`offset`'));
    expect(() => SharedMemory.open('/x', { length: odd })).toThrow(rangeError('`length`'));
    expect(() => SharedMemory.open('/x', { length: 0 })).toThrow(rangeError('`length`'));
  });
});

describe('advice', () => {
  const advices = [
    'normal',
    'random',
    'sequential',
    'willNeed',
    'dontNeed',
    'dontFork',
    'doFork',
    'hugePage',
    'noHugePage',
    'cold',
    'pageOut',
  ] as const;

  test.each(advices)('%s is taken, for all or for some pages, and changes no byte', (advice) => {
    using memory = SharedMemory.create(name(), { size: 4 * page });
    memory.write(0, 'stays');
    memory.write(page, 'stays');
    memory.advise(advice);
    memory.advise(advice, page);
    memory.advise(advice, page, page);
    memory.advise(advice, 0, 0);
    expect([memory.readText(0, 5), memory.readText(page, 5)]).toEqual(['stays', 'stays']);
  });

  test('about bytes outside, off the pages, or of another word is refused', () => {
    const path = name();
    using memory = SharedMemory.create(path, { size: 2 * page });
    expect(() => memory.advise('dontNeed', 3 * page)).toThrow(rangeError('`offset`'));
    expect(() => memory.advise('dontNeed', page, page + 1)).toThrow(rangeError('`length`'));
    expect(() => memory.advise('dontNeed', -page)).toThrow(rangeError('`offset`'));
    expect(() => memory.advise('dontNeed', 1)).toThrow(ipcError('EINVAL', 'madvise', { path }));
    expect(() => Reflect.apply(memory.advise, memory, ['never'])).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', "`advice`: expected one of 'normal'"),
    );
    expect(() => Reflect.apply(memory.advise, memory, [4])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`advice`'),
    );
  });
});

testWith('no sanitizer')('locked pages are counted as locked until they are unlocked', () => {
  const locked = () => Number(/VmLck:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  const before = locked();
  using memory = SharedMemory.create(name(), { size: 8 * page });
  memory.lockPages();
  expect(locked()).toBe(before + 32);
  memory.unlockPages();
  expect(locked()).toBe(before);
  memory.lockPages();
  memory.close();
  expect(locked()).toBe(before);
});
