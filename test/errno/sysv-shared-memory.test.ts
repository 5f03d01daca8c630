import { sysv } from 'posix-ipc';
import { expect } from 'vitest';
import { attempt, nobody, outcomeOf, refused } from '../helpers/attempt.js';
import { uniqueKey } from '../helpers/names.js';
import { segment, temporary } from '../helpers/objects.js';
import { covers, needs } from './covers.js';

const { IPC_PRIVATE } = sysv;

/** The key of a segment that is there. */
function present(mode = 0o600): number {
  return temporary(sysv.SharedMemory.create(uniqueKey(), { size: 4096, mode })).key;
}

const getRefusedWith = async (code: string) => {
  const key = present();
  const outcome = await attempt(
    { inject: `shmget:error=${code}:when=1` },
    ({ sysv }, key) => sysv.SharedMemory.open(key),
    key,
  );
  expect(outcome).toEqual(refused(code, 'shmget', { key }));
};

covers('shmget', {
  EACCES: () => getRefusedWith('EACCES'),

  EEXIST: () => {
    const key = present();
    const outcome = outcomeOf(() => sysv.SharedMemory.create(key, { size: 1 }));
    expect(outcome).toEqual(refused('EEXIST', 'shmget', { key }, /openOrCreate/));
  },

  EINVAL: needs('unshare', async () => {
    const key = present();
    for (const call of [
      () => sysv.SharedMemory.open(key, { size: 4097 }),
      () => sysv.SharedMemory.openOrCreate(key, { size: 4097 }),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('EINVAL', 'shmget', { key }, /smaller/));
    }
    const outcome = await attempt(
      { sysctl: { 'kernel/shmmax': '8192' } },
      ({ sysv }, key) => sysv.SharedMemory.create(key, { size: 8193 }),
      key,
    );
    expect(outcome).toEqual(refused('EINVAL', 'shmget', { key }, /between 1 and 8192/));
  }),

  ENFILE: () => getRefusedWith('ENFILE'),

  ENOENT: () => {
    const key = uniqueKey();
    const outcome = outcomeOf(() => sysv.SharedMemory.open(key));
    expect(outcome).toEqual(refused('ENOENT', 'shmget', { key }));
  },

  ENOMEM: () => {
    const key = uniqueKey();
    const outcome = outcomeOf(() => sysv.SharedMemory.create(key, { size: 2 ** 52 }));
    expect(outcome).toEqual(refused('ENOMEM', 'shmget', { key }, /memory/));
  },

  ENOSPC: needs('unshare', async () => {
    const key = uniqueKey();
    const create = ({ sysv }: typeof import('posix-ipc'), key: number) =>
      sysv.SharedMemory.create(key, { size: 8192 });
    const segments = await attempt({ sysctl: { 'kernel/shmmni': '0' } }, create, key);
    expect(segments).toEqual(refused('ENOSPC', 'shmget', { key }, /have 0 segments/));
    const pages = await attempt({ sysctl: { 'kernel/shmall': '1' } }, create, key);
    expect(pages).toEqual(refused('ENOSPC', 'shmget', { key }, /1 pages together/));
  }),
});

const attachRefusedWith = (code: string) => async () => {
  const { id } = segment();
  const outcome = await attempt(
    { inject: `shmat:error=${code}:when=1` },
    ({ sysv }, id) => sysv.SharedMemory.fromId(id).attach(),
    id,
  );
  expect(outcome).toEqual(refused(code, 'shmat', { id }));
};

covers('shmat', {
  EACCES: needs('another user', async () => {
    const { id } = temporary(sysv.SharedMemory.create(IPC_PRIVATE, { size: 1, mode: 0o644 }));
    const outcome = await attempt(
      { user: nobody },
      ({ sysv }, id) => {
        const segment = sysv.SharedMemory.fromId(id);
        segment.attach({ readOnly: true }).close();
        segment.attach();
      },
      id,
    );
    expect(outcome).toEqual(refused('EACCES', 'shmat', { id }));
  }),
  EIDRM: attachRefusedWith('EIDRM'),
  EINVAL: attachRefusedWith('EINVAL'),
  ENOMEM: attachRefusedWith('ENOMEM'),
});

covers('shmdt', {
  EINVAL: async () => {
    const { id } = segment();
    const outcome = await attempt(
      { inject: 'shmdt:error=EINVAL:when=1' },
      ({ sysv }, id) => sysv.SharedMemory.fromId(id).attach().close(),
      id,
    );
    expect(outcome).toEqual(refused('EINVAL', 'shmdt', { id }));
  },
});

const lockedWith = async (memlock: number) => {
  const { id } = temporary(sysv.SharedMemory.create(IPC_PRIVATE, { size: 2 ** 20 }));
  sysv.SharedMemory.fromId(id).set({ uid: nobody });
  const outcome = await attempt(
    { limits: { memlock }, user: nobody },
    ({ sysv }, id) => sysv.SharedMemory.fromId(id).lockPages(),
    id,
  );
  return { id, outcome };
};

covers('shmctl', {
  EACCES: needs('another user', async () => {
    const { id } = segment();
    const outcome = await attempt({ user: nobody }, ({ sysv }, id) => sysv.SharedMemory.fromId(id), id);
    expect(outcome).toEqual(refused('EACCES', 'shmctl', { id }));
    const key = present();
    const attached = await attempt(
      { user: nobody },
      ({ sysv }, key) => sysv.SharedMemory.open(key).attach({ readOnly: true }),
      key,
    );
    expect(attached.error).toMatchObject({ code: 'EACCES', syscall: 'shmctl' });
  }),

  EIDRM: async () => {
    const { id } = segment();
    const outcome = await attempt(
      { inject: 'shmctl:error=EIDRM:when=1' },
      ({ sysv }, id) => sysv.SharedMemory.fromId(id),
      id,
    );
    expect(outcome).toEqual(refused('EIDRM', 'shmctl', { id }, /removed/));
  },

  EINVAL: () => {
    const removed = segment();
    const { id } = removed;
    removed.remove();
    for (const call of [
      () => removed.stat(),
      () => removed.attach(),
      () => removed.set({ mode: 0o600 }),
      () => removed.lockPages(),
      () => removed.remove(),
      () => sysv.SharedMemory.fromId(id),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('EINVAL', 'shmctl', { id }, /removed/));
    }
  },

  ENOMEM: needs('another user', async () => {
    const { id, outcome } = await lockedWith(65_536);
    expect(outcome).toEqual(refused('ENOMEM', 'shmctl', { id }, /65536 bytes.*RLIMIT_MEMLOCK/));
  }),

  EPERM: needs('another user', async () => {
    const { id } = temporary(sysv.SharedMemory.create(IPC_PRIVATE, { size: 1, mode: 0o666 }));
    const set = await attempt(
      { user: nobody },
      ({ sysv }, id) => sysv.SharedMemory.fromId(id).set({ mode: 0o600 }),
      id,
    );
    expect(set).toEqual(refused('EPERM', 'shmctl', { id }));
    const remove = await attempt(
      { user: nobody },
      ({ sysv }, id) => sysv.SharedMemory.fromId(id).remove(),
      id,
    );
    expect(remove).toEqual(refused('EPERM', 'shmctl', { id }));
    const locked = await lockedWith(0);
    expect(locked.outcome).toEqual(refused('EPERM', 'shmctl', { id: locked.id }));
  }),
});
