import { readFileSync } from 'node:fs';
import { SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { letters, name } from '../helpers/objects.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

leaveNothing();

const longest = Number(readFileSync('/proc/sys/kernel/msgmax', 'utf8'));
const text = (message: sysv.Message | undefined) => message && `${message.type} ${message.data}`;

describe('a message', () => {
  test.each([
    ['text', 'é€😀', Buffer.from('é€😀')],
    ['an empty text', '', Buffer.alloc(0)],
    ['text with a NUL', 'a\0b', Buffer.from('a\0b')],
    ['a Buffer', Buffer.of(0, 1, 255), Buffer.of(0, 1, 255)],
    ['a part of a buffer', Buffer.from('012345').subarray(2, 4), Buffer.from('23')],
    ['numbers', Float64Array.of(1.5), Buffer.from(Float64Array.of(1.5).buffer)],
    ['5,000 bytes', Buffer.alloc(5000, 7), Buffer.alloc(5000, 7)],
    ['the longest there may be', Buffer.alloc(longest, 7), Buffer.alloc(longest, 7)],
  ])('of %s arrives as it was sent', (_, data, expected) => {
    const queue = letters();
    expect(queue.trySend(data)).toBe(true);
    expect(queue.tryReceive()).toEqual({ data: expected, type: 1 });
    queue.sendSync(data, { type: 7 });
    expect(queue.receiveSync()).toEqual({ data: expected, type: 7 });
    const into = Buffer.alloc(expected.length);
    queue.trySend(data);
    expect(queue.tryReceiveInto(into)).toEqual({ length: expected.length, type: 1 });
    expect(into.equals(expected)).toBe(true);
  });

  test('is the bytes there were when it was sent, and the receiver’s own afterwards', () => {
    const queue = letters();
    const data = Buffer.from('before');
    queue.trySend(data);
    data.fill('x');
    const first = queue.receiveSync().data;
    queue.trySend('second');
    const second = queue.receiveSync().data;
    expect([first.toString(), second.toString(), first.buffer.byteLength]).toEqual(['before', 'second', 6]);
  });

  test('goes from shared memory to shared memory', () => {
    const queue = letters();
    using memory = SharedMemory.create(name(), { size: 4096 });
    memory.write(0, 'from here');
    queue.trySend(memory.bytes(0, 9));
    expect(queue.tryReceiveInto(memory.bytes(1000, 9))).toEqual({ length: 9, type: 1 });
    expect(memory.readText(1000, 9)).toBe('from here');
  });

  test('may have any type up to 2^53 - 1', () => {
    const queue = letters();
    for (const type of [1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
      queue.trySend('', { type });
      expect(queue.tryReceive({ type })?.type).toBe(type);
    }
  });

  test.each([0, -1, 0.5, Number.NaN, 2 ** 53])('of type %s is a RangeError and is not queued', (type) => {
    const queue = letters();
    expect(() => queue.trySend('x', { type })).toThrow(rangeError('`type`: expected an integer from 1'));
    expect(() => queue.sendSync('x', { type })).toThrow(rangeError('`type`'));
    expect(queue.stat().length).toBe(0);
  });

  test('that is too long is EINVAL, with the limit, and is not queued', () => {
    const queue = letters();
    const { id } = queue;
    const hint = expect.stringContaining(`longer than ${longest} bytes (kernel.msgmax)`);
    for (const length of [longest + 1, 2 ** 20]) {
      const data = Buffer.alloc(length);
      expect(() => queue.trySend(data)).toThrow(ipcError('EINVAL', 'msgsnd', { id, hint }));
      expect(() => queue.sendSync(data)).toThrow(ipcError('EINVAL', 'msgsnd', { id, hint }));
    }
    expect(queue.stat().length).toBe(0);
  });

  test.each([undefined, null, 7, {}, [1], new ArrayBuffer(1)])('of %s is a TypeError', (data) => {
    const queue = letters();
    for (const send of [queue.trySend, queue.sendSync]) {
      expect(() => Reflect.apply(send, queue, [data])).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`data`'));
    }
  });
});

describe('receiving', () => {
  const filled = () => {
    const queue = letters();
    for (const type of [5, 3, 9, 3]) queue.trySend(`of ${type}`, { type });
    return queue;
  };

  test('takes the oldest of all', () => {
    const queue = filled();
    expect([text(queue.tryReceive()), text(queue.tryReceive({ type: 0 }))]).toEqual(['5 of 5', '3 of 3']);
  });

  test('takes the oldest of one type', () => {
    const queue = filled();
    expect(text(queue.tryReceive({ type: 9 }))).toBe('9 of 9');
    expect(queue.tryReceive({ type: 9 })).toBeUndefined();
    expect(queue.tryReceiveInto(Buffer.alloc(10), { type: 9 })).toBeUndefined();
    expect(queue.stat().length).toBe(3);
  });

  test('takes the lowest type up to the absolute value of a negative one', () => {
    const queue = filled();
    expect(queue.tryReceive({ type: -2 })).toBeUndefined();
    expect(text(queue.tryReceive({ type: -8 }))).toBe('3 of 3');
    expect(text(queue.tryReceive({ type: -8 }))).toBe('3 of 3');
    expect(text(queue.tryReceive({ type: -8 }))).toBe('5 of 5');
    expect(queue.tryReceive({ type: -8 })).toBeUndefined();
    expect(text(queue.tryReceive({ type: Number.MIN_SAFE_INTEGER }))).toBe('9 of 9');
  });

  test('takes the oldest of any type but one', () => {
    const queue = filled();
    expect(text(queue.tryReceive({ type: 5, except: true }))).toBe('3 of 3');
    expect(text(queue.tryReceive({ type: 3, except: true }))).toBe('5 of 5');
    expect(text(queue.receiveSync({ type: 3, except: true }))).toBe('9 of 9');
    expect(queue.tryReceive({ type: 3, except: true })).toBeUndefined();
  });

  test.each([0, -3, undefined])('cannot except the type %s', (type) => {
    const queue = filled();
    expect(() => queue.tryReceive({ type, except: true })).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', '`except`: only a positive `type`'),
    );
  });

  test('refuses a selection that is none', () => {
    const queue = filled();
    for (const type of [0.5, Number.NaN, 2 ** 53]) {
      expect(() => queue.tryReceive({ type })).toThrow(rangeError('`type`'));
      expect(() => queue.receiveIntoSync(Buffer.alloc(1), { type })).toThrow(rangeError('`type`'));
    }
    for (const maxLength of [-1, 0.5, 2 ** 31]) {
      expect(() => queue.tryReceive({ maxLength })).toThrow(rangeError('`maxLength`'));
    }
    for (const option of ['except', 'truncate']) {
      expect(() => queue.tryReceive({ type: 3, [option]: 1 })).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', `\`${option}\`: expected a boolean`),
      );
    }
    expect(queue.stat().length).toBe(4);
  });

  test('into a buffer that is too short is E2BIG, and the message stays', () => {
    const queue = letters();
    const { id } = queue;
    queue.trySend('0123456789');
    const short = Buffer.alloc(9, '.');
    const hint = expect.stringContaining('stays in the queue');
    expect(() => queue.tryReceiveInto(short)).toThrow(ipcError('E2BIG', 'msgrcv', { id, hint }));
    expect(() => queue.receiveIntoSync(short)).toThrow(ipcError('E2BIG', 'msgrcv', { id, hint }));
    expect(() => queue.tryReceive({ maxLength: 9 })).toThrow(ipcError('E2BIG', 'msgrcv', { id, hint }));
    expect(() => queue.receiveSync({ maxLength: 0 })).toThrow(ipcError('E2BIG', 'msgrcv', { id, hint }));
    expect([short.toString(), queue.stat().length]).toEqual(['.........', 1]);
    expect(queue.tryReceive({ maxLength: 10 })?.data.toString()).toBe('0123456789');
  });

  test('cuts what is too long when it may, and loses the rest', () => {
    const queue = letters();
    const send = () => queue.trySend('0123456789');
    send();
    const short = Buffer.alloc(6, '.');
    expect(queue.tryReceiveInto(short.subarray(0, 4), { truncate: true })).toEqual({ length: 4, type: 1 });
    expect(short.toString()).toBe('0123..');
    send();
    expect(text(queue.tryReceive({ maxLength: 3, truncate: true }))).toBe('1 012');
    send();
    expect(text(queue.receiveSync({ maxLength: 0, truncate: true }))).toBe('1 ');
    send();
    expect(text(queue.receiveSync({ truncate: true }))).toBe('1 0123456789');
    expect(queue.stat().length).toBe(0);
  });

  test('without a message gives undefined', () => {
    const queue = letters();
    expect([queue.tryReceive(), queue.tryReceiveInto(Buffer.alloc(1))]).toEqual([undefined, undefined]);
  });

  test.each([undefined, null, 'text', 7, {}, new ArrayBuffer(64)])('into %s is a TypeError', (buffer) => {
    const queue = letters();
    for (const receive of [queue.tryReceiveInto, queue.receiveIntoSync]) {
      expect(() => Reflect.apply(receive, queue, [buffer])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`buffer`'),
      );
    }
  });
});

describe('a message queue', () => {
  test('is full when its bytes or its messages reach the limit', () => {
    const queue = letters({ maxBytes: 100 });
    expect([
      queue.trySend(Buffer.alloc(60)),
      queue.trySend(Buffer.alloc(41)),
      queue.trySend(Buffer.alloc(40)),
    ]).toEqual([true, false, true]);
    expect(queue.stat()).toMatchObject({ length: 2, bytes: 100, maxBytes: 100 });
    const empty = letters({ maxBytes: 3 });
    expect([1, 2, 3, 4].map(() => empty.trySend(''))).toEqual([true, true, true, false]);
  });

  test('tells who sent and received last, and when', () => {
    const queue = letters();
    queue.trySend('x');
    queue.trySend('y');
    queue.tryReceive();
    const status = queue.stat();
    expect(status).toMatchObject({
      length: 1,
      bytes: 1,
      lastSendPid: process.pid,
      lastReceivePid: process.pid,
    });
    expect(status.sendTime.getTime()).toBeGreaterThan(0);
    expect(status.receiveTime.getTime()).toBeGreaterThan(0);
  });

  test('has its limit changed', () => {
    const queue = letters();
    queue.set({ maxBytes: 10 });
    expect([queue.stat().maxBytes, queue.stat().mode]).toEqual([10, 0o600]);
    expect(queue.trySend(Buffer.alloc(11))).toBe(false);
    queue.set({ mode: 0o400 });
    expect([queue.stat().maxBytes, queue.stat().mode]).toEqual([10, 0o400]);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('with a limit of %s is a RangeError', (maxBytes) => {
    expect(() => sysv.MessageQueue.create(0, { maxBytes })).toThrow(rangeError('`maxBytes`'));
    expect(() => letters().set({ maxBytes })).toThrow(rangeError('`maxBytes`'));
  });
});
