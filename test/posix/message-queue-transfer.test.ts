import { MessageQueue, SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { blocked } from '../helpers/until.js';

leaveNothing();

const create = (options = {}) => MessageQueue.create(name(), { maxMessages: 4, messageSize: 64, ...options });

describe('a message', () => {
  test.each([
    ['text', 'é€😀', Buffer.from('é€😀')],
    ['an empty text', '', Buffer.alloc(0)],
    ['text with a NUL', 'a\0b', Buffer.from('a\0b')],
    ['a Buffer', Buffer.of(0, 1, 255), Buffer.of(0, 1, 255)],
    ['a part of a buffer', Buffer.from('012345').subarray(2, 4), Buffer.from('23')],
    ['numbers', Float64Array.of(1.5), Buffer.from(Float64Array.of(1.5).buffer)],
    ['a DataView', new DataView(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2), Buffer.of(1, 2)],
    ['the longest there may be', Buffer.alloc(64, 7), Buffer.alloc(64, 7)],
  ])('of %s arrives as it was sent', (_, data, expected) => {
    using queue = create();
    expect(queue.trySend(data)).toBe(true);
    expect(queue.tryReceive()).toEqual({ data: expected, priority: 0 });
    queue.sendSync(data);
    expect(queue.receiveSync()).toEqual({ data: expected, priority: 0 });
  });

  test('is the bytes there were when it was sent, and the receiver’s own afterwards', () => {
    using queue = create();
    const data = Buffer.from('before');
    queue.trySend(data);
    data.fill('x');
    const first = queue.receiveSync().data;
    queue.trySend('second');
    const second = queue.receiveSync().data;
    expect([first.toString(), second.toString()]).toEqual(['before', 'second']);
    expect(first.buffer).not.toBe(second.buffer);
    expect(first.buffer.byteLength).toBe(6);
  });

  test('is sent from shared memory and received into it', () => {
    using queue = create();
    using memory = SharedMemory.create(name(), { size: 4096 });
    memory.write(0, 'from here');
    queue.trySend(memory.bytes(0, 9));
    expect(queue.tryReceiveInto(memory.bytes(1000, 64))).toEqual({ length: 9, priority: 0 });
    expect(memory.readText(1000, 9)).toBe('from here');
  });

  test('of a higher priority comes first, and within one the oldest', () => {
    using queue = create({ maxMessages: 6 });
    const sent: [string, number | undefined][] = [
      ['low', 0],
      ['first of 5', 5],
      ['highest', 32767],
      ['second of 5', 5],
      ['none given', undefined],
      ['third of 5', 5],
    ];
    for (const [text, priority] of sent) queue.trySend(text, { priority });
    const received = sent.map(() => queue.receiveSync());
    expect(received.map(({ data, priority }) => [data.toString(), priority])).toEqual([
      ['highest', 32767],
      ['first of 5', 5],
      ['second of 5', 5],
      ['third of 5', 5],
      ['low', 0],
      ['none given', 0],
    ]);
  });

  test.each([-1, 32768, 0.5, Number.NaN, 2 ** 32])(
    'of priority %s is a RangeError and is not queued',
    (priority) => {
      using queue = create();
      expect(() => queue.trySend('x', { priority })).toThrow(
        rangeError('`priority`: expected an integer from 0 to 32767'),
      );
      expect(() => queue.sendSync('x', { priority })).toThrow(rangeError('`priority`'));
      expect(queue.length).toBe(0);
    },
  );

  test('that is too long is EMSGSIZE and is not queued', () => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 1, messageSize: 8 });
    const hint = 'the message is longer than the messageSize of the queue';
    expect(() => queue.trySend('123456789')).toThrow(ipcError('EMSGSIZE', 'mq_send', { path, hint }));
    expect(() => queue.sendSync('123456789')).toThrow(ipcError('EMSGSIZE', 'mq_send', { path, hint }));
    expect(() => queue.sendSync(Buffer.alloc(2 ** 20), { timeout: 1 })).toThrow(
      ipcError('EMSGSIZE', 'mq_timedsend', { path, hint }),
    );
    expect(queue.length).toBe(0);
  });

  test.each([undefined, null, 7, {}, [1], new ArrayBuffer(1)])('of %s is a TypeError', (data) => {
    using queue = create();
    for (const send of [queue.trySend, queue.sendSync]) {
      expect(() => Reflect.apply(send, queue, [data])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`data`: expected a string or an ArrayBufferView'),
      );
    }
    expect(queue.length).toBe(0);
  });
});

describe('trying', () => {
  test('to send into a full queue gives false, and changes nothing', () => {
    using queue = create({ maxMessages: 2 });
    expect([queue.trySend('1'), queue.trySend('2'), queue.trySend('3')]).toEqual([true, true, false]);
    expect(queue.length).toBe(2);
    expect(queue.trySend('more urgent', { priority: 9 })).toBe(false);
    expect([queue.receiveSync(), queue.receiveSync()].map(({ data }) => data.toString())).toEqual(['1', '2']);
  });

  test('to receive from an empty queue gives undefined', () => {
    using queue = create();
    expect([queue.tryReceive(), queue.tryReceiveInto(Buffer.alloc(64))]).toEqual([undefined, undefined]);
  });
});

describe('receiving into a buffer', () => {
  test('puts the message at its start and leaves the rest', () => {
    using queue = create();
    const into = Buffer.alloc(70, '.');
    queue.trySend('12345', { priority: 3 });
    expect(queue.tryReceiveInto(into.subarray(2))).toEqual({ length: 5, priority: 3 });
    expect(into.toString('utf8', 0, 10)).toBe('..12345...');
    queue.trySend('');
    expect(queue.receiveIntoSync(new BigInt64Array(8))).toEqual({ length: 0, priority: 0 });
  });

  test('that is shorter than messageSize is EMSGSIZE, also for a short message, which stays', () => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 1, messageSize: 64 });
    queue.trySend('1');
    const hint = 'the buffer has to hold messageSize bytes, however short the message is';
    const short = Buffer.alloc(63, '.');
    expect(() => queue.tryReceiveInto(short)).toThrow(ipcError('EMSGSIZE', 'mq_receive', { path, hint }));
    expect(() => queue.receiveIntoSync(short)).toThrow(ipcError('EMSGSIZE', 'mq_receive', { path, hint }));
    expect(() => queue.tryReceiveInto(Buffer.alloc(0))).toThrow(ipcError('EMSGSIZE', 'mq_receive'));
    expect([queue.length, short.toString()]).toEqual([1, '.'.repeat(63)]);
  });

  test.each([undefined, null, 'text', 7, {}, new ArrayBuffer(64)])('that is %s is a TypeError', (buffer) => {
    using queue = create();
    for (const receive of [queue.tryReceiveInto, queue.receiveIntoSync]) {
      expect(() => Reflect.apply(receive, queue, [buffer])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`buffer`'),
      );
    }
  });
});

describe('waiting', () => {
  const clock = () => Number(process.hrtime.bigint()) / 1e6;

  test.each([0, 1, 30.5])('for a message at least %s ms, then ETIMEDOUT', (timeout) => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 1, messageSize: 8 });
    const before = clock();
    const late = ipcError('ETIMEDOUT', 'mq_timedreceive', { path });
    expect(() => queue.receiveSync({ timeout })).toThrow(late);
    expect(clock() - before).toBeGreaterThanOrEqual(timeout);
    expect(() => queue.receiveIntoSync(Buffer.alloc(8), { timeout })).toThrow(late);
    expect(clock() - before).toBeGreaterThanOrEqual(2 * timeout);
  });

  test.each([0, 1, 30.5])('for room at least %s ms, then ETIMEDOUT', (timeout) => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 1, messageSize: 8 });
    queue.trySend('full');
    const before = clock();
    expect(() => queue.sendSync('more', { timeout })).toThrow(
      ipcError('ETIMEDOUT', 'mq_timedsend', { path }),
    );
    expect(clock() - before).toBeGreaterThanOrEqual(timeout);
    expect(queue.length).toBe(1);
  });

  test.each([undefined, 0, Number.POSITIVE_INFINITY, 1e300, Number.MAX_SAFE_INTEGER, 2 ** 31 * 1000])(
    'is over at once where nothing has to be waited for, whatever the timeout: %s',
    (timeout) => {
      using queue = create();
      queue.sendSync('text', { timeout });
      expect(queue.receiveSync({ timeout }).data.toString()).toBe('text');
    },
  );

  test('for a time that is none is refused, and nothing is taken', () => {
    using queue = create();
    queue.trySend('stays');
    for (const timeout of [-1, Number.NaN]) {
      expect(() => queue.receiveSync({ timeout })).toThrow(rangeError('`timeout`'));
      expect(() => queue.sendSync('x', { timeout })).toThrow(rangeError('`timeout`'));
    }
    for (const timeout of ['1', null]) {
      expect(() => Reflect.apply(queue.receiveSync, queue, [{ timeout }])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`timeout`'),
      );
    }
    expect(queue.length).toBe(1);
  });

  test('for a message of another process ends when it comes', async () => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 4, messageSize: 64 });
    const program = start(process.execPath, [fixture('posix/receive-messages.mjs'), path, '1']);
    await program.printed('waiting');
    await blocked(program.pid);
    queue.trySend('here it is', { priority: 4 });
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'waiting\n4 here it is\n' });
  });

  test('for room ends when another process receives', async () => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 1, messageSize: 64 });
    queue.trySend('full');
    const program = start(process.execPath, [fixture('posix/send-messages.mjs'), path, '1']);
    await program.printed('sending');
    await blocked(program.pid);
    expect(queue.receiveSync().data.toString()).toBe('full');
    expect(queue.receiveSync().data.toString()).toBe('message 0');
    expect(await program.ended).toMatchObject({ code: 0 });
  });
});

describe('between processes', () => {
  test('many messages arrive once and in order, through a queue of four', async () => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 4, messageSize: 64 });
    const program = start(process.execPath, [fixture('posix/send-messages.mjs'), path, '5000']);
    const texts = Array.from({ length: 5000 }, () => queue.receiveSync({ timeout: 20_000 }).data.toString());
    expect(texts).toEqual(Array.from({ length: 5000 }, (_, index) => `message ${index}`));
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(queue.length).toBe(0);
  });

  test('what is in the queue is handed over by priority, also to those who come later', async () => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 4, messageSize: 64 });
    for (const priority of [1, 3, 2]) queue.trySend(`of ${priority}`, { priority });
    const program = start(process.execPath, [fixture('posix/receive-messages.mjs'), path, '3']);
    expect(await program.ended).toMatchObject({ stdout: 'waiting\n3 of 3\n2 of 2\n1 of 1\n' });
  });

  test('a queue that was unlinked goes on between those who have it open', async () => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 4, messageSize: 64 });
    const program = start(process.execPath, [fixture('posix/receive-messages.mjs'), path, '1']);
    await program.printed('waiting');
    MessageQueue.unlink(path);
    using other = MessageQueue.create(path, { maxMessages: 4, messageSize: 64 });
    queue.trySend('by the old name');
    expect(await program.ended).toMatchObject({ stdout: 'waiting\n0 by the old name\n' });
    expect(other.length).toBe(0);
  });
});
