import { constants } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueKey } from '../helpers/names.js';
import { attached, segment, temporary } from '../helpers/objects.js';
import { runFixture } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

leaveNothing();

const page = 4096;
const { IPC_PRIVATE } = sysv;

describe('the size of a segment', () => {
  test.each([0, -1, 0.5, Number.NaN, 2 ** 53])('%s is a RangeError', (size) => {
    expect(() => sysv.SharedMemory.create(IPC_PRIVATE, { size })).toThrow(
      rangeError('`size`: expected an integer from 1'),
    );
    expect(() => sysv.SharedMemory.open(1, { size })).toThrow(rangeError('`size`'));
  });

  test('has to be told to create', () => {
    for (const options of [undefined, {}, { size: '1' }]) {
      expect(() =>
        Reflect.apply(sysv.SharedMemory.create, sysv.SharedMemory, [IPC_PRIVATE, options]),
      ).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`size`: expected a number'));
    }
  });

  test('that no machine has is refused by the system', () => {
    const size = Number.MAX_SAFE_INTEGER;
    const made = () => temporary(sysv.SharedMemory.create(IPC_PRIVATE, { size }));
    expect(made).toThrow(ipcError(expect.stringMatching(/^(ENOMEM|ENOSPC|EINVAL)$/), 'shmget'));
  });

  test('is what was asked for, not rounded up', () => {
    const memory = attached(5000);
    expect(memory.size).toBe(5000);
    expect(() => memory.write(4999, 'ab')).toThrow(rangeError());
  });

  test('that is there may be asked for as a minimum', () => {
    const key = uniqueKey();
    temporary(sysv.SharedMemory.create(key, { size: 100 }));
    sysv.SharedMemory.open(key, { size: 100 });
    expect(sysv.SharedMemory.openOrCreate(key, { size: 50 }).stat().size).toBe(100);
    const small = ipcError('EINVAL', 'shmget', {
      key,
      hint: expect.stringContaining('smaller than asked for'),
    });
    expect(() => sysv.SharedMemory.open(key, { size: 101 })).toThrow(small);
    expect(() => sysv.SharedMemory.openOrCreate(key, { size: 101 })).toThrow(small);
  });

  test('beyond 4 GiB is that size, to its last byte', () => {
    const size = 2 ** 32 + page;
    const memory = attached(size);
    expect(memory.size).toBe(size);
    memory.write(size - 4, 'last');
    expect([memory.readText(size - 4, 4), memory.readText(page - 4, 4)]).toEqual(['last', '\0\0\0\0']);
    if (constants.MAX_LENGTH < size) {
      expect(() => memory.buffer).toThrow(ipcError('ENOTSUP', 'buffer'));
      expect(() => memory.bytes(0, 1)).toThrow(ipcError('ENOTSUP', 'buffer'));
    }
  });
});

describe('an attachment', () => {
  test('is the same memory for all who attach, in this process and another', async () => {
    const shared = segment();
    using one = shared.attach();
    using two = shared.attach();
    one.write(0, 'from the test');
    expect(two.readText(0, 13)).toBe('from the test');
    const { stdout } = await runFixture('sysv/exchange-text.mjs', [String(shared.id), 'from the program']);
    expect(stdout).toBe('from the test\n');
    expect(two.readText(0, 16)).toBe('from the program');
  });

  test('is counted, with who came last and when', () => {
    const shared = segment();
    expect(shared.stat()).toMatchObject({ attached: 0, lastPid: 0 });
    const one = shared.attach();
    const two = shared.attach({ readOnly: true });
    expect(shared.stat()).toMatchObject({ attached: 2, lastPid: process.pid });
    expect(shared.stat().attachTime.getTime()).toBeGreaterThan(0);
    one.bytes().fill(1);
    one.close();
    expect(shared.stat().attached).toBe(1);
    two.close();
    two.close();
    expect(shared.stat().attached).toBe(0);
    expect(shared.stat().detachTime.getTime()).toBeGreaterThan(0);
  });

  test('keeps a removed segment until the last one ends', () => {
    const shared = segment();
    const memory = shared.attach();
    memory.write(0, 'still there');
    shared.remove();
    expect(shared.stat()).toMatchObject({ removed: true, attached: 1 });
    using late = shared.attach();
    expect(late.readText(0, 11)).toBe('still there');
    memory.close();
    late.close();
    expect(() => shared.stat()).toThrow(ipcError('EINVAL', 'shmctl'));
    expect(() => shared.attach()).toThrow(ipcError('EINVAL', 'shmctl', { id: shared.id }));
  });

  test('that is read-only gives copies, and no view that a write could crash', () => {
    const shared = segment();
    using writer = shared.attach();
    using reader = shared.attach({ readOnly: true });
    writer.write(0, 'text');
    expect([reader.readOnly, reader.readText(0, 4), reader.read(0, 2).toString()]).toEqual([
      true,
      'text',
      'te',
    ]);
    writer.write(0, 'TEXT');
    expect(reader.readText(0, 4)).toBe('TEXT');
    const { id } = shared;
    const hint = expect.stringContaining('use read() or readText()');
    expect(() => reader.buffer).toThrow(ipcError('EACCES', 'buffer', { id, hint }));
    expect(() => reader.bytes()).toThrow(ipcError('EACCES', 'buffer', { id, hint }));
    expect(() => reader.view(Int32Array)).toThrow(ipcError('EACCES', 'buffer', { id, hint }));
    expect(() => reader.write(0, 'x')).toThrow(ipcError('EACCES', 'write', { id }));
  });

  test.each([1, 'yes', null])('with readOnly %s is a TypeError', (readOnly) => {
    const shared = segment();
    expect(() => Reflect.apply(shared.attach, shared, [{ readOnly }])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`readOnly`: expected a boolean'),
    );
    expect(shared.stat().attached).toBe(0);
  });
});

test('locked pages are told by stat until they are unlocked', () => {
  const shared = segment();
  shared.lockPages();
  expect(shared.stat().locked).toBe(true);
  shared.unlockPages();
  expect(shared.stat().locked).toBe(false);
  shared.remove();
  expect(() => shared.lockPages()).toThrow(ipcError('EINVAL', 'shmctl', { id: shared.id }));
  expect(() => shared.unlockPages()).toThrow(ipcError('EINVAL', 'shmctl', { id: shared.id }));
});

test('an attachment is a map of the process, and gone with close', () => {
  const maps = () => readFileSync('/proc/self/maps', 'utf8').split(/\/SYSV/).length;
  const before = maps();
  const shared = segment();
  const memory = shared.attach();
  memory.bytes()[0] = 1;
  expect(maps()).toBe(before + 1);
  memory.close();
  expect(maps()).toBe(before);
});
