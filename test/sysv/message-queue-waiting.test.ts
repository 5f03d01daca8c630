import { describe, expect, test } from 'vitest';
import { attempt } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { letters } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';
import { blocked } from '../helpers/until.js';

leaveNothing();

const clock = () => Number(process.hrtime.bigint()) / 1e6;

const receiving = async (id: number, count: number, options: object = {}) => {
  const words = [String(id), String(count), JSON.stringify(options)];
  const program = start(process.execPath, [fixture('sysv/receive-messages.mjs'), ...words]);
  await program.printed('receiving');
  return program;
};
const sending = async (id: number, count: number, options: object = {}) => {
  const words = [String(id), String(count), JSON.stringify(options)];
  const program = start(process.execPath, [fixture('sysv/send-messages.mjs'), ...words]);
  await program.printed('sending');
  return program;
};

test.each([0, 1, 30.5])('receiveSync waits at least %s ms, then says ETIMEDOUT', (timeout) => {
  const queue = letters();
  const late = ipcError('ETIMEDOUT', 'msgrcv', { id: queue.id });
  const before = clock();
  expect(() => queue.receiveSync({ timeout })).toThrow(late);
  expect(clock() - before).toBeGreaterThanOrEqual(timeout);
  expect(() => queue.receiveIntoSync(Buffer.alloc(1), { timeout })).toThrow(late);
  expect(clock() - before).toBeGreaterThanOrEqual(2 * timeout);
});

test('receiveSync waits for the type it wants, whatever else there is', () => {
  const queue = letters();
  queue.trySend('other', { type: 2 });
  expect(() => queue.receiveSync({ type: 1, timeout: 5 })).toThrow(ipcError('ETIMEDOUT', 'msgrcv'));
  expect(() => queue.receiveSync({ type: -1, timeout: 5 })).toThrow(ipcError('ETIMEDOUT', 'msgrcv'));
  expect(() => queue.receiveSync({ type: 2, except: true, timeout: 5 })).toThrow(
    ipcError('ETIMEDOUT', 'msgrcv'),
  );
  expect(queue.stat().length).toBe(1);
});

test.each([0, 1, 30.5])('sendSync to a full queue waits at least %s ms, then says ETIMEDOUT', (timeout) => {
  const queue = letters({ maxBytes: 4 });
  queue.trySend('full');
  const before = clock();
  expect(() => queue.sendSync('more', { timeout })).toThrow(
    ipcError('ETIMEDOUT', 'msgsnd', { id: queue.id }),
  );
  expect(clock() - before).toBeGreaterThanOrEqual(timeout);
  expect(queue.stat().length).toBe(1);
});

test.each([undefined, 0, Number.POSITIVE_INFINITY, 1e300, Number.MAX_SAFE_INTEGER, 2 ** 31 * 1000])(
  'a wait is over at once where nothing has to be waited for, whatever the timeout: %s',
  (timeout) => {
    const queue = letters();
    queue.sendSync('text', { timeout });
    expect(queue.receiveSync({ timeout }).data.toString()).toBe('text');
  },
);

test('many timeouts, one after the other, leave the alarm of none behind', () => {
  const queue = letters();
  for (let count = 0; count < 200; count++) {
    expect(() => queue.receiveSync({ timeout: 0.01 })).toThrow(ipcError('ETIMEDOUT', 'msgrcv'));
    queue.trySend('next');
    queue.receiveSync({ timeout: 1000 });
  }
});

test('a timeout that is none is refused, and nothing is taken', () => {
  const queue = letters();
  queue.trySend('stays');
  for (const timeout of [-1, Number.NaN]) {
    expect(() => queue.receiveSync({ timeout })).toThrow(rangeError('`timeout`'));
    expect(() => queue.sendSync('x', { timeout })).toThrow(rangeError('`timeout`'));
  }
  expect(() => Reflect.apply(queue.receiveSync, queue, [{ timeout: '1' }])).toThrow(
    typeError('ERR_INVALID_ARG_TYPE', '`timeout`'),
  );
  expect(queue.stat().length).toBe(1);
});

test.each([{}, { timeout: 20_000 }])('receiveSync %j ends when another process sends', async (options) => {
  const queue = letters();
  const program = await receiving(queue.id, 1, options);
  await blocked(program.pid);
  queue.trySend('here it is', { type: 4 });
  expect(await program.ended).toMatchObject({ code: 0, stdout: 'receiving\n4 here it is\n' });
});

test.each([{}, { timeout: 20_000 }])('sendSync %j ends when another process receives', async (options) => {
  const queue = letters({ maxBytes: 12 });
  queue.trySend('full of this');
  const program = await sending(queue.id, 1, options);
  await blocked(program.pid);
  expect(queue.receiveSync().data.toString()).toBe('full of this');
  expect(queue.receiveSync().data.toString()).toBe('message 0');
  expect(await program.ended).toMatchObject({ code: 0 });
});

test.each([{}, { timeout: 20_000 }])(
  'who waits %j when the queue is removed gets EIDRM, in words',
  async (options) => {
    const empty = letters();
    const full = letters({ maxBytes: 4 });
    full.trySend('full');
    const programs = [await receiving(empty.id, 1, options), await sending(full.id, 1, options)];
    await Promise.all(programs.map((program) => blocked(program.pid)));
    empty.remove();
    full.remove();
    const [received, sent] = await Promise.all(programs.map((program) => program.ended));
    const words = 'the object was removed, by its id or its key; make or open another';
    expect(received.stdout).toBe(`receiving\nEIDRM: identifier removed, msgrcv id ${empty.id}\n  ${words}\n`);
    expect(sent.stdout).toBe(`sending\nEIDRM: identifier removed, msgsnd id ${full.id}\n  ${words}\n`);
  },
);

describe('between processes', () => {
  test('many messages arrive once and in order, through a queue of few bytes', async () => {
    const queue = letters({ maxBytes: 64 });
    const program = await sending(queue.id, 5000);
    const texts = Array.from({ length: 5000 }, () => queue.receiveSync({ timeout: 20_000 }).data.toString());
    expect(texts).toEqual(Array.from({ length: 5000 }, (_, index) => `message ${index}`));
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(queue.stat()).toMatchObject({ length: 0, bytes: 0, lastSendPid: program.pid });
  });

  test('each of two receivers gets the messages of its type', async () => {
    const queue = letters();
    const programs = [await receiving(queue.id, 3, { type: 1 }), await receiving(queue.id, 3, { type: 2 })];
    for (const number of [1, 2, 3]) for (const type of [2, 1]) queue.trySend(`no. ${number}`, { type });
    const [first, second] = await Promise.all(programs.map((program) => program.ended));
    expect(first.stdout).toBe('receiving\n1 no. 1\n1 no. 2\n1 no. 3\n');
    expect(second.stdout).toBe('receiving\n2 no. 1\n2 no. 2\n2 no. 3\n');
  });
});

testWith('unshare')(
  'a message that is longer than any could be when the queue was opened is received all the same',
  async () => {
    const outcome = await attempt({ sysctl: { 'kernel/msgmnb': '100000' } }, ({ sysv }) => {
      const { writeFileSync } = process.getBuiltinModule('node:fs');
      const queue = sysv.MessageQueue.create(sysv.IPC_PRIVATE, { maxBytes: 100_000, removeOnExit: true });
      queue.tryReceive();
      writeFileSync('/proc/sys/kernel/msgmax', '65536');
      queue.trySend(Buffer.alloc(60_000, 7));
      const data = queue.tryReceive()?.data;
      return [data?.length ?? -1, data?.[59_999] ?? -1];
    });
    expect(outcome.value, outcome.message).toEqual([60_000, 7]);
  },
);
