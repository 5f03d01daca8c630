import { sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueKey } from '../helpers/names.js';
import { set, temporary } from '../helpers/objects.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

leaveNothing();

const create = (options: unknown) =>
  Reflect.apply(sysv.SemaphoreSet.create, sysv.SemaphoreSet, [sysv.IPC_PRIVATE, options]);

describe('a semaphore set', () => {
  test('has as many semaphores as asked for, at zero, or those whose values are given', () => {
    const zeros = temporary(sysv.SemaphoreSet.create(0, { count: 3 }));
    expect([zeros.count, zeros.values]).toEqual([3, [0, 0, 0]]);
    const given = temporary(sysv.SemaphoreSet.create(0, { values: [1, 0, 32767] }));
    expect([given.count, given.values]).toEqual([3, [1, 0, 32767]]);
    const both = temporary(sysv.SemaphoreSet.create(0, { count: 2, values: [4, 5] }));
    expect(both.values).toEqual([4, 5]);
  });

  test('may be large', () => {
    const values = Array.from({ length: 250 }, (_, index) => index);
    expect(set(...values).values).toEqual(values);
  });

  test('keeps the values it has when it is opened again', () => {
    const key = uniqueKey();
    temporary(sysv.SemaphoreSet.create(key, { values: [7, 8] }));
    const again = sysv.SemaphoreSet.openOrCreate(key, { values: [1, 1] });
    expect([again.created, again.count, again.values]).toEqual([false, 2, [7, 8]]);
    expect(sysv.SemaphoreSet.open(key, { count: 2 }).values).toEqual([7, 8]);
    const small = ipcError('EINVAL', 'semget', {
      key,
      hint: expect.stringContaining('fewer semaphores than asked for'),
    });
    expect(() => sysv.SemaphoreSet.open(key, { count: 3 })).toThrow(small);
    expect(() => sysv.SemaphoreSet.openOrCreate(key, { count: 3 })).toThrow(small);
  });

  test.each([
    [{}, typeError('ERR_INVALID_ARG_TYPE', '`count`: expected a number')],
    [{ count: '1' }, typeError('ERR_INVALID_ARG_TYPE', '`count`')],
    [{ count: 0 }, rangeError('`count`: expected an integer from 1')],
    [{ count: -1 }, rangeError('`count`')],
    [{ count: 1.5 }, rangeError('`count`')],
    [{ count: 2 ** 31 }, rangeError('`count`')],
    [{ values: [] }, rangeError('`count`')],
    [{ values: 'ab' }, typeError('ERR_INVALID_ARG_TYPE', '`values`: expected an array')],
    [{ values: [1, -1] }, rangeError('`values[1]`: expected an integer from 0 to 32767, got -1')],
    [{ values: [32768] }, rangeError('`values[0]`')],
    [{ values: [0.5] }, rangeError('`values[0]`')],
    [{ values: ['1'] }, typeError('ERR_INVALID_ARG_TYPE', '`values[0]`')],
    [{ count: 3, values: [1] }, typeError('ERR_INVALID_ARG_VALUE', '`values`: expected 3 of them, got 1')],
  ])('made with %j is refused', (options, error) => {
    expect(() => create(options)).toThrow(error);
  });

  test('of more semaphores than the system has is EINVAL, with the limit', () => {
    expect(() => create({ count: 2 ** 31 - 1 })).toThrow(
      ipcError('EINVAL', 'semget', {
        key: 0,
        hint: expect.stringMatching(/more than \d+ were asked for \(SEMMSL/),
      }),
    );
  });
});

describe('its values', () => {
  test('are read and set, one or all', () => {
    const three = set(1, 2, 3);
    expect([three.value(0), three.value(1), three.value(2)]).toEqual([1, 2, 3]);
    three.setValue(1, 32767);
    expect(three.values).toEqual([1, 32767, 3]);
    three.setValues([0, 5, 6]);
    expect(three.values).toEqual([0, 5, 6]);
  });

  test.each([-1, 3, 0.5, Number.NaN, 2 ** 32])('are not found at index %s', (index) => {
    const three = set(1, 2, 3);
    const calls = [
      () => three.value(index),
      () => three.setValue(index, 0),
      () => three.lastPid(index),
      () => three.waitingForIncrease(index),
      () => three.waitingForZero(index),
    ];
    for (const call of calls) expect(call).toThrow(rangeError('`index`: expected an integer from 0 to 2'));
    expect(three.values).toEqual([1, 2, 3]);
  });

  test('are 0 to 32767, and as many as there are', () => {
    const two = set(1, 2);
    for (const odd of [-1, 32768, 0.5, Number.NaN]) {
      expect(() => two.setValue(0, odd)).toThrow(rangeError('`value`: expected an integer from 0 to 32767'));
      expect(() => two.setValues([1, odd])).toThrow(rangeError('`values[1]`'));
    }
    for (const values of [[], [1], [1, 2, 3]]) {
      expect(() => two.setValues(values)).toThrow(
        typeError('ERR_INVALID_ARG_VALUE', `expected 2 of them, got ${values.length}`),
      );
    }
    expect(() => Reflect.apply(two.setValues, two, [])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`values`'),
    );
    expect(two.values).toEqual([1, 2]);
  });

  test('tell who changed them last', () => {
    const two = set(0, 0);
    two.tryOperate({ index: 1, delta: 1 });
    expect(two.lastPid(1)).toBe(process.pid);
    expect(two.stat().operateTime.getTime()).toBeGreaterThan(0);
  });
});

describe('a list of operations', () => {
  test('is applied whole, in its order', () => {
    const two = set(0, 5);
    expect(
      two.tryOperate([
        { index: 0, delta: 2 },
        { index: 1, delta: -5 },
        { index: 1, delta: 0 },
        { index: 0, delta: -1 },
      ]),
    ).toBe(true);
    expect(two.values).toEqual([1, 0]);
  });

  test('is not applied at all when one of them would have to wait', () => {
    const two = set(1, 0);
    const list = [
      { index: 0, delta: -1 },
      { index: 1, delta: -1 },
    ];
    expect(two.tryOperate(list)).toBe(false);
    expect(two.values).toEqual([1, 0]);
    two.setValue(1, 1);
    expect(two.tryOperate(list)).toBe(true);
    expect(two.values).toEqual([0, 0]);
  });

  test('may be a single operation', () => {
    const one = set(1);
    expect(one.tryOperate({ index: 0, delta: -1 })).toBe(true);
    expect(one.tryOperate({ index: 0, delta: -1 })).toBe(false);
    expect(one.tryOperate({ index: 0, delta: 0 })).toBe(true);
    one.operateSync({ index: 0, delta: 32767 });
    expect(one.values).toEqual([32767]);
    expect(one.tryOperate({ index: 0, delta: 0 })).toBe(false);
  });

  test('is refused where it cannot be: EFBIG, ERANGE, E2BIG, and nothing is applied', () => {
    const one = set(32767);
    const { id } = one;
    const beyond = { index: 1, delta: 1 };
    const over = { index: 0, delta: 1 };
    const many = Array.from({ length: 100_000 }, () => ({ index: 0, delta: 0 }));
    const prepared = [beyond, over, many].map((operations) => one.prepare(operations));
    const cases = [
      { operations: beyond, code: 'EFBIG', hint: 'the set has no semaphore of this index' },
      { operations: over, code: 'ERANGE', hint: 'the value would exceed 32767 (SEMVMX)' },
      { operations: many, code: 'E2BIG', hint: expect.stringMatching(/^one call may have \d+ operations/) },
    ];
    for (const [position, { operations, code, hint }] of cases.entries()) {
      const error = ipcError(code, 'semop', { id, hint });
      const timed = ipcError(code, 'semtimedop', { id, hint });
      expect(() => one.tryOperate(operations)).toThrow(error);
      expect(() => one.operateSync(operations)).toThrow(error);
      expect(() => one.operateSync(operations, { timeout: 1 })).toThrow(timed);
      expect(() => prepared[position].tryOperate()).toThrow(error);
      expect(() => prepared[position].operateSync({ timeout: 1 })).toThrow(timed);
    }
    expect(one.values).toEqual([32767]);
  });

  test.each([
    [[], typeError('ERR_INVALID_ARG_VALUE', 'expected at least one')],
    [undefined, typeError('ERR_INVALID_ARG_TYPE', 'expected { index, delta }')],
    [null, typeError('ERR_INVALID_ARG_TYPE')],
    ['up', typeError('ERR_INVALID_ARG_TYPE')],
    [[undefined], typeError('ERR_INVALID_ARG_TYPE')],
    [{}, typeError('ERR_INVALID_ARG_TYPE', '`index`: expected a number')],
    [{ index: 0 }, typeError('ERR_INVALID_ARG_TYPE', '`delta`: expected a number')],
    [{ index: '0', delta: 1 }, typeError('ERR_INVALID_ARG_TYPE', '`index`')],
    [{ index: -1, delta: 1 }, rangeError('`index`')],
    [{ index: 65536, delta: 1 }, rangeError('`index`')],
    [{ index: 0, delta: 32768 }, rangeError('`delta`: expected an integer from -32768 to 32767')],
    [{ index: 0, delta: -32769 }, rangeError('`delta`')],
    [{ index: 0, delta: 0.5 }, rangeError('`delta`')],
    [{ index: 0, delta: 1, undo: 1 }, typeError('ERR_INVALID_ARG_TYPE', '`undo`: expected a boolean')],
    [
      [
        { index: 0, delta: 1 },
        { index: 0, delt: 1 },
      ],
      typeError('ERR_INVALID_ARG_VALUE', 'did you mean `delta`?'),
    ],
  ])('of %j is refused by each call that takes one', (operations, error) => {
    const one = set(1);
    for (const call of [one.tryOperate, one.operateSync, one.prepare]) {
      expect(() => Reflect.apply(call, one, [operations])).toThrow(error);
    }
    expect(one.values).toEqual([1]);
  });
});

describe('prepared operations', () => {
  test('do what the list does, as often as they are called', () => {
    const two = set(2, 0);
    const hand = two.prepare([
      { index: 0, delta: -1 },
      { index: 1, delta: 1 },
    ]);
    expect([hand.tryOperate(), two.values]).toEqual([true, [1, 1]]);
    hand.operateSync();
    expect([hand.tryOperate(), two.values]).toEqual([false, [0, 2]]);
    expect(() => hand.operateSync({ timeout: 1 })).toThrow(
      ipcError('ETIMEDOUT', 'semtimedop', { id: two.id }),
    );
  });

  test('do not follow when the list is changed afterwards', () => {
    const one = set(0);
    const operation = { index: 0, delta: 1 };
    const up = one.prepare(operation);
    operation.delta = 100;
    up.tryOperate();
    expect(one.values).toEqual([1]);
  });

  test('outlive the object they came from, and end with the set', () => {
    const one = set(0);
    const up = one.prepare({ index: 0, delta: 1 });
    one.remove();
    expect(() => up.tryOperate()).toThrow(ipcError('EINVAL', 'semop', { id: one.id }));
    expect(() => up.operateSync({ timeout: 0 })).toThrow(ipcError('EINVAL', 'semtimedop', { id: one.id }));
  });
});
