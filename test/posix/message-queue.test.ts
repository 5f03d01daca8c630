import { readdirSync, readFileSync } from 'node:fs';
import { MessageQueue } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

leaveNothing();

const sysctl = (file: string) => Number(readFileSync(`/proc/sys/fs/mqueue/${file}`, 'utf8'));
const create = (options = {}) => MessageQueue.create(name(), { maxMessages: 4, messageSize: 64, ...options });

describe('a message queue', () => {
  test('has the limits asked for', () => {
    using queue = create({ maxMessages: 3, messageSize: 100 });
    expect([queue.maxMessages, queue.messageSize, queue.length, queue.access]).toEqual([
      3,
      100,
      0,
      'readWrite',
    ]);
    expect(queue.created).toBe(true);
  });

  test('has the limits of the system where none are asked for', () => {
    const [count, size] = [sysctl('msg_default'), sysctl('msgsize_default')];
    using both = MessageQueue.create(name());
    expect([both.maxMessages, both.messageSize]).toEqual([count, size]);
    using few = MessageQueue.create(name(), { maxMessages: 2 });
    expect([few.maxMessages, few.messageSize]).toEqual([2, size]);
    using short = MessageQueue.create(name(), { messageSize: 16 });
    expect([short.maxMessages, short.messageSize]).toEqual([count, 16]);
  });

  test('keeps the limits and messages it has when it is opened again', () => {
    const path = name();
    using first = MessageQueue.create(path, { maxMessages: 2, messageSize: 16 });
    first.sendSync('waiting there');
    using second = MessageQueue.openOrCreate(path, { maxMessages: 4, messageSize: 64 });
    using third = MessageQueue.open(path);
    for (const queue of [second, third]) {
      expect([queue.created, queue.maxMessages, queue.messageSize, queue.length]).toEqual([false, 2, 16, 1]);
    }
    expect(third.tryReceive()?.data.toString()).toBe('waiting there');
    expect([first.length, second.length]).toEqual([0, 0]);
  });

  test('tells what mq_getattr and fstat tell', () => {
    using queue = create({ mode: 0o640 });
    queue.sendSync('one');
    expect(queue.stat()).toEqual({
      maxMessages: 4,
      messageSize: 64,
      length: 1,
      mode: 0o640,
      uid: process.geteuid?.(),
      gid: process.getegid?.(),
      dev: expect.any(Number),
      ino: expect.any(Number),
      links: 1,
      atime: expect.any(Date),
      mtime: expect.any(Date),
      ctime: expect.any(Date),
    });
  });

  test('is private to its user, and the umask is taken off its mode', () => {
    using plain = create();
    expect(plain.stat().mode).toBe(0o600);
    const before = process.umask(0o027);
    try {
      using open = create({ mode: 0o777 });
      expect(open.stat().mode).toBe(0o750);
    } finally {
      process.umask(before);
    }
  });

  test('beyond the limits of the system is EINVAL, with the limits', () => {
    const hint = `maxMessages may be at most ${sysctl('msg_max')} and messageSize at most ${sysctl('msgsize_max')} `;
    const over = [
      { maxMessages: 2 ** 31 },
      { messageSize: 2 ** 31 },
      { maxMessages: Number.MAX_SAFE_INTEGER },
      { maxMessages: 65_537, messageSize: 1 },
    ];
    for (const options of over) {
      const path = name();
      expect(() => MessageQueue.create(path, options)).toThrow(
        ipcError('EINVAL', 'mq_open', { path, hint: expect.stringContaining(hint) }),
      );
      expect(() => MessageQueue.open(path)).toThrow(ipcError('ENOENT', 'mq_open'));
    }
  });

  test.each([0, -1, 0.5, Number.NaN, 2 ** 53])('with a limit of %s is a RangeError', (odd) => {
    for (const make of [MessageQueue.create, MessageQueue.openOrCreate]) {
      expect(() => make('/x', { maxMessages: odd })).toThrow(
        rangeError('`maxMessages`: expected an integer from 1'),
      );
      expect(() => make('/x', { messageSize: odd })).toThrow(
        rangeError('`messageSize`: expected an integer from 1'),
      );
    }
  });

  test('holds one descriptor while it is open, and none after', () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    const queue = create();
    expect(descriptors()).toBe(before + 1);
    queue.close();
    queue.close();
    expect(descriptors()).toBe(before);
  });
});

describe('access', () => {
  const kept = (path: string) => {
    using queue = MessageQueue.open(path);
    return queue.length;
  };

  test("'read' receives and does not send: EBADF, and nothing is queued", () => {
    const path = name();
    using all = MessageQueue.create(path, { maxMessages: 2, messageSize: 8 });
    all.sendSync('one');
    using queue = MessageQueue.open(path, { access: 'read' });
    expect(queue.access).toBe('read');
    const hint = "the queue was opened with access 'read'";
    expect(() => queue.trySend('two')).toThrow(ipcError('EBADF', 'mq_send', { path, hint }));
    expect(() => queue.sendSync('two')).toThrow(ipcError('EBADF', 'mq_send', { path, hint }));
    expect(() => queue.sendSync('two', { timeout: 0 })).toThrow(
      ipcError('EBADF', 'mq_timedsend', { path, hint }),
    );
    expect(kept(path)).toBe(1);
    expect(queue.tryReceive()?.data.toString()).toBe('one');
  });

  test("'write' sends and does not receive: EBADF, and nothing is taken", () => {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 2, messageSize: 8, access: 'write' });
    expect(queue.access).toBe('write');
    queue.sendSync('one');
    const hint = "the queue was opened with access 'write'";
    const into = Buffer.alloc(8);
    expect(() => queue.tryReceive()).toThrow(ipcError('EBADF', 'mq_receive', { path, hint }));
    expect(() => queue.tryReceiveInto(into)).toThrow(ipcError('EBADF', 'mq_receive', { path, hint }));
    expect(() => queue.receiveSync()).toThrow(ipcError('EBADF', 'mq_receive', { path, hint }));
    expect(() => queue.receiveSync({ timeout: 0 })).toThrow(
      ipcError('EBADF', 'mq_timedreceive', { path, hint }),
    );
    expect(() => queue.receiveIntoSync(into)).toThrow(ipcError('EBADF', 'mq_receive', { path, hint }));
    expect(kept(path)).toBe(1);
  });

  test('of another word is refused', () => {
    const opens = [MessageQueue.create, MessageQueue.open, MessageQueue.openOrCreate];
    for (const open of opens) {
      expect(() => Reflect.apply(open, MessageQueue, ['/x', { access: 'readwrite' }])).toThrow(
        typeError(
          'ERR_INVALID_ARG_VALUE',
          "`access`: expected one of 'read', 'write', 'readWrite', got 'readwrite'",
        ),
      );
      expect(() => Reflect.apply(open, MessageQueue, ['/x', { access: 2 }])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`access`: expected one of'),
      );
    }
  });
});
