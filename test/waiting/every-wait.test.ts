import { setMaxListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { until } from '../helpers/until.js';
import { waits } from './objects.js';

leaveNothing();

/** Lets the event loop turn until it is `count` turns later. */
const turns = async (count = 3) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe.each(waits)('$title', ({ kind, syscall, method, closing, make, wait }) => {
  const stop = new Error('enough');

  test('is over at once where there is something', async () => {
    const from = make();
    from.give();
    await wait(from);
    expect(from.items()).toBe(0);
    from.give();
    await wait(from, { timeout: 0 });
    from.give();
    await wait(from, { timeout: Number.POSITIVE_INFINITY, signal: new AbortController().signal });
    expect(from.items()).toBe(0);
  });

  test('is over when another process gives something, later', async () => {
    const from = make();
    const giver = start(process.execPath, [fixture('waiting/give.mjs'), kind, from.place]);
    await giver.printed('ready');
    const order: number[] = [];
    const pending = [0, 1, 2].map((turn) => wait(from).then(() => order.push(turn)));
    await turns();
    expect(order).toEqual([]);
    giver.child.stdin.write('\n');
    await pending[0];
    expect(order).toEqual([0]);
    giver.child.stdin.write('\n\n');
    await Promise.all(pending);
    expect([order, from.items()]).toEqual([[0, 1, 2], 0]);
  });

  test.each([0, 1e-9, 0.001, 0.7, 1, 30.5])(
    'waits at least %s ms, takes nothing, and says ETIMEDOUT',
    async (timeout) => {
      const from = make();
      const before = process.hrtime.bigint();
      await expect(wait(from, { timeout })).rejects.toEqual(ipcError('ETIMEDOUT', syscall, from.about));
      expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(timeout * 1e6);
      from.give();
      await turns();
      expect(from.items()).toBe(1);
      await wait(from, { timeout: 0 });
    },
  );

  test('that times out is no end for those beside it', async () => {
    const from = make();
    const patient = wait(from);
    const short = [1e-9, 5, 1].map((timeout) => wait(from, { timeout }));
    const next = wait(from);
    const told = await Promise.allSettled(short);
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    from.give();
    await patient;
    from.give();
    await next;
    expect(from.items()).toBe(0);
  });

  test.each([stop, 'a word', null, Symbol('any')])(
    'ends with the reason of its signal, untouched: %s',
    async (reason) => {
      const from = make();
      const controller = new AbortController();
      const first = wait(from, { signal: controller.signal });
      const second = wait(from, { signal: controller.signal });
      const third = wait(from);
      await turns();
      controller.abort(reason);
      await expect(Promise.allSettled([first, second])).resolves.toEqual([
        { status: 'rejected', reason },
        { status: 'rejected', reason },
      ]);
      from.give();
      await third;
      expect(from.items()).toBe(0);
    },
  );

  test('takes nothing for a signal that was aborted before', async () => {
    const from = make();
    from.give();
    await expect(wait(from, { signal: AbortSignal.abort(stop) })).rejects.toBe(stop);
    await expect(wait(from, { signal: AbortSignal.abort(), timeout: 0 })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(from.items()).toBe(1);
  });

  test('takes nothing for AbortSignal.timeout either', async () => {
    const from = make();
    const reason = { name: 'TimeoutError' };
    await expect(wait(from, { signal: AbortSignal.timeout(5) })).rejects.toMatchObject(reason);
    from.give();
    await turns();
    expect(from.items()).toBe(1);
  });

  test('refuses bad options before anything waits', async () => {
    const from = make();
    from.give();
    const bad = (options: object) => expect(wait(from, options as { timeout?: number })).rejects;
    for (const timeout of [-1, -0.5, Number.NaN, Number.NEGATIVE_INFINITY])
      await bad({ timeout }).toEqual(rangeError('`timeout`'));
    for (const timeout of ['1', null, 1n, {}, true])
      await bad({ timeout }).toEqual(typeError('ERR_INVALID_ARG_TYPE', '`timeout`'));
    for (const signal of ['SIGINT', null, 1, {}, new AbortController(), new EventTarget()])
      await bad({ signal }).toEqual(typeError('ERR_INVALID_ARG_TYPE', '`signal`'));
    await bad({ timeuot: 1 }).toEqual(typeError('ERR_INVALID_ARG_VALUE', 'did you mean `timeout`?'));
    await bad({ signl: 1 }).toEqual(typeError('ERR_INVALID_ARG_VALUE', 'did you mean `signal`?'));
    await bad([1]).toEqual(typeError('ERR_INVALID_ARG_TYPE', 'options'));
    expect(from.items()).toBe(1);
  });

  test('serves in the order asked, past those who have left', async () => {
    const from = make();
    const leaver = new AbortController();
    setMaxListeners(0, leaver.signal);
    const order: number[] = [];
    const left: number[] = [];
    const all = Array.from({ length: 30 }, (_, place) =>
      wait(from, place % 3 === 1 || place === 0 ? { signal: leaver.signal } : {}).then(
        () => order.push(place),
        () => left.push(place),
      ),
    );
    await turns();
    leaver.abort();
    const staying = Array.from({ length: 30 }, (_, place) => place).filter(
      (place) => place % 3 !== 1 && place !== 0,
    );
    for (let given = 0; given < staying.length; given++) {
      from.give();
      if (given % 5 === 0) await until(() => from.items() === 0);
      else if (from.items() >= 7) await until(() => from.items() < 7);
    }
    await Promise.all(all);
    expect(order).toEqual(staying);
    expect(left).toHaveLength(30 - staying.length);
    expect(from.items()).toBe(0);
  });

  if (closing !== undefined) {
    test('close() in the middle ends every wait at once, and takes nothing', async () => {
      const from = make();
      const all = Array.from({ length: 5 }, () => wait(from));
      const handle = from.handle as unknown as Disposable & { close(): void; closed: boolean };
      await turns();
      handle.close();
      const closed = { status: 'rejected', reason: ipcError('EBADF', method, from.about) };
      const end = { status: 'fulfilled', value: { done: true, value: undefined } };
      const outcome = closing === 'EBADF' ? closed : end;
      await expect(Promise.allSettled(all)).resolves.toEqual(all.map(() => outcome));
      from.give();
      await turns();
      expect([handle.closed, from.items()]).toEqual([true, 1]);
      await expect(Promise.allSettled([wait(from)])).resolves.toEqual([outcome]);
      handle.close();
      expect(from.items()).toBe(1);
    });
  } else {
    test.each(['while the thread is on its way', 'later'])(
      'IPC_RMID in the middle is EIDRM for everybody (%s)',
      async (when) => {
        const from = make();
        const handle = from.handle as unknown as { remove(): void };
        const never = new AbortController();
        const all = [undefined, { timeout: 60_000 }, { signal: never.signal }].map((options) =>
          wait(from, options),
        );
        if (when === 'later') await turns(20);
        handle.remove();
        const removed = { status: 'rejected', reason: ipcError('EIDRM', syscall, from.about) };
        await expect(Promise.allSettled(all)).resolves.toEqual([removed, removed, removed]);
        await expect(wait(from)).rejects.toEqual(ipcError('EINVAL', syscall, from.about));
      },
    );
  }
});
