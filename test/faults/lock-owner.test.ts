import { Barrier, Condition, Mutex, RwLock, Semaphore } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { holder, killed, open } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { ipcError } from '../helpers/thrown.js';

// The owner of a lock is killed by SIGKILL while it holds it.
leaveNothing();

const takings = {
  tryLock: (mutex: Mutex) => mutex.tryLock(),
  lock: (mutex: Mutex) => mutex.lock(),
  lockSync: (mutex: Mutex) => mutex.lockSync(),
};

describe.each(['tryLock', 'lock', 'lockSync'] as const)('the owner of a mutex is killed: %s', (way) => {
  test.each(['tryLock', 'lock', 'lockSync'] as const)(
    'the next one gets it by %s, and is told',
    async (next) => {
      const path = name();
      const mutex = open(Mutex.create(path));
      await killed(await holder(`Mutex.${way}`, path));
      const guard = await takings[next](mutex);
      expect(guard?.ownerDied).toBe(true);
      guard?.makeConsistent();
      guard?.unlock();
      using again = mutex.lockSync();
      expect(again.ownerDied).toBe(false);
    },
  );

  test('those who wait for it get it one after the other, and one of them is told', async () => {
    const path = name();
    const [one, other] = [open(Mutex.create(path)), open(Mutex.open(path))];
    const owner = await holder(`Mutex.${way}`, path);
    const told: boolean[] = [];
    const waits = [one, other].map(async (mutex) => {
      using guard = await mutex.lock();
      told.push(guard.ownerDied);
      if (guard.ownerDied) guard.makeConsistent();
    });
    await killed(owner);
    await Promise.all(waits);
    expect(told).toEqual([true, false]);
  });
});

test('the next owner of a mutex says nothing of order: ENOTRECOVERABLE for all', async () => {
  const path = name();
  const mutex = open(Mutex.create(path));
  await killed(await holder('Mutex.lock', path));
  mutex.lockSync().unlock();
  const dead = ipcError('ENOTRECOVERABLE', 'pthread_mutex_lock', { path });
  expect(() => mutex.tryLock()).toThrow(dead);
  expect(() => mutex.lockSync()).toThrow(dead);
  await expect(mutex.lock()).rejects.toThrow(dead);
});

describe('of a read-write lock', () => {
  test.each(['tryRead', 'read', 'readSync'])('a reader (%s) is killed: nobody waits for it', async (way) => {
    const path = name();
    const lock = open(RwLock.create(path));
    await killed(await holder(`RwLock.${way}`, path));
    using guard = await lock.write();
    expect(guard.ownerDied).toBe(false);
  });

  test.each(['tryWrite', 'write', 'writeSync'])(
    'the writer (%s) is killed: the next is told',
    async (way) => {
      const path = name();
      const lock = open(RwLock.create(path));
      const owner = await holder(`RwLock.${way}`, path);
      const waiting = lock.write();
      await killed(owner);
      const guard = await waiting;
      expect(guard.ownerDied).toBe(true);
      guard.makeConsistent();
      guard.unlock();
      using reader = lock.readSync();
      expect(reader.ownerDied).toBe(false);
    },
  );
});

test('a party of a barrier is killed: EOWNERDEAD for all who wait, until reset()', async () => {
  const path = name();
  const barrier = open(Barrier.create(path, { parties: 2 }));
  const party = await holder('Barrier', path);
  const waiting = expect(barrier.wait()).rejects.toThrow(
    ipcError('EOWNERDEAD', 'pthread_barrier_wait', { path }),
  );
  await killed(party);
  await waiting;
  expect(barrier.broken).toBe(true);
  barrier.reset();
  const other = open(Barrier.open(path));
  expect((await Promise.all([barrier.wait(), other.wait()])).sort()).toEqual([false, true]);
});

test('one that waits for a condition is killed: the others get the signal, and nobody the death', async () => {
  const [path, other] = [name(), name()];
  const condition = open(Condition.create(path));
  const mutex = open(Mutex.create(other));
  const victim = await holder('Condition.wait', path, other);
  const guard = await mutex.lock();
  const waiting = condition.wait(guard);
  await killed(victim);
  open(Condition.open(path)).signal();
  await waiting;
  expect([guard.held, guard.ownerDied]).toEqual([true, false]);
  guard.unlock();
});

test('the holder of a plain semaphore is killed: the count is lost, and a timeout says so', async () => {
  const path = name();
  using semaphore = Semaphore.create(path, { value: 1 });
  await killed(await holder('Semaphore.tryWait', path));
  expect([semaphore.value, semaphore.tryWait()]).toEqual([0, false]);
  await expect(semaphore.wait({ timeout: 20 })).rejects.toThrow(ipcError('ETIMEDOUT', 'sem_wait'));
  semaphore.post();
  expect(semaphore.tryWait()).toBe(true);
});
