import { Semaphore, sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { mailbox, queue, semaphore, semaphoreSet, turn } from './objects.js';

leaveNothing();

describe('Semaphore.hold', () => {
  test('posts once, however often it is disposed of', async () => {
    const { handle, items } = semaphore();
    handle.post();
    {
      using slot = await handle.hold();
      expect(items()).toBe(0);
      slot[Symbol.dispose]();
      expect(items()).toBe(1);
    }
    expect(items()).toBe(1);
  });

  test('lets one after the other in', async () => {
    const { handle, items } = semaphore();
    handle.post();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        using _slot = await handle.hold();
        inside++;
        most = Math.max(most, inside);
        await turn();
        inside--;
      }),
    );
    expect([most, items()]).toEqual([1, 1]);
  });
});

describe('an item that comes in the moment of an abort', () => {
  test('is the wait’s, or still there: never lost', async () => {
    for (const make of [semaphore, queue, semaphoreSet, mailbox] as const) {
      const from = make();
      let taken = 0;
      const rounds = 300;
      for (let round = 0; round < rounds; round++) {
        const controller = new AbortController();
        const { handle } = from;
        const pending =
          handle instanceof Semaphore
            ? handle.wait({ signal: controller.signal })
            : handle instanceof sysv.SemaphoreSet
              ? handle.operate({ index: 0, delta: -1 }, { signal: controller.signal })
              : handle.receive({ signal: controller.signal });
        const counted = (pending as Promise<unknown>).then(
          () => taken++,
          () => {},
        );
        if (round % 3 !== 0) await turn();
        from.give();
        if (round % 2 === 0) await turn();
        controller.abort();
        await counted;
        // One that was not taken is taken by the next wait, or here.
        if (from.items() > 3) {
          taken += from.items();
          while (from.items() > 0) {
            if (handle instanceof Semaphore) handle.waitSync();
            else if (handle instanceof sysv.SemaphoreSet) handle.operateSync({ index: 0, delta: -1 });
            else handle.receiveSync();
          }
        }
      }
      expect(taken + from.items()).toBe(rounds);
    }
  });
});
