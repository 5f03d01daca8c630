import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { fixture, run } from '../helpers/program.js';
import { ipcError, typeError } from '../helpers/thrown.js';
import { waits } from './waits.js';

leaveNothing();

describe.each(waits)('$title', ({ make, syscall, method }) => {
  test('waits until it is given', async () => {
    const { wait, give, finish } = make();
    let over = false;
    const waiting = wait().finally(() => {
      over = true;
    });
    await sleep(130);
    expect(over).toBe(false);
    give();
    finish(await waiting);
  });

  test('ends with ETIMEDOUT, not before its time, and has taken nothing', async () => {
    const { path, wait, give, finish } = make();
    const timedOut = ipcError('ETIMEDOUT', syscall, { path });
    await expect(wait({ timeout: 0 })).rejects.toEqual(timedOut);
    const before = process.hrtime.bigint();
    await expect(wait({ timeout: 20.5 })).rejects.toEqual(timedOut);
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(20.5e6);
    const waiting = wait({ timeout: 60_000 });
    await sleep(5);
    give();
    finish(await waiting);
  });

  test('ends with the reason of a signal, untouched', async () => {
    const { wait, give, finish } = make();
    for (const reason of [new Error('enough'), 'enough', 0, null]) {
      await expect(wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const aborting = new AbortController();
      const waiting = wait({ signal: aborting.signal });
      await sleep(1);
      aborting.abort(reason);
      await expect(waiting).rejects.toBe(reason);
    }
    const waiting = wait();
    await sleep(5);
    give();
    finish(await waiting);
  });

  test('that was given before its signal is aborted is given', async () => {
    const { wait, give, finish } = make();
    const aborting = new AbortController();
    const waiting = wait({ signal: aborting.signal, timeout: 60_000 });
    let given = false;
    waiting.then(() => {
      given = true;
      aborting.abort(new Error('too late'));
    });
    await sleep(5);
    give();
    finish(await waiting);
    expect(given).toBe(true);
  });

  test('may last for ever', async () => {
    const { wait, give, finish } = make();
    const waiting = wait({ timeout: Number.POSITIVE_INFINITY, signal: undefined });
    await sleep(5);
    give();
    finish(await waiting);
  });

  test('that has wrong options is refused', async () => {
    const { wait } = make();
    for (const timeout of [-1, Number.NaN]) await expect(wait({ timeout })).rejects.toThrow(RangeError);
    for (const options of [{ timeout: '1' }, { signal: {} }, { timeOut: 1 }, 5]) {
      await expect(wait(options as object)).rejects.toThrow(TypeError);
    }
    await expect(wait({ tiemout: 1 } as object)).rejects.toEqual(
      typeError('ERR_INVALID_ARG_VALUE', 'did you mean `timeout`?'),
    );
  });

  test('is refused when its handle is closed: EBADF', async () => {
    const { path, handle, wait } = make();
    const closed = expect(wait()).rejects.toEqual(ipcError('EBADF', method, { path }));
    await sleep(5);
    handle.close();
    await closed;
    await expect(wait()).rejects.toEqual(ipcError('EBADF', method, { path }));
  });
});

describe.each(['mutex', 'read', 'write', 'condition', 'barrier'])('a pending wait: %s', (kind) => {
  const ends = async (way: string, expected: object) => {
    const words = ['--expose-gc', fixture('sync/pending.mjs'), uniqueName(), kind, way];
    expect(await run(process.execPath, words)).toMatchObject({ stderr: '', ...expected });
  };

  test.each([
    ['stays', { code: 0, stdout: 'still there\ngiven\n' }],
    ['stays, and is forgotten', { code: 0, stdout: 'still there\ngiven\n' }],
    ['unref', { code: 0, stdout: '' }],
    ['unref later', { code: 0, stdout: '' }],
    ['unref and ref', { code: 0, stdout: 'still there\ngiven\n' }],
    ['process.exit', { code: 3, stdout: '' }],
    ['process.exit later', { code: 3, stdout: '' }],
  ])('%s', async (way, expected) => {
    await ends(way, expected);
  });

  test.each(['worker is terminated', 'worker ends by process.exit'])('%s', async (way) => {
    await ends(way, { code: 0, stdout: 'waiting\nended\n' });
  });
});

test.each(['mutex', 'read', 'write'])(
  'what the tasks of one handle give one another: %s, keeps no process alive',
  async (kind) => {
    const words = [fixture('sync/pending.mjs'), uniqueName(), kind, 'is given by its own handle'];
    expect(await run(process.execPath, words)).toMatchObject({ code: 0, stderr: '', stdout: 'given\n' });
  },
);
