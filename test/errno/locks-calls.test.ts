import { truncateSync } from 'node:fs';
import { Barrier, Condition, Mutex, RwLock, SharedMemory } from 'posix-ipc';
import { expect } from 'vitest';
import { type Outcome, outcomeOf, refused } from '../helpers/attempt.js';
import { closing, fresh, peer } from '../helpers/peer.js';
import { fixture, start } from '../helpers/program.js';
import { blocked } from '../helpers/until.js';
import { covers } from './covers.js';

const mutex = () => fresh((path) => Mutex.create(path));
const rwLock = () => fresh((path) => RwLock.create(path));
const barrier = (parties = 2) => fresh((path) => Barrier.create(path, { parties }));
const truncate = (path: string) => truncateSync(`/dev/shm${path}`);

function overwriteOwner(path: string, word = 300 << 20): void {
  using memory = SharedMemory.open(path);
  memory.view(Int32Array)[4] = word;
}

/** What a promise comes to. */
async function outcomeOfWait(wait: Promise<unknown>): Promise<Outcome> {
  try {
    await wait;
  } catch (error) {
    return outcomeOf(() => {
      throw error;
    });
  }
  return {};
}

/** A mutex or a read-write lock whose owner was killed. */
async function orphan(kind: 'mutex' | 'rwLock') {
  const made = kind === 'mutex' ? mutex() : rwLock();
  const owner = await peer({ [kind]: made.path });
  await owner.ask(kind === 'mutex' ? 'lock' : 'write');
  await owner.kill();
  return made;
}

const locking = 'pthread_mutex_lock';
/** What all ways to lock come to. */
async function expectLocking({ path, lock }: ReturnType<typeof mutex>, code: string, hint: RegExp) {
  const expected = refused(code, locking, { path }, hint);
  expect(outcomeOf(() => lock.tryLock())).toEqual(expected);
  expect(outcomeOf(() => lock.lockSync())).toEqual(expected);
  expect(await outcomeOfWait(lock.lock())).toEqual(expected);
}

covers('pthread_mutex_lock, of Mutex', {
  EBADMSG: async () => {
    const made = mutex();
    overwriteOwner(made.path);
    await expectLocking(made, 'EBADMSG', /written into/);
  },
  EDEADLK: () => {
    const { path, lock } = mutex();
    using _ = lock.lockSync();
    expect(outcomeOf(() => lock.lockSync())).toEqual(refused('EDEADLK', locking, { path }, /this thread/));
  },
  EINTR: async () => {
    const { path, lock } = mutex();
    using _ = lock.lockSync();
    const program = start(process.execPath, [fixture('sync/listen-while-blocked.mjs'), path]);
    await program.printed('waiting');
    await blocked(program.pid);
    program.child.kill('SIGTERM');
    expect((await program.ended).stdout).toContain('EINTR pthread_mutex_lock, heard SIGTERM');
  },
  ENOTRECOVERABLE: async () => {
    const made = (await orphan('mutex')) as ReturnType<typeof mutex>;
    made.lock.lockSync().unlock();
    await expectLocking(made, 'ENOTRECOVERABLE', /makeConsistent/);
  },
  EOWNERDEAD: async () => {
    const { lock } = (await orphan('mutex')) as ReturnType<typeof mutex>;
    const guard = lock.lockSync();
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
  },
  ESTALE: async () => {
    const made = mutex();
    truncate(made.path);
    await expectLocking(made, 'ESTALE', /close this handle/);
  },
  ETIMEDOUT: async () => {
    const { path, lock } = mutex();
    const owner = await peer({ mutex: path });
    await owner.ask('lock');
    expect(lock.tryLock()).toBe(undefined);
    expect(outcomeOf(() => lock.lockSync({ timeout: 1 }))).toEqual(refused('ETIMEDOUT', locking, { path }));
    expect(await outcomeOfWait(lock.lock({ timeout: 1 }))).toEqual(refused('ETIMEDOUT', locking, { path }));
  },
});

covers('pthread_mutex_consistent, of Mutex', {
  EBADMSG: () => {
    const { path, lock } = mutex();
    const guard = lock.lockSync();
    overwriteOwner(path);
    const outcome = outcomeOf(() => guard.makeConsistent());
    expect(outcome).toEqual(refused('EBADMSG', 'pthread_mutex_consistent', { path }, /written into/));
    expect(() => guard.unlock()).toThrow(/EBADMSG/);
  },
  EPERM: () => {
    const { path, lock } = mutex();
    const guard = lock.lockSync();
    guard.unlock();
    const outcome = outcomeOf(() => guard.makeConsistent());
    expect(outcome).toEqual(refused('EPERM', 'pthread_mutex_consistent', { path }, /before/));
  },
});

covers('pthread_mutex_unlock, of Mutex', {
  EBADMSG: () => {
    const { path, lock } = mutex();
    const guard = lock.lockSync();
    overwriteOwner(path);
    const outcome = outcomeOf(() => guard.unlock());
    expect(outcome).toEqual(refused('EBADMSG', 'pthread_mutex_unlock', { path }, /written into/));
  },
  EPERM: () => {
    const { path, lock } = mutex();
    const guard = lock.lockSync();
    guard.unlock();
    const outcome = outcomeOf(() => guard.unlock());
    expect(outcome).toEqual(refused('EPERM', 'pthread_mutex_unlock', { path }, /before/));
  },
  ESTALE: () => {
    const { path, lock } = mutex();
    const guard = lock.lockSync();
    truncate(path);
    expect(outcomeOf(() => guard.unlock())).toEqual(refused('ESTALE', 'pthread_mutex_unlock', { path }));
  },
});

/** What all ways to read and to write come to. */
async function expectBoth({ path, lock }: ReturnType<typeof rwLock>, code: string, hint: RegExp) {
  const [reading, writing] = ['rdlock', 'wrlock'].map((mode) =>
    refused(code, `pthread_rwlock_${mode}`, { path }, hint),
  );
  expect(outcomeOf(() => lock.tryRead())).toEqual(reading);
  expect(outcomeOf(() => lock.readSync())).toEqual(reading);
  expect(await outcomeOfWait(lock.read())).toEqual(reading);
  expect(outcomeOf(() => lock.tryWrite())).toEqual(writing);
  expect(outcomeOf(() => lock.writeSync())).toEqual(writing);
  expect(await outcomeOfWait(lock.write())).toEqual(writing);
}

covers('pthread_rwlock_rdlock, pthread_rwlock_wrlock', {
  EBADMSG: async () => {
    const made = rwLock();
    overwriteOwner(made.path);
    await expectBoth(made, 'EBADMSG', /written into/);
  },
  EDEADLK: () => {
    const { path, lock } = rwLock();
    using _ = lock.writeSync();
    for (const [call, mode] of [
      [() => lock.readSync(), 'rdlock'],
      [() => lock.writeSync(), 'wrlock'],
    ] as const) {
      expect(outcomeOf(call)).toEqual(refused('EDEADLK', `pthread_rwlock_${mode}`, { path }, /this thread/));
    }
  },
  ENOTRECOVERABLE: async () => {
    const made = (await orphan('rwLock')) as ReturnType<typeof rwLock>;
    made.lock.readSync().unlock();
    await expectBoth(made, 'ENOTRECOVERABLE', /makeConsistent/);
  },
  EOWNERDEAD: async () => {
    const { lock } = (await orphan('rwLock')) as ReturnType<typeof rwLock>;
    const guard = lock.readSync();
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
  },
  ESTALE: async () => {
    const made = rwLock();
    truncate(made.path);
    await expectBoth(made, 'ESTALE', /close this handle/);
  },
  ETIMEDOUT: async () => {
    const { path, lock } = rwLock();
    const owner = await peer({ rwLock: path });
    await owner.ask('write');
    expect([lock.tryRead(), lock.tryWrite()]).toEqual([undefined, undefined]);
    for (const [call, mode] of [
      [() => lock.readSync({ timeout: 1 }), 'rdlock'],
      [() => lock.writeSync({ timeout: 1 }), 'wrlock'],
    ] as const) {
      expect(outcomeOf(call)).toEqual(refused('ETIMEDOUT', `pthread_rwlock_${mode}`, { path }));
    }
  },
});

covers('pthread_rwlock_unlock', {
  EBADMSG: () => {
    const { path, lock } = rwLock();
    const guard = lock.writeSync();
    overwriteOwner(path);
    const outcome = outcomeOf(() => guard.unlock());
    expect(outcome).toEqual(refused('EBADMSG', 'pthread_rwlock_unlock', { path }, /written into/));
  },
  EPERM: () => {
    const { path, lock } = rwLock();
    for (const guard of [lock.readSync(), lock.readSync()]) guard.unlock();
    const guard = lock.writeSync();
    guard.unlock();
    const outcome = outcomeOf(() => guard.unlock());
    expect(outcome).toEqual(refused('EPERM', 'pthread_rwlock_unlock', { path }, /before/));
  },
  ESTALE: () => {
    for (const mode of ['readSync', 'writeSync'] as const) {
      const { path, lock } = rwLock();
      const guard = lock[mode]();
      truncate(path);
      expect(outcomeOf(() => guard.unlock())).toEqual(refused('ESTALE', 'pthread_rwlock_unlock', { path }));
    }
  },
});

covers('pthread_cond_wait', {
  ESTALE: async () => {
    const { path, lock } = fresh((path) => Condition.create(path));
    using guard = mutex().lock.lockSync();
    truncate(path);
    const expected = refused('ESTALE', 'pthread_cond_wait', { path });
    expect(outcomeOf(() => lock.waitSync(guard))).toEqual(expected);
    expect(await outcomeOfWait(lock.wait(guard))).toEqual(expected);
  },
  ETIMEDOUT: async () => {
    const { path, lock } = fresh((path) => Condition.create(path));
    using guard = mutex().lock.lockSync();
    const expected = refused('ETIMEDOUT', 'pthread_cond_wait', { path });
    expect(outcomeOf(() => lock.waitSync(guard, { timeout: 1 }))).toEqual(expected);
    expect(await outcomeOfWait(lock.wait(guard, { timeout: 1 }))).toEqual(expected);
  },
});

covers('pthread_cond_signal', {
  ESTALE: () => {
    const { path, lock } = fresh((path) => Condition.create(path));
    truncate(path);
    for (const call of [() => lock.signal(), () => lock.broadcast()]) {
      expect(outcomeOf(call)).toEqual(refused('ESTALE', 'pthread_cond_signal', { path }));
    }
  },
});

const waiting = 'pthread_barrier_wait';
/** What both ways to wait come to. */
async function expectWaiting({ path, lock }: ReturnType<typeof barrier>, code: string, hint?: RegExp) {
  const expected = refused(code, waiting, { path }, hint);
  expect(outcomeOf(() => lock.waitSync({ timeout: 1 }))).toEqual(expected);
  expect(await outcomeOfWait(lock.wait({ timeout: 1 }))).toEqual(expected);
}

covers('pthread_barrier_wait', {
  EBADMSG: async () => {
    const made = barrier();
    overwriteOwner(made.path, 200);
    await expectWaiting(made, 'EBADMSG', /written into/);
  },
  EBUSY: async () => {
    const made = barrier();
    const first = made.lock.wait();
    await expectWaiting(made, 'EBUSY', /a handle of its own/);
    closing(Barrier.open(made.path)).waitSync();
    await first;
  },
  EOWNERDEAD: async () => {
    const made = barrier();
    await (await peer({ barrier: made.path })).kill();
    await expectWaiting(made, 'EOWNERDEAD', /reset\(\)/);
  },
  ESTALE: async () => {
    const made = barrier();
    truncate(made.path);
    await expectWaiting(made, 'ESTALE', /close this handle/);
  },
  ETIMEDOUT: async () => {
    await expectWaiting(barrier(), 'ETIMEDOUT');
  },
});

covers('pthread_barrier_init', {
  ESTALE: () => {
    const { path, lock } = barrier();
    truncate(path);
    expect(outcomeOf(() => lock.reset())).toEqual(refused('ESTALE', 'pthread_barrier_init', { path }));
  },
});
