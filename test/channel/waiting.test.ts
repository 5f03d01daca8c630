import { setTimeout as sleep } from 'node:timers/promises';
import type { Wait } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { fixture, run } from '../helpers/program.js';
import { ipcError, typeError } from '../helpers/thrown.js';
import { codeOf, drained, pair } from './made.js';

leaveNothing();

type Pair = ReturnType<typeof pair>;
/** Every method that waits as a promise, and what gives it what it waits for. */
const waits = {
  send: { syscall: 'send', wait: ({ writer }: Pair, options?: Wait) => writer.send('sent', options) },
  sendMany: {
    syscall: 'send',
    wait: ({ writer }: Pair, options?: Wait) => writer.sendMany(['sent', 'more'], options),
  },
  claim: {
    syscall: 'send',
    wait: async ({ writer }: Pair, options?: Wait) => writer.abort(await writer.claim(100, options)),
  },
  receive: { syscall: 'receive', wait: ({ reader }: Pair, options?: Wait) => reader.receive(options) },
  receiveInto: {
    syscall: 'receive',
    wait: ({ reader }: Pair, options?: Wait) => reader.receiveInto(Buffer.alloc(100), options),
  },
  lease: {
    syscall: 'receive',
    wait: async ({ reader }: Pair, options?: Wait) => (await reader.lease(options)).release(),
  },
  messages: {
    syscall: 'receive',
    wait: ({ reader }: Pair, options?: Wait) => reader.messages(options).next(),
  },
} as const;

const all = Object.entries(waits).flatMap(([title, { syscall, wait }]) =>
  (['one', 'many'] as const).map((many) => ({ title, many, syscall, wait })),
);

describe.each(all)('$title with $many of each side', ({ title, syscall, many, wait }) => {
  /** One that waits in vain. */
  function make() {
    const both = pair({ writers: many, readers: many });
    const { writer, reader } = both;
    if (syscall === 'send') while (writer.trySend(Buffer.alloc(100)) || writer.trySend(''));
    const give = () => (syscall === 'send' ? reader.drain(() => {}) : writer.trySend('given'));
    const side = syscall === 'send' ? writer : reader;
    return { ...both, side, give, wait: (options?: Wait) => wait(both, options) };
  }

  test('waits until it is given', async () => {
    const { give, wait } = make();
    let over = false;
    const waiting = wait().finally(() => {
      over = true;
    });
    await sleep(130);
    expect(over).toBe(false);
    give();
    await waiting;
  });

  test('ends with ETIMEDOUT, not before its time, and has taken nothing', async () => {
    const { path, channel, give, wait } = make();
    const { used } = channel.stats();
    const timedOut = ipcError('ETIMEDOUT', syscall, { path });
    await expect(wait({ timeout: 0 })).rejects.toEqual(timedOut);
    const before = process.hrtime.bigint();
    await expect(wait({ timeout: 20.5 })).rejects.toEqual(timedOut);
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(20.5e6);
    expect(channel.stats().used).toBe(used);
    const waiting = wait({ timeout: 60_000, signal: undefined });
    await sleep(5);
    give();
    await waiting;
  });

  test('ends with the reason of a signal, untouched', async () => {
    const { give, wait } = make();
    for (const reason of [new Error('enough'), 'enough', 0, null]) {
      await expect(wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const aborting = new AbortController();
      const waiting = wait({ signal: aborting.signal });
      await sleep(1);
      aborting.abort(reason);
      await expect(waiting).rejects.toBe(reason);
    }
    const waiting = wait();
    give();
    await waiting;
  });

  test('that has wrong options is refused', async () => {
    const { wait } = make();
    const attempt = async (options: unknown) => wait(options as Wait);
    for (const timeout of [-1, Number.NaN]) await expect(attempt({ timeout })).rejects.toThrow(RangeError);
    for (const options of [{ timeout: '1' }, { signal: {} }, { timeOut: 1 }, 5])
      await expect(attempt(options)).rejects.toThrow(TypeError);
    await expect(attempt({ tiemout: 1 })).rejects.toEqual(
      typeError('ERR_INVALID_ARG_VALUE', 'did you mean `timeout`?'),
    );
  });

  const closed = title === 'messages' ? [] : (['side', 'channel'] as const);
  test.each(closed)('is refused when its %s is closed: EBADF', async (which) => {
    const made = make();
    const waiting = Array.from({ length: 3 }, () => made.wait());
    await sleep(5);
    made[which].close();
    for (const each of await Promise.allSettled([...waiting, made.wait()]))
      expect(each).toEqual({
        status: 'rejected',
        reason: ipcError('EBADF', expect.any(String), { path: made.path }),
      });
  });
});

describe.each(['one', 'many'] as const)('those who wait, with %s of each side', (many) => {
  const both = () => pair({ writers: many, readers: many });

  test('are served in the order they came, whatever they wait for', async () => {
    const { writer, reader } = both();
    const served: string[] = [];
    const receiving = Promise.all([
      reader.receive().then((message) => served.push(`receive ${message}`)),
      reader.receiveInto(Buffer.alloc(1)).then((length) => served.push(`into ${length}`)),
      reader.lease().then((lease) => {
        served.push(`lease ${lease.text()}`);
        lease.release();
      }),
    ]);
    for (const message of ['a', 'b', 'c']) {
      writer.trySend(message);
      await sleep(2);
    }
    await receiving;
    expect(served).toEqual(['receive a', 'into 1', 'lease c']);

    while (writer.trySend('x'.repeat(100)) || writer.trySend(''));
    const sending = [writer.send('1'), writer.sendMany(['2', '3']), writer.send('4')];
    const late = writer.trySend('5');
    drained(reader);
    await Promise.all(sending);
    expect([late, drained(reader)]).toEqual([false, ['1', '2', '3', '4']]);
  });

  test('wait for the end of a claim or a lease that another task has got', async () => {
    const { writer, reader } = both();
    writer.trySend(Buffer.alloc(4088));
    const claims = ['1', '2', '3'].map(async (text) => {
      const offset = await writer.claim(1);
      await sleep(2);
      writer.block.write(text, offset);
      if (text === '2') writer.abort(offset);
      else writer.commit(offset);
    });
    const sends = [writer.send('4'), writer.sendMany(['5', '6'])];
    const leases = ['x', '1', '1', '3'].map(async (_, index) => {
      const lease = await reader.lease();
      await sleep(2);
      const text = lease.text();
      if (index === 1) lease.putBack();
      else lease.release();
      return text.slice(-1);
    });
    const rest = [reader.receive(), reader.receiveInto(Buffer.alloc(1)), reader.receive()];
    await Promise.all([...claims, ...sends]);
    expect(await Promise.all(leases)).toEqual(['\0', '1', '1', '3']);
    expect((await Promise.all(rest)).map(String)).toEqual(['4', '1', '6']);
    const offset = writer.tryClaim(1) as number;
    const waiting = [writer.send('a'), writer.claim(2), reader.receive()];
    writer.commit(offset, 0);
    expect(await waiting[2]).toHaveLength(0);
    expect((await reader.receive()).toString()).toBe('a');
    writer.abort((await waiting[1]) as number);
  });

  test('send what the data was when they were called', async () => {
    const { writer, reader } = both();
    while (writer.trySend('x'.repeat(100)) || writer.trySend(''));
    const data = Buffer.from('before');
    const sending = [writer.send(data), writer.sendMany([data])];
    data.write('after!');
    drained(reader);
    await Promise.all(sending);
    expect(drained(reader)).toEqual(['before', 'before']);
  });

  test('sendMany of more than there is room for sends them all, in order, with others behind it', async () => {
    const { writer, reader } = both();
    const messages = Array.from({ length: 400 }, (_, index) => `${index}`.padStart(30));
    const sending = [writer.sendMany(messages), writer.send('last')];
    const found: string[] = [];
    while (found.length < 401) found.push((await reader.receive()).toString());
    await Promise.all(sending);
    expect(found).toEqual([...messages, 'last']);
  });

  test('sendMany that is ended leaves the messages that were sent', async () => {
    const { writer, reader } = both();
    const messages = Array.from({ length: 400 }, (_, index) => `${index}`.padStart(30));
    await expect(writer.sendMany(messages, { timeout: 5 })).rejects.toThrow('ETIMEDOUT');
    const sent = drained(reader);
    expect(sent.length).toBeGreaterThan(50);
    expect(sent).toEqual(messages.slice(0, sent.length));
    expect(codeOf(() => writer.sendManySync(messages, { timeout: 5 }))).toBe('ETIMEDOUT');
    expect(drained(reader)).toEqual(messages.slice(0, sent.length));
  });

  test('iterate: leaving the loop loses nothing and closes nothing, close ends it quietly', async () => {
    const { writer, reader } = both();
    writer.trySendMany(['a', 'b', 'c']);
    for await (const message of reader) if (message.toString() === 'b') break;
    expect([reader.closed, reader.tryReceive()?.toString()]).toEqual([false, 'c']);
    const found: string[] = [];
    const loop = (async () => {
      for await (const message of reader) found.push(message.toString());
    })();
    writer.trySend('d');
    await sleep(5);
    reader.close();
    await loop;
    expect(found).toEqual(['d']);
    await expect(reader.messages({ timeout: 1 }).next()).resolves.toEqual({ done: true, value: undefined });
  });

  test('block the thread for as long as they may: ETIMEDOUT', () => {
    const { path, writer, reader } = both();
    const timed = (syscall: string, call: (timeout: number) => unknown) => {
      for (const timeout of [0, 5.5, 30]) {
        const before = process.hrtime.bigint();
        expect(() => call(timeout)).toThrow(ipcError('ETIMEDOUT', syscall, { path }));
        expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(timeout * 1e6);
      }
    };
    timed('receive', (timeout) => reader.receiveSync({ timeout }));
    timed('receive', (timeout) => reader.receiveIntoSync(Buffer.alloc(9), { timeout }));
    timed('receive', (timeout) => reader.leaseSync({ timeout }));
    while (writer.trySend('x'.repeat(100)) || writer.trySend(''));
    timed('send', (timeout) => writer.sendSync('y', { timeout }));
    timed('send', (timeout) => writer.claimSync(5, { timeout }));
    timed('send', (timeout) => writer.sendManySync(['y'], { timeout }));
    for (const call of [
      () => Reflect.apply(reader.receiveSync, reader, [{ signal: new AbortController().signal }]),
    ])
      expect(call).toThrow(typeError('ERR_INVALID_ARG_VALUE', '`signal`'));
  });
});

describe.each(['send', 'receive'])('a pending %s', (kind) => {
  test.each([
    ['stays', { code: 0, stdout: 'still there\ngiven\n' }],
    ['stays, and is forgotten', { code: 0, stdout: 'still there\ngiven\n' }],
    ['unref', { code: 0, stdout: '' }],
    ['unref later', { code: 0, stdout: '' }],
    ['unref and ref', { code: 0, stdout: 'still there\ngiven\n' }],
    ['process.exit', { code: 3, stdout: '' }],
    ['process.exit later', { code: 3, stdout: '' }],
  ])('%s', async (way, expected) => {
    const words = ['--expose-gc', fixture('channel/pending.mjs'), uniqueName(), kind, way];
    expect(await run(process.execPath, words)).toMatchObject({ stderr: '', signal: null, ...expected });
  });
});
