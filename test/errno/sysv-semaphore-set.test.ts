import { sysv } from 'posix-ipc';
import { expect } from 'vitest';
import { attempt, attempting, nobody, outcomeOf, refused } from '../helpers/attempt.js';
import { uniqueKey } from '../helpers/names.js';
import { set, temporary } from '../helpers/objects.js';
import { until } from '../helpers/until.js';
import { covers, needs } from './covers.js';
import { expectRetried } from './retried.js';

const { IPC_PRIVATE } = sysv;

/** The key of a set that is there, of one semaphore. */
function present(): number {
  return temporary(sysv.SemaphoreSet.create(uniqueKey(), { count: 1 })).key;
}

const getRefusedWith = async (code: string) => {
  const key = present();
  const outcome = await attempt(
    { inject: `semget:error=${code}:when=1` },
    ({ sysv }, key) => sysv.SemaphoreSet.open(key),
    key,
  );
  expect(outcome).toEqual(refused(code, 'semget', { key }));
};

covers('semget', {
  EACCES: () => getRefusedWith('EACCES'),

  EEXIST: () => {
    const key = present();
    const outcome = outcomeOf(() => sysv.SemaphoreSet.create(key, { count: 1 }));
    expect(outcome).toEqual(refused('EEXIST', 'semget', { key }, /openOrCreate/));
  },

  EINVAL: needs('unshare', async () => {
    const key = present();
    for (const call of [
      () => sysv.SemaphoreSet.open(key, { count: 2 }),
      () => sysv.SemaphoreSet.openOrCreate(key, { count: 2 }),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('EINVAL', 'semget', { key }, /fewer/));
    }
    const outcome = await attempt(
      { sysctl: { 'kernel/sem': '5 100 32 10' } },
      ({ sysv }, key) => sysv.SemaphoreSet.create(key, { count: 6 }),
      key,
    );
    expect(outcome).toEqual(refused('EINVAL', 'semget', { key }, /more than 5 /));
  }),

  ENOENT: () => {
    const key = uniqueKey();
    const outcome = outcomeOf(() => sysv.SemaphoreSet.open(key));
    expect(outcome).toEqual(refused('ENOENT', 'semget', { key }));
  },

  ENOMEM: () => getRefusedWith('ENOMEM'),

  ENOSPC: needs('unshare', async () => {
    const key = uniqueKey();
    const create = ({ sysv }: typeof import('posix-ipc'), key: number) =>
      sysv.SemaphoreSet.create(key, { count: 6 });
    const sets = await attempt({ sysctl: { 'kernel/sem': '100 100 32 0' } }, create, key);
    expect(sets).toEqual(refused('ENOSPC', 'semget', { key }, /have 0 sets/));
    const semaphores = await attempt({ sysctl: { 'kernel/sem': '100 5 32 10' } }, create, key);
    expect(semaphores).toEqual(refused('ENOSPC', 'semget', { key }, /of 5 semaphores together/));
  }),
});

covers('semop, semtimedop', {
  E2BIG: needs('unshare', async () => {
    const outcome = await attempt({ sysctl: { 'kernel/sem': '100 100 4 10' } }, ({ sysv }) => {
      const set = sysv.SemaphoreSet.create(sysv.IPC_PRIVATE, { count: 1 });
      const operations = Array.from({ length: 5 }, () => ({ index: 0, delta: 1 }));
      set.operateSync(operations.slice(1));
      set.operateSync(operations);
    });
    expect(outcome).toEqual(refused('E2BIG', 'semop', { id: expect.any(Number) }, /4 operations/));
  }),

  EACCES: needs('another user', async () => {
    const { id } = temporary(sysv.SemaphoreSet.create(IPC_PRIVATE, { count: 1, mode: 0o644 }));
    const outcome = await attempt(
      { user: nobody },
      ({ sysv }, id) => sysv.SemaphoreSet.fromId(id).tryOperate({ index: 0, delta: 1 }),
      id,
    );
    expect(outcome).toEqual(refused('EACCES', 'semop', { id }));
  }),

  EAGAIN: () => {
    const two = set(1, 0);
    const both = [
      { index: 0, delta: -1 },
      { index: 1, delta: -1 },
    ];
    expect(two.tryOperate(both)).toBe(false);
    expect(two.tryOperate({ index: 0, delta: 0 })).toBe(false);
    expect(two.prepare(both).tryOperate()).toBe(false);
    expect(two.values).toEqual([1, 0]);
  },

  EFBIG: () => {
    const one = set(1);
    const { id } = one;
    const beyond = { index: 1, delta: 1 };
    expect(outcomeOf(() => one.tryOperate(beyond))).toEqual(
      refused('EFBIG', 'semop', { id }, /no semaphore/),
    );
    const timed = outcomeOf(() => one.prepare(beyond).operateSync({ timeout: 1 }));
    expect(timed).toEqual(refused('EFBIG', 'semtimedop', { id }, /no semaphore/));
  },

  EIDRM: async () => {
    for (const timeout of [null, 50_000]) {
      const one = set(0);
      const { id } = one;
      const waiting = attempting(
        {},
        ({ sysv }, id, timeout) =>
          sysv.SemaphoreSet.fromId(id).operateSync(
            { index: 0, delta: -1 },
            { timeout: timeout ?? Number.POSITIVE_INFINITY },
          ),
        id,
        timeout,
      );
      await until(() => one.waitingForIncrease(0) === 1);
      one.remove();
      const syscall = timeout === null ? 'semop' : 'semtimedop';
      expect(await waiting.outcome()).toEqual(refused('EIDRM', syscall, { id }, /removed/));
    }
  },

  EINTR: async () => {
    const { id } = set(1);
    const interrupted = attempting(
      { inject: 'semtimedop:error=EINTR:when=1' },
      ({ sysv }, id) => {
        const set = sysv.SemaphoreSet.fromId(id);
        set.operateSync({ index: 0, delta: -1 }, { timeout: 10_000 });
        return set.values;
      },
      id,
    );
    await expectRetried(interrupted, 'semtimedop', [0]);
  },

  EINVAL: () => {
    const one = set(1);
    const { id } = one;
    const prepared = one.prepare({ index: 0, delta: 1 });
    one.remove();
    expect(outcomeOf(() => one.tryOperate({ index: 0, delta: 1 }))).toEqual(
      refused('EINVAL', 'semop', { id }),
    );
    expect(outcomeOf(() => prepared.operateSync())).toEqual(refused('EINVAL', 'semop', { id }));
    const timed = outcomeOf(() => prepared.operateSync({ timeout: 1 }));
    expect(timed).toEqual(refused('EINVAL', 'semtimedop', { id }));
  },

  ENOMEM: async () => {
    const { id } = set(1);
    const outcome = await attempt(
      { inject: 'semtimedop:error=ENOMEM:when=1' },
      ({ sysv }, id) =>
        sysv.SemaphoreSet.fromId(id).operateSync({ index: 0, delta: -1, undo: true }, { timeout: 1 }),
      id,
    );
    expect(outcome).toEqual(refused('ENOMEM', 'semtimedop', { id }));
  },

  ERANGE: () => {
    const one = set(32_767);
    const { id } = one;
    const outcome = outcomeOf(() => one.tryOperate({ index: 0, delta: 1 }));
    expect(outcome).toEqual(refused('ERANGE', 'semop', { id }, /32767/));
    const timed = outcomeOf(() => one.operateSync({ index: 0, delta: 1 }, { timeout: 1 }));
    expect(timed).toEqual(refused('ERANGE', 'semtimedop', { id }, /32767/));
  },

  ETIMEDOUT: () => {
    const one = set(0);
    const { id } = one;
    for (const timeout of [0, 20]) {
      const outcome = outcomeOf(() => one.operateSync({ index: 0, delta: -1 }, { timeout }));
      expect(outcome).toEqual(refused('ETIMEDOUT', 'semtimedop', { id }));
    }
  },
});

covers('semctl', {
  EACCES: needs('another user', async () => {
    const { id } = set(1);
    const outcome = await attempt({ user: nobody }, ({ sysv }, id) => sysv.SemaphoreSet.fromId(id), id);
    expect(outcome).toEqual(refused('EACCES', 'semctl', { id }));
    const readable = temporary(sysv.SemaphoreSet.create(IPC_PRIVATE, { count: 1, mode: 0o644 }));
    const setting = await attempt(
      { user: nobody },
      ({ sysv }, id) => sysv.SemaphoreSet.fromId(id).setValue(0, 1),
      readable.id,
    );
    expect(setting).toEqual(refused('EACCES', 'semctl', { id: readable.id }));

    // Whom its mode forbids to read may create it all the same, and nothing is left behind where that fails.
    const key = uniqueKey();
    const created = await attempt(
      { user: nobody },
      ({ sysv }, key) => {
        const set = sysv.SemaphoreSet.create(key, { count: 2, mode: 0o200 });
        set.operateSync({ index: 1, delta: 1 });
        set.remove();
        sysv.SemaphoreSet.create(key, { values: [1], mode: 0o400 });
      },
      key,
    );
    expect(created.error).toMatchObject({ code: 'EACCES', syscall: 'semop' });
    expect(outcomeOf(() => sysv.SemaphoreSet.open(key))).toEqual(refused('ENOENT', 'semget', { key }));
  }),

  EIDRM: async () => {
    const { id } = set(1);
    const outcome = await attempt(
      { inject: 'semctl:error=EIDRM:when=1' },
      ({ sysv }, id) => sysv.SemaphoreSet.fromId(id),
      id,
    );
    expect(outcome).toEqual(refused('EIDRM', 'semctl', { id }, /removed/));
  },

  EINVAL: () => {
    const removed = set(1);
    const { id } = removed;
    removed.remove();
    for (const call of [
      () => removed.values,
      () => removed.value(0),
      () => removed.setValue(0, 1),
      () => removed.setValues([1]),
      () => removed.waitingForIncrease(0),
      () => removed.waitingForZero(0),
      () => removed.lastPid(0),
      () => removed.stat(),
      () => removed.set({ mode: 0o600 }),
      () => removed.remove(),
      () => sysv.SemaphoreSet.fromId(id),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('EINVAL', 'semctl', { id }, /removed/));
    }
  },

  EPERM: needs('another user', async () => {
    const { id } = temporary(sysv.SemaphoreSet.create(IPC_PRIVATE, { count: 1, mode: 0o666 }));
    const changed = await attempt(
      { user: nobody },
      ({ sysv }, id) => sysv.SemaphoreSet.fromId(id).set({ mode: 0o600 }),
      id,
    );
    expect(changed).toEqual(refused('EPERM', 'semctl', { id }));
    const removed = await attempt(
      { user: nobody },
      ({ sysv }, id) => sysv.SemaphoreSet.fromId(id).remove(),
      id,
    );
    expect(removed).toEqual(refused('EPERM', 'semctl', { id }));
  }),
});
