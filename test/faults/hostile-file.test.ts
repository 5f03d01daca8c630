import { chmodSync, existsSync, truncateSync, writeFileSync } from 'node:fs';
import { Barrier, Condition, Mutex, RwLock, Semaphore } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { attempt, type Ipc, nobody, refused } from '../helpers/attempt.js';
import { lockKinds, locks, memory, open } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { runFixture } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';

// The file of a lock is cut off, has no room, is unfinished or somebody else's. Of the plain objects: test/posix.
leaveNothing();

const file = (path: string) => `/dev/shm${path}`;
const stale = { name: 'IpcError', code: 'ESTALE' };

describe('a peer truncates', () => {
  const uses = {
    Mutex: [
      (lock: Mutex) => lock.tryLock(),
      (lock: Mutex) => lock.lockSync(),
      (lock: Mutex) => lock.lock(),
      (lock: Mutex) => lock.lock({ timeout: 50 }),
    ],
    RwLock: [
      (lock: RwLock) => lock.tryRead(),
      (lock: RwLock) => lock.readSync(),
      (lock: RwLock) => lock.read(),
      (lock: RwLock) => lock.tryWrite(),
      (lock: RwLock) => lock.writeSync(),
      (lock: RwLock) => lock.write(),
    ],
    Condition: [(lock: Condition) => lock.signal(), (lock: Condition) => lock.broadcast()],
    Barrier: [
      (lock: Barrier) => lock.waitSync(),
      (lock: Barrier) => lock.wait(),
      (lock: Barrier) => lock.reset(),
    ],
  };

  test.each(lockKinds)('the file of a %s: every call is ESTALE, more than once', async (kind) => {
    const path = name();
    const lock = open(locks[kind](path));
    truncateSync(file(path));
    for (let round = 0; round < 2; round++) {
      for (const use of uses[kind]) {
        await expect((async () => use(lock as never))(), String(use)).rejects.toMatchObject(stale);
      }
    }
  });

  test('a mutex that is held and waited for: who waits is told, and so is the owner', async () => {
    const path = name();
    const [owner, waiting] = [open(Mutex.create(path)), open(Mutex.open(path))];
    const guard = owner.lockSync();
    const told = expect(waiting.lock()).rejects.toMatchObject(stale);
    truncateSync(file(path));
    await told;
    expect(() => guard.makeConsistent()).toThrow(ipcError('ESTALE', 'pthread_mutex_consistent', { path }));
    expect(() => guard.unlock()).toThrow(ipcError('ESTALE', 'pthread_mutex_unlock', { path }));
    expect(guard.held).toBe(false);
  });

  test('a condition that is waited for: who waits is told', async () => {
    const path = name();
    const condition = open(Condition.create(path));
    using guard = open(Mutex.create(name())).lockSync();
    const told = expect(condition.wait(guard)).rejects.toMatchObject(stale);
    truncateSync(file(path));
    await told;
    expect(guard.held).toBe(true);
  });

  test('a barrier at which somebody waits: who waits is told', async () => {
    const path = name();
    const told = expect(open(Barrier.create(path, { parties: 2 })).wait()).rejects.toMatchObject(stale);
    truncateSync(file(path));
    await told;
  });

  test.each([4, 64, 4095])('a mutex to %i bytes: garbage in place of the rest is no crash', async (size) => {
    const path = name();
    const [owner, waiting] = [open(Mutex.create(path)), open(Mutex.open(path))];
    const guard = owner.lockSync();
    const pending = waiting.lock({ timeout: 300 }).then(
      (granted) => granted.unlock(),
      ({ code }) => expect(code).toMatch(/^(ETIMEDOUT|ESTALE|EBADMSG)$/),
    );
    truncateSync(file(path), size);
    try {
      guard.unlock();
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(ESTALE|EBADMSG)$/) });
    }
    await pending;
    expect(guard.held).toBe(false);
  });
});

describe('where /dev/shm is full', () => {
  testWith('unshare')('no lock and no semaphore is made, and nothing is left', async () => {
    const fill = ({ SharedMemory, Mutex, RwLock, Condition, Barrier, Semaphore }: Ipc, path: string) => {
      const full = SharedMemory.create(path, { size: 2 ** 16 });
      const makes = [
        () => Mutex.create(`${path}-lock`),
        () => Condition.openOrCreate(`${path}-lock`),
        () => RwLock.create(`${path}-lock`),
        () => Barrier.create(`${path}-lock`, { parties: 2 }),
        () => Semaphore.create(`${path}-lock`, { value: 1 }),
      ];
      const codes = makes.map((make) => {
        try {
          make();
          return 'made';
        } catch (error) {
          return (error as { code: string }).code;
        }
      });
      // Nothing of them takes up what is free again.
      full.close();
      SharedMemory.unlink(path);
      SharedMemory.create(path, { size: 2 ** 16 })
        .bytes()
        .fill(1);
      return codes;
    };
    expect(await attempt({ shm: '64k' }, fill, name())).toEqual({ value: Array(5).fill('ENOSPC') });
  });
});

describe('a lock that is not finished, or none', () => {
  test.each(lockKinds)('in a memory of zeros is EPROTO for open of a %s', (kind) => {
    const place = { memory: memory(), offset: 4096 };
    const kinds = { Mutex, Condition, RwLock, Barrier };
    expect(() => kinds[kind].open(place)).toThrow(ipcError('EPROTO', 'mmap'));
  });

  test.each<[string, Buffer]>([
    ['an empty file', Buffer.alloc(0)],
    ['a file that is too short', Buffer.alloc(4095)],
    ['a page of zeros', Buffer.alloc(4096)],
    ['a page of noise', Buffer.alloc(4096, 0xa5)],
    ['a file that is too long', Buffer.alloc(8192)],
  ])('under its name, %s, is EPROTO and stays as it is', (_, content) => {
    const path = name();
    writeFileSync(file(path), content, { mode: 0o600 });
    for (const kind of [Mutex, Condition, RwLock]) {
      expect(() => kind.open(path)).toThrow(expect.objectContaining({ code: 'EPROTO', path }));
      expect(() => kind.openOrCreate(path)).toThrow(expect.objectContaining({ code: 'EPROTO', path }));
      expect(() => kind.create(path)).toThrow(expect.objectContaining({ code: 'EEXIST', path }));
    }
    const [syscall, why] =
      content.length === 4096 ? ['mmap', /no lock of this kind/] : ['shm_open', /a file of another size/];
    const hint = expect.stringMatching(why);
    expect(() => Mutex.open(path)).toThrow(ipcError('EPROTO', syscall, { path, hint }));
    expect(() => Barrier.openOrCreate(path, { parties: 2 })).toThrow(ipcError('EPROTO', syscall));
  });

  test('of another kind is EPROTO', () => {
    const path = name();
    open(Mutex.create(path));
    expect(() => RwLock.open(path)).toThrow(ipcError('EPROTO', 'mmap', { path }));
    expect(() => Condition.openOrCreate(path)).toThrow(ipcError('EPROTO', 'mmap', { path }));
  });

  test.each(lockKinds)('for want of a descriptor leaves no %s behind', async (kind) => {
    const path = name();
    const { stdout, stderr } = await runFixture('faults/create-without-descriptors.mjs', [kind, path]);
    expect({ stdout, stderr }).toEqual({ stdout: 'EMFILE false\nEMFILE false\ncreated true\n', stderr: '' });
  });
});

describe('a name that somebody else has', () => {
  test.each(lockKinds)('is EEXIST for create of a %s, and the other one goes on', (kind) => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 1 }); // another file
    const mutex = open(Mutex.create(path));
    using _ = mutex.lockSync();
    expect(() => locks[kind](path)).toThrow(ipcError('EEXIST', 'linkat', { path }));
    expect([existsSync(file(path)), semaphore.value]).toEqual([true, 1]);
  });

  testWith('another user')('and who gives no right to it, is EACCES; it stays', async () => {
    const path = name();
    open(Mutex.create(path));
    const bodies = [
      ({ Mutex }: Ipc, path: string) => Mutex.open(path, { owner: 'any' }),
      ({ Mutex }: Ipc, path: string) => Mutex.openOrCreate(path),
    ];
    for (const body of bodies) {
      expect(await attempt({ user: nobody }, body, path)).toEqual(refused('EACCES', 'shm_open', { path }));
    }
    chmodSync(file(path), 0o644);
    expect(await attempt({ user: nobody }, bodies[0], path)).toEqual(refused('EACCES', 'shm_open', { path }));
    const unlink = await attempt({ user: nobody }, ({ Mutex }, path: string) => Mutex.unlink(path), path);
    expect(unlink).toEqual(refused('EACCES', 'shm_unlink', { path }));
    open(Mutex.open(path));
  });
});
