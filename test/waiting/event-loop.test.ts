import { AsyncLocalStorage } from 'node:async_hooks';
import { MessageQueue, Semaphore, sysv, type Wait } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { letters, set } from '../helpers/objects.js';
import { runFixture } from '../helpers/program.js';
import { ipcError, typeError } from '../helpers/thrown.js';
import { until } from '../helpers/until.js';
import { type Awaited, fullMailbox, fullQueue, mailbox, queue, semaphore, semaphoreSet } from './objects.js';

leaveNothing();

/** What the queues of both kinds have in common. */
type Queue = Omit<Awaited, 'handle'> & {
  handle: {
    send(data: NodeJS.ArrayBufferView | string): Promise<void>;
    sendSync(data: string): void;
    receive(): Promise<{ data: Buffer }>;
    receiveSync(options?: { timeout: number }): { data: Buffer };
    receiveInto(buffer: NodeJS.ArrayBufferView): Promise<{ length: number }>;
    messages(options?: Wait): AsyncGenerator<{ data: Buffer }>;
    [Symbol.asyncIterator](): AsyncGenerator<{ data: Buffer }>;
  };
};
const bothQueues = (): Queue[] => [queue(), mailbox()];

const turn = () => new Promise((resolve) => setImmediate(resolve));
const texts = (messages: { data: Buffer }[]) => messages.map(({ data }) => String(data));

const another = (name: string) => {
  const opened = MessageQueue.open(name);
  onTestFinished(() => opened.close());
  return opened;
};

describe('a POSIX queue in the event loop', () => {
  test('is waited for in both directions at once', async () => {
    const { handle } = fullQueue();
    const other = another(handle.name);
    for (let round = 0; round < 100; round++) {
      const sent = handle.send(`round ${round}`);
      const stuffing = Array.from({ length: 9 }, () => handle.receive());
      await sent;
      await Promise.all(stuffing);
      const received = handle.receive();
      const all = [received];
      other.sendSync('stuffing');
      expect(texts(await Promise.all(all))).toEqual(['stuffing']);
      while (other.trySend('stuffing'));
    }
    expect(other.length).toBe(other.maxMessages);
  });

  test('may be open twice, or more often, in one loop', async () => {
    const { handle, give, items } = queue();
    const others = Array.from({ length: 5 }, () => another(handle.name));
    const all = [handle, ...others].map((one) => one.receive());
    for (const _ of all) give();
    expect(texts(await Promise.all(all))).toEqual(all.map(() => 'given'));
    expect(items()).toBe(0);
  });

  test('gives its number free when it closes, also while it is armed', async () => {
    const { handle } = queue();
    const other = another(handle.name);
    for (let round = 0; round < 200; round++) {
      const one = MessageQueue.open(handle.name);
      const pending = expect(one.receive()).rejects.toEqual(ipcError('EBADF', 'receive'));
      if (round % 3 === 0) await turn();
      if (round % 4 === 0) other.sendSync('nobody waits any more');
      one.close();
      // The descriptor has the same number.
      const next = MessageQueue.open(handle.name);
      if (round % 4 !== 0) other.sendSync(`round ${round}`);
      expect(String((await next.receive()).data)).toMatch(/^(nobody waits any more|round \d+)$/);
      const sending = round % 5 === 0 ? next.send('kept') : undefined;
      next.close();
      await pending;
      await sending;
      while (other.tryReceive());
    }
  });

  test('keeps a message that arrives between open and the first turn, or while another one is handled', async () => {
    const { handle } = queue();
    const other = another(handle.name);
    const got: string[] = [];
    const first = handle.receive();
    other.sendSync('before the first turn');
    got.push(String((await first).data));
    other.sendSync('while the first is handled');
    got.push(String((await handle.receive()).data));
    const third = handle.receive().then(async ({ data }) => {
      other.sendSync('nested');
      const { data: nested } = await handle.receive();
      return [String(data), String(nested)];
    });
    await turn();
    other.sendSync('third');
    expect([...got, ...(await third)]).toEqual([
      'before the first turn',
      'while the first is handled',
      'third',
      'nested',
    ]);
  });

  test('comes to rest where nobody takes a message', async () => {
    const { place } = queue(3);
    expect(await runFixture('waiting/storm.mjs', [place])).toMatchObject({ code: 0, stderr: '', stdout: '' });
  });

  test('is closed by a waiter that has just been served', async () => {
    const { handle, items } = queue();
    const other = another(handle.name);
    const outcomes: unknown[] = [];
    const waits = [0, 1, 2].map((place) =>
      handle.receive().then(
        ({ data }) => {
          outcomes.push([place, String(data)]);
          handle.close();
        },
        ({ code }) => outcomes.push([place, code]),
      ),
    );
    await turn();
    other.sendSync('only one');
    await Promise.all(waits);
    expect(outcomes).toEqual([
      [0, 'only one'],
      [1, 'EBADF'],
      [2, 'EBADF'],
    ]);
    expect(items()).toBe(0);
  });

  test('says at the head of the line what is wrong with one wait, and goes on with the next', async () => {
    const { handle, give } = queue();
    const first = handle.receive();
    const short = handle.receiveInto(new Uint8Array(8));
    const next = handle.receive();
    give();
    await first;
    give();
    await expect(short).rejects.toEqual(ipcError('EMSGSIZE', 'mq_receive'));
    expect(String((await next).data)).toBe('given');

    const full = fullQueue();
    const sends = ['a', 'b'.repeat(65), 'c'].map((text) => full.handle.send(text));
    const told = Promise.allSettled(sends);
    for (let room = 0; room < 2; room++) {
      full.give();
      await turn();
    }
    expect(await told).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: ipcError('EMSGSIZE', 'mq_send') },
      { status: 'fulfilled', value: undefined },
    ]);
  });

  test('refuses a direction that it was not opened for', async () => {
    const { handle, give } = queue();
    give();
    using reader = MessageQueue.open(handle.name, { access: 'read' });
    using writer = MessageQueue.open(handle.name, { access: 'write' });
    await expect(reader.send('x')).rejects.toEqual(ipcError('EBADF', 'mq_send'));
    await expect(writer.receive()).rejects.toEqual(ipcError('EBADF', 'mq_receive'));
    await expect(writer.messages().next()).rejects.toEqual(ipcError('EBADF', 'mq_receive'));
    expect(String((await reader.receive()).data)).toBe('given');
    await writer.send('written');
    expect(String((await reader.receive()).data)).toBe('written');
  });

  test('still blocks those who want to be blocked, each for their time', async () => {
    const { handle, give } = queue();
    const pending = handle.receive();
    await turn();
    give();
    await pending;
    const late = (timeout: number, block: () => void) => {
      const before = process.hrtime.bigint();
      expect(block).toThrow('ETIMEDOUT');
      expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(timeout * 1e6);
    };
    late(5.5, () => handle.receiveSync({ timeout: 5.5 }));
    while (handle.trySend('full'));
    late(5.5, () => handle.sendSync('no room', { timeout: 5.5 }));
    const sent = handle.send('later');
    await turn();
    late(5.5, () => handle.sendSync('no room', { timeout: 5.5 }));
    handle.receiveSync();
    await sent;
  });
});

describe('what is sent is what was there at the call', () => {
  test.each([
    ['a POSIX queue', fullQueue],
    ['a System V queue', fullMailbox],
  ] as [string, () => Queue][])('by %s', async (_, make) => {
    const { handle } = make();
    const bytes = Buffer.from('original');
    const transferred = new Uint8Array(Buffer.from('original'));
    const sends = [
      handle.send(bytes),
      handle.send(bytes.subarray(0, 4)),
      handle.send(transferred),
      handle.send(new DataView(bytes.buffer, bytes.byteOffset, 8)),
    ];
    bytes.fill('!');
    structuredClone(transferred, { transfer: [transferred.buffer] });
    for (let room = 0; room < 8; room++) expect(String(handle.receiveSync().data)).toBe('stuffing');
    await Promise.all(sends);
    const got = [0, 1, 2, 3].map(() => String(handle.receiveSync({ timeout: 0 }).data));
    expect(got).toEqual(['original', 'orig', 'original', 'original']);
  });
});

describe('receiveInto', () => {
  test('writes the buffer when its promise resolves, and not before', async () => {
    for (const { handle, give } of bothQueues()) {
      const bytes = Buffer.alloc(64);
      const pending = handle.receiveInto(bytes);
      expect(bytes).toEqual(Buffer.alloc(64));
      give();
      expect(await pending).toMatchObject({ length: 5 });
      expect(bytes.subarray(0, 6)).toEqual(Buffer.from('given\0'));
    }
  });

  test('refuses what is no buffer, and a message that is too long for it, which stays', async () => {
    for (const { handle, give, items } of bothQueues()) {
      give();
      for (const wrong of [undefined, 'text', 7, {}, [1]]) {
        const pending = Reflect.apply(handle.receiveInto, handle, [wrong]) as Promise<unknown>;
        await expect(pending).rejects.toEqual(typeError('ERR_INVALID_ARG_TYPE', '`buffer`'));
      }
      const code = handle instanceof MessageQueue ? 'EMSGSIZE' : 'E2BIG';
      await expect(handle.receiveInto(new Uint8Array(4))).rejects.toMatchObject({ code });
      expect(items()).toBe(1);
    }
    const { handle, give, items } = mailbox();
    const pending = handle.receiveInto(new Uint8Array(4));
    const cut = handle.receiveInto(new Uint8Array(4), { truncate: true, type: 2 });
    give();
    await expect(pending).rejects.toEqual(ipcError('E2BIG', 'msgrcv'));
    expect(items()).toBe(1);
    handle.sendSync('too long', { type: 2 });
    expect(await cut).toEqual({ length: 4, type: 2 });
  });
});

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

test('the context of async_hooks is that of the caller', async () => {
  const storage = new AsyncLocalStorage<number>();
  for (const { handle, give } of bothQueues()) {
    const seen = [1, 2].map((value) =>
      storage.run(value, async () => {
        await handle.receive();
        return storage.getStore();
      }),
    );
    await turn();
    give();
    give();
    expect(await Promise.all(seen)).toEqual([1, 2]);
  }
});

test('a borrowed method is a rejection, not an exception', async () => {
  const wrong = typeError('ERR_INVALID_THIS', 'Value of "this" must be of type');
  const prepared = set(0).prepare({ index: 0, delta: 1 });
  const methods: [object, string[]][] = [
    [Semaphore.prototype, ['wait', 'hold']],
    [MessageQueue.prototype, ['send', 'receive', 'receiveInto']],
    [sysv.SemaphoreSet.prototype, ['operate']],
    [Object.getPrototypeOf(prepared), ['operate']],
    [sysv.MessageQueue.prototype, ['send', 'receive', 'receiveInto']],
  ];
  for (const [prototype, names] of methods) {
    for (const method of names) {
      for (const receiver of [undefined, null, {}, Object.create(prototype), prototype]) {
        const given = Reflect.apply(Reflect.get(prototype, method), receiver, [new Uint8Array(64)]);
        expect(given).toBeInstanceOf(Promise);
        await expect(given).rejects.toEqual(wrong);
      }
    }
  }
});
