import { AsyncLocalStorage } from 'node:async_hooks';
import { MessageQueue, Semaphore, sysv } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { set } from '../helpers/objects.js';
import { runFixture } from '../helpers/program.js';
import { ipcError, typeError } from '../helpers/thrown.js';
import { bothQueues, fullMailbox, fullQueue, mailbox, type Queue, queue, texts, turn } from './objects.js';

leaveNothing();

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
