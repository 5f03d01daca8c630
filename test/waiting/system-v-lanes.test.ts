import type { sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { letters, set } from '../helpers/objects.js';
import { until } from '../helpers/until.js';
import { turn } from './objects.js';

leaveNothing();

describe('System V: who waits for one thing does not hold up who waits for another', () => {
  test('messages by their selection', async () => {
    const handle = letters();
    const order: string[] = [];
    const wait = (title: string, options: sysv.ReceiveOptions) =>
      handle.receive(options).then(({ data, type }) => order.push(`${title}: ${data} ${type}`));
    const all = [
      wait('three', { type: 3 }),
      wait('three again', { type: 3 }),
      wait('not three', { type: 3, except: true }),
      wait('at most two', { type: -2 }),
    ];
    await turn();
    handle.sendSync('d', { type: 7 });
    await all[2];
    handle.sendSync('b', { type: 2 });
    await all[3];
    handle.sendSync('a', { type: 3 });
    await all[0];
    handle.sendSync('c', { type: 3 });
    await Promise.all(all);
    expect(order).toEqual(['not three: d 7', 'at most two: b 2', 'three: a 3', 'three again: c 3']);
  });

  test('operations by their list', async () => {
    const handle = set(0, 0, 1);
    const order: string[] = [];
    const wait = (title: string, list: sysv.Operation | sysv.Operation[]) =>
      handle.operate(list).then(() => order.push(title));
    const first = wait('first', { index: 0, delta: -1 });
    const second = wait('second', { index: 1, delta: -1 });
    const both = wait('both', [
      { index: 0, delta: -2 },
      { index: 1, delta: -2 },
    ]);
    const zero = wait('zero', { index: 2, delta: 0 });
    await until(() => handle.waitingForIncrease(0) === 2 && handle.waitingForZero(2) === 1);
    handle.setValue(1, 1);
    await second;
    handle.setValue(2, 0);
    await zero;
    handle.setValue(0, 1);
    await first;
    handle.setValues([2, 2, 0]);
    await both;
    expect(order).toEqual(['second', 'zero', 'first', 'both']);
    expect(handle.values).toEqual([0, 0, 0]);
  });

  test('a message longer than any before', async () => {
    const handle = letters();
    const pending = handle.receive();
    await turn();
    handle.sendSync('x'.repeat(8192));
    expect((await pending).data).toHaveLength(8192);
  });
});
