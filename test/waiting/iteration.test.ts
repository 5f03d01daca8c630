import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { ipcError } from '../helpers/thrown.js';
import { until } from '../helpers/until.js';
import { bothQueues, mailbox, queue, turn } from './objects.js';

leaveNothing();

describe('iteration', () => {
  test('gives message after message, and leaving it loses and closes nothing', async () => {
    for (const { handle, items } of bothQueues()) {
      for (const text of ['a', 'b', 'c', 'd']) handle.sendSync(text);
      const got: string[] = [];
      for await (const { data } of handle) {
        got.push(String(data));
        if (got.length === 2) break;
      }
      expect([got, items()]).toEqual([['a', 'b'], 2]);
      for await (const { data } of handle.messages({ timeout: 60_000 })) {
        got.push(String(data));
        if (got.length === 4) break;
        await turn();
      }
      expect([got, items()]).toEqual([['a', 'b', 'c', 'd'], 0]);
      await handle.send('still open');
      expect(String((await handle.receive()).data)).toBe('still open');
    }
  });

  test('throws what ends a wait, and ends quietly when the handle closes', async () => {
    const reason = new Error('enough');
    for (const { handle, items, give } of bothQueues()) {
      const stop = new AbortController();
      const looping = (async () => {
        for await (const _ of handle.messages({ signal: stop.signal }));
      })();
      give();
      await until(() => items() === 0);
      stop.abort(reason);
      await expect(looping).rejects.toBe(reason);
      await expect(handle.messages({ timeout: 2 }).next()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    }
    const { handle, give } = queue();
    let got = 0;
    const looping = (async () => {
      for await (const _ of handle) got++;
    })();
    give();
    await until(() => got === 1);
    handle.close();
    await looping;
    const again = queue();
    again.give();
    again.give();
    for await (const _ of again.handle) again.handle.close();
    expect(again.items()).toBe(1);
    const removed = mailbox();
    const next = removed.handle.messages().next();
    await turn();
    removed.handle.remove();
    await expect(next).rejects.toEqual(ipcError('EIDRM', 'msgrcv'));
  });
});
