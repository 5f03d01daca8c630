import { writeFileSync } from 'node:fs';
import { Barrier, Mutex, RwLock, SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing, fresh, peer } from '../helpers/peer.js';
import { runFixture } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';

// A peer writes into the bytes of a lock, or takes them away: an error or a wrong answer, no signal and no hang.
leaveNothing();

const seatShift = 20;
const waiters = 1 << 31;
/** Of the block, as the words of native/core/segment/layout.h. */
const [magic, , , , owner, parties] = [0, 1, 2, 3, 4, 5];

/** The words of a lock, as a peer may write them. */
function words(path: string): Int32Array {
  return closing(SharedMemory.open(path)).view(Int32Array);
}

describe.each(['Mutex', 'RwLock', 'Condition', 'Barrier'])('a %s', (kind) => {
  test('whose file a peer truncates is ESTALE, free, held or waited for', async () => {
    const { code, signal, stderr } = await runFixture('sync/truncate-under.mjs', [name(), kind]);
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  });
});

describe('a mutex', () => {
  const mutex = () => fresh((path) => Mutex.create(path));

  test.each([253, 500, 1022])('whose owner would be seat %s is EBADMSG', async (seat) => {
    const { path, lock } = mutex();
    words(path)[owner] = seat << seatShift;
    const damaged = ipcError('EBADMSG', 'pthread_mutex_lock', {
      path,
      hint: expect.stringContaining('written into'),
    });
    expect(() => lock.tryLock()).toThrow(damaged);
    expect(() => lock.lockSync()).toThrow(damaged);
    await expect(lock.lock()).rejects.toEqual(damaged);
  });

  test('whose owner is a seat that nobody has counts as left by a dead one', () => {
    const { path, lock } = mutex();
    for (const word of [(7 << seatShift) | 3, (252 << seatShift) | waiters, (1 << seatShift) | 0xfffff]) {
      words(path)[owner] = word;
      const guard = lock.lockSync();
      expect(guard.ownerDied).toBe(true);
      guard.makeConsistent();
      guard.unlock();
    }
  });

  test('whose word is overwritten while it is held is EBADMSG for its owner, whose handle may be closed', () => {
    const { path, lock } = mutex();
    for (const word of [0, 5 << seatShift, -1]) {
      const guard = lock.lockSync();
      words(path)[owner] = word;
      expect(() => guard.makeConsistent()).toThrow(ipcError('EBADMSG', 'pthread_mutex_consistent', { path }));
      expect(() => guard.unlock()).toThrow(ipcError('EBADMSG', 'pthread_mutex_unlock', { path }));
      expect(lock.held).toBe(false);
      words(path)[owner] = 0;
    }
    lock.close();
  });

  test('whose magic number is overwritten is ESTALE, and awakes who waits by its next look', async () => {
    const { path, lock } = mutex();
    const other = await peer({ mutex: path });
    await other.ask('lock');
    const waiting = expect(lock.lock()).rejects.toEqual(ipcError('ESTALE', 'pthread_mutex_lock', { path }));
    words(path)[magic] = 0;
    expect((await other.ask('unlock')).code).toBe('ESTALE');
    await waiting;
    expect(() => lock.tryLock()).toThrow(ipcError('ESTALE', 'pthread_mutex_lock', { path }));
  });

  test('survives any bytes: each call ends in time, by an answer or an error', async () => {
    const { path, lock } = mutex();
    const all = words(path);
    let seed = 7;
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) | 0;
      return seed;
    };
    const codes = new Set<string>();
    for (let round = 0; round < 3000; round++) {
      for (let count = 0; count < 3; count++) all[1 + ((random() >>> 8) % 60)] = random() ^ (random() >>> 16);
      for (const call of [
        () => lock.tryLock(),
        () => lock.lockSync({ timeout: 0 }),
        () => lock.lock({ timeout: 0 }),
      ]) {
        try {
          const guard = await call();
          guard?.unlock();
        } catch (error) {
          codes.add((error as { code: string }).code);
        }
      }
    }
    for (const code of codes) expect(['EBADMSG', 'ETIMEDOUT', 'ENOTRECOVERABLE']).toContain(code);
    expect(lock.held).toBe(false);
  });
});

describe('a read-write lock', () => {
  test('whose words are garbage is EBADMSG, or counts as left by a dead one', async () => {
    const { path, lock } = fresh((path) => RwLock.create(path));
    const all = words(path);
    all[owner] = 300 << seatShift;
    expect(() => lock.tryRead()).toThrow(ipcError('EBADMSG', 'pthread_rwlock_rdlock', { path }));
    expect(() => lock.writeSync()).toThrow(ipcError('EBADMSG', 'pthread_rwlock_wrlock', { path }));
    await expect(lock.read()).rejects.toEqual(ipcError('EBADMSG', 'pthread_rwlock_rdlock', { path }));
    all[owner] = 9 << seatShift;
    const guard = lock.readSync();
    expect([guard.ownerDied, guard.exclusive]).toEqual([true, true]);
    all[owner] = 0;
    expect(() => guard.unlock()).toThrow(ipcError('EBADMSG', 'pthread_rwlock_unlock', { path }));
    // Readers' flags at seats that nobody has.
    for (let seat = 0; seat < 252; seat++) all[16 + 4 * seat + 1] = -1;
    lock.writeSync().unlock();
  });
});

describe('a barrier', () => {
  test('whose words are garbage is EBADMSG', async () => {
    const { path, lock } = fresh((path) => Barrier.create(path, { parties: 2 }));
    const all = words(path);
    all[owner] = 200;
    expect(() => lock.waitSync()).toThrow(ipcError('EBADMSG', 'pthread_barrier_wait', { path }));
    await expect(lock.wait()).rejects.toEqual(ipcError('EBADMSG', 'pthread_barrier_wait', { path }));
    all[owner] = 0;
    const waiting = lock.wait({ timeout: 20 });
    all[owner] = 0;
    await expect(waiting).rejects.toEqual(ipcError('EBADMSG', 'pthread_barrier_wait', { path }));
    for (const count of [0, 253, -1]) {
      all[parties] = count;
      expect(() => Barrier.open(path)).toThrow(ipcError('EBADMSG', 'mmap', { path }));
    }
    // What it was opened with holds for a handle.
    all[owner] = 0;
    await expect(lock.wait({ timeout: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});

test('a file that is written over at once is refused, by handles that are open and new ones', () => {
  const { path, lock } = fresh((path) => Mutex.create(path));
  writeFileSync(`/dev/shm${path}`, Buffer.alloc(4096, 0x41));
  expect(() => lock.tryLock()).toThrow(ipcError('ESTALE', 'pthread_mutex_lock', { path }));
  expect(() => Mutex.open(path)).toThrow(ipcError('EPROTO', 'mmap', { path }));
});
