import { sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { letters, segment, set, temporary } from '../helpers/objects.js';
import { ipcError, rangeError } from '../helpers/thrown.js';

leaveNothing();

const kinds = [
  {
    kind: 'shared memory',
    control: 'shmctl',
    make: () => segment(),
    withMode: (mode: number) => sysv.SharedMemory.create(0, { size: 1, mode }),
    own: { size: 4096, creatorPid: process.pid, lastPid: 0, attached: 0, removed: false, locked: false },
    times: ['attachTime', 'detachTime'],
  },
  {
    kind: 'a semaphore set',
    control: 'semctl',
    make: () => temporary(sysv.SemaphoreSet.create(0, { count: 3 })),
    withMode: (mode: number) => sysv.SemaphoreSet.create(0, { count: 1, mode }),
    own: { count: 3 },
    times: ['operateTime'],
  },
  {
    kind: 'a message queue',
    control: 'msgctl',
    make: () => letters({ maxBytes: 1000 }),
    withMode: (mode: number) => sysv.MessageQueue.create(0, { mode }),
    own: { length: 0, bytes: 0, maxBytes: 1000, lastSendPid: 0, lastReceivePid: 0 },
    times: ['sendTime', 'receiveTime'],
  },
];

describe.each(kinds)('$kind of System V', ({ control, make, withMode, own, times }) => {
  test('tells what IPC_STAT tells; what has not happened is the epoch', () => {
    const before = Date.now() - 2000;
    const object = make();
    const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
    const status = object.stat();
    expect(status).toEqual({
      key: 0,
      id: object.id,
      mode: 0o600,
      uid,
      gid,
      cuid: uid,
      cgid: gid,
      changeTime: expect.any(Date),
      ...own,
      ...Object.fromEntries(times.map((time) => [time, new Date(0)])),
    });
    expect(status.changeTime.getTime()).toBeGreaterThan(before);
  });

  test('has the mode asked for, whatever the umask', () => {
    const before = process.umask(0o077);
    try {
      expect(temporary(withMode(0o640)).stat().mode).toBe(0o640);
    } finally {
      process.umask(before);
    }
  });

  test('has the fields changed that set is given, and no other', () => {
    const object = make();
    const before = object.stat();
    object.set({ mode: 0o444 });
    expect(object.stat()).toMatchObject({ mode: 0o444, uid: before.uid, gid: before.gid, ...own });
    object.set({ gid: 7 });
    expect(object.stat()).toMatchObject({ mode: 0o444, uid: before.uid, gid: 7, cgid: before.cgid });
    object.set({});
    expect(object.stat()).toMatchObject({ mode: 0o444, gid: 7, ...own });
    object.set({ mode: 0 });
    expect(object.stat().mode).toBe(0);
    object.set({ mode: 0o600 });
  });

  test.each([-1, 0o1000, 0.5, Number.NaN])('of mode %s is a RangeError, made or changed', (mode) => {
    expect(() => withMode(mode)).toThrow(rangeError('`mode`: expected an integer from 0 to 511'));
    const object = make();
    expect(() => object.set({ mode })).toThrow(rangeError('`mode`'));
    expect(object.stat().mode).toBe(0o600);
  });

  test.each([-1, 2 ** 32 - 1, 1.5])('cannot be given to user or group %s', (id) => {
    const object = make();
    expect(() => object.set({ uid: id })).toThrow(rangeError('`uid`'));
    expect(() => object.set({ gid: id })).toThrow(rangeError('`gid`'));
  });

  test('is gone for every call after it was removed, with the words for it', () => {
    const object = make();
    object.remove();
    const gone = ipcError('EINVAL', control, { id: object.id, hint: expect.stringContaining('was removed') });
    expect(() => object.stat()).toThrow(gone);
    expect(() => object.set({ mode: 0o600 })).toThrow(gone);
    expect(() => object.remove()).toThrow(gone);
    expect(object.id).toBeGreaterThanOrEqual(0);
  });

  test('has nothing to close: it stays when nothing of JavaScript leads to it', () => {
    const object = make();
    expect('close' in object).toBe(false);
    expect(Symbol.dispose in object).toBe(false);
  });
});

test('a removed object’s id leads to nothing, even when another one is made at once', () => {
  const old = set(1);
  old.remove();
  const next = set(1);
  expect(next.id).not.toBe(old.id);
  expect(() => old.values).toThrow(ipcError('EINVAL', 'semctl'));
  expect(next.values).toEqual([1]);
});
