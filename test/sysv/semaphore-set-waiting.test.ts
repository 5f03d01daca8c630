import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { set } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { until } from '../helpers/until.js';

leaveNothing();

const down = { index: 0, delta: -1 };
const zero = { index: 0, delta: 0 };

const operating = (id: number, operations: object, options: object = {}) =>
  start(process.execPath, [
    fixture('sysv/operate.mjs'),
    String(id),
    JSON.stringify(operations),
    JSON.stringify(options),
  ]);

describe('operateSync', () => {
  test.each([0, 1, 30.5])('waits at least %s ms, then says ETIMEDOUT and has changed nothing', (timeout) => {
    const two = set(1, 0);
    const before = process.hrtime.bigint();
    const list = [down, { index: 1, delta: -1 }];
    expect(() => two.operateSync(list, { timeout })).toThrow(
      ipcError('ETIMEDOUT', 'semtimedop', { id: two.id }),
    );
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(timeout * 1e6);
    expect(two.values).toEqual([1, 0]);
  });

  test.each([undefined, 0, Number.POSITIVE_INFINITY, 1e300, Number.MAX_SAFE_INTEGER])(
    'is over at once where nothing has to be waited for, whatever the timeout: %s',
    (timeout) => {
      const one = set(1);
      one.operateSync(down, { timeout });
      expect(one.values).toEqual([0]);
    },
  );

  test('refuses a timeout that is none, and takes nothing', () => {
    const one = set(1);
    for (const timeout of [-1, Number.NaN]) {
      expect(() => one.operateSync(down, { timeout })).toThrow(rangeError('`timeout`'));
      expect(() => one.prepare(down).operateSync({ timeout })).toThrow(rangeError('`timeout`'));
    }
    expect(() => Reflect.apply(one.operateSync, one, [down, { timeout: '1' }])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`timeout`'),
    );
    expect(one.values).toEqual([1]);
  });

  test('waits for an increase by another process, and is counted meanwhile', async () => {
    const one = set(0);
    const program = operating(one.id, down);
    await until(() => one.waitingForIncrease(0) === 1);
    expect(one.waitingForZero(0)).toBe(0);
    one.tryOperate({ index: 0, delta: 1 });
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'operating\ndone\n' });
    expect([one.values, one.waitingForIncrease(0)]).toEqual([[0], 0]);
    expect(one.lastPid(0)).toBe(program.pid);
  });

  test('waits for zero, and is counted meanwhile', async () => {
    const one = set(2);
    const program = operating(one.id, zero);
    await until(() => one.waitingForZero(0) === 1);
    expect(one.waitingForIncrease(0)).toBe(0);
    one.tryOperate(down);
    expect(one.waitingForZero(0)).toBe(1);
    one.tryOperate(down);
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'operating\ndone\n' });
  });

  test('waits until all of its list is possible at once', async () => {
    const two = set(0, 0);
    const program = operating(two.id, [down, { index: 1, delta: -1 }]);
    await until(() => two.waitingForIncrease(0) === 1);
    two.setValue(0, 1);
    await until(() => two.waitingForIncrease(1) === 1);
    expect(two.values).toEqual([1, 0]);
    two.setValue(1, 1);
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(two.values).toEqual([0, 0]);
  });

  test('ends with EIDRM, in words, when the set is removed meanwhile', async () => {
    for (const options of [{}, { timeout: 20_000 }]) {
      const one = set(0);
      const program = operating(one.id, down, options);
      await until(() => one.waitingForIncrease(0) === 1);
      one.remove();
      const { stdout } = await program.ended;
      expect(stdout).toMatch(
        /^operating\nEIDRM: identifier removed, sem(timed)?op id \d+\n {2}the object was removed/,
      );
    }
  });
});

describe('undo', () => {
  const taking = async (id: number, delta: number, undo: boolean) => {
    const program = start(process.execPath, [
      fixture('sysv/take-and-hold.mjs'),
      String(id),
      String(delta),
      String(undo),
    ]);
    await program.printed('taken');
    return program;
  };

  test('gives back what a process had taken, also when it is killed', async () => {
    const one = set(3);
    const program = await taking(one.id, -2, true);
    expect(one.values).toEqual([1]);
    program.child.kill('SIGKILL');
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(one.values).toEqual([3]);
  });

  test('takes away what a process had added', async () => {
    const one = set(1);
    const program = await taking(one.id, 2, true);
    expect(one.values).toEqual([3]);
    program.child.stdin.end();
    await program.ended;
    expect(one.values).toEqual([1]);
  });

  test('wakes who waits for what the killed process held', async () => {
    const one = set(1);
    const holder = await taking(one.id, -1, true);
    const waiter = operating(one.id, down);
    await until(() => one.waitingForIncrease(0) === 1);
    holder.child.kill('SIGKILL');
    expect(await waiter.ended).toMatchObject({ code: 0, stdout: 'operating\ndone\n' });
  });

  test('is not noted unless asked for: what a killed process took stays taken', async () => {
    const one = set(3);
    const program = await taking(one.id, -2, false);
    program.child.kill('SIGKILL');
    await program.ended;
    expect(one.values).toEqual([1]);
  });

  test('is forgotten when the value is set', async () => {
    const one = set(3);
    const program = await taking(one.id, -2, true);
    one.setValue(0, 10);
    program.child.kill('SIGKILL');
    await program.ended;
    expect(one.values).toEqual([10]);
  });
});

test('a value that a killed process held in part of a list comes back whole', async () => {
  const two = set(5, 5);
  const program = start(process.execPath, [fixture('sysv/operate-until-killed.mjs'), String(two.id)]);
  await program.printed('begun');
  await until(() => two.stat().operateTime.getTime() > 0);
  program.child.kill('SIGKILL');
  await program.ended;
  expect(two.values).toEqual([5, 5]);
});
