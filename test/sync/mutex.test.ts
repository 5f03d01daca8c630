import { Mutex, type MutexGuard, SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing, fresh, peer } from '../helpers/peer.js';
import { runFixture } from '../helpers/program.js';
import { ipcError, typeError } from '../helpers/thrown.js';

leaveNothing();

const mutex = () => fresh((path) => Mutex.create(path));
const free = { held: true, ownerDied: false };

describe('a mutex', () => {
  test('excludes: three processes, each by all ways to lock, count to the sum', async () => {
    const path = name();
    using memory = SharedMemory.create(path, { size: 4096 });
    const words = [path, mutex().path, '3000'];
    const ended = await Promise.all([1, 2, 3].map(() => runFixture('sync/count.mjs', words)));
    for (const { code, stderr } of ended) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(memory.view(Int32Array)[0]).toBe(9000);
  });

  test('that another process has is undefined, or waited for, until it is unlocked', async () => {
    const { path, lock } = mutex();
    const other = await peer({ mutex: path });
    expect(await other.ask('lockSync')).toMatchObject(free);
    expect(lock.tryLock()).toBe(undefined);
    const waits = [lock.lock(), lock.lock()];
    expect(await other.ask('unlock')).toEqual({});
    for (const wait of waits) {
      const guard = await wait;
      expect(guard).toMatchObject(free);
      expect((await other.ask('tryLock')).value).toBe(undefined);
      guard.unlock();
    }
    const { told } = await other.begin('lock');
    expect(await told).toMatchObject(free);
  });

  test.each(['lock', 'lockSync'])('is handed to a process that sleeps for it: %s', async (verb) => {
    const { path, lock } = mutex();
    const other = await peer({ mutex: path });
    for (let round = 0; round < 5; round++) {
      const guard = await lock.lock();
      const { told } = round % 2 === 0 ? await other.block(verb) : await other.begin(verb);
      guard.unlock();
      expect(await told).toMatchObject(free);
      await other.ask('unlock');
    }
  });

  test('is held across awaits, by whatever task', async () => {
    const { path, lock } = mutex();
    using again = Mutex.open(path);
    const guard = await lock.lock();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([lock.held, guard.held, again.tryLock()]).toEqual([true, true, undefined]);
    await Promise.resolve().then(() => guard.unlock());
    expect([lock.held, guard.held]).toEqual([false, false]);
    again.lockSync().unlock();
  });

  test('is given to those of one handle in the order they came', async () => {
    const { lock } = mutex();
    const order: number[] = [];
    const first = lock.lockSync();
    const all = Array.from({ length: 50 }, async (_, index) => {
      const guard = await lock.lock();
      order.push(index);
      if (index % 3 === 0) await new Promise(setImmediate);
      guard.unlock();
    });
    first.unlock();
    await Promise.all(all);
    expect(order).toEqual(order.map((_, index) => index));
    expect(order.length).toBe(50);
  });

  test('goes to another process too, while those of this one always want it', async () => {
    const { path, lock } = mutex();
    const other = await peer({ mutex: path });
    let over = false;
    const greedy = Array.from({ length: 3 }, async () => {
      while (!over) {
        const guard = await lock.lock();
        await new Promise(setImmediate);
        guard.unlock();
      }
    });
    for (let round = 0; round < 5; round++) {
      expect(await other.ask('lock')).toMatchObject(free);
      await other.ask('unlock');
    }
    over = true;
    await Promise.all(greedy);
  });
});

describe('who has it already', () => {
  test('is EDEADLK if it blocks the thread for it, by any handle', () => {
    const { path, lock } = mutex();
    using other = Mutex.open(path);
    const guard = lock.lockSync();
    const deadlock = ipcError('EDEADLK', 'pthread_mutex_lock', {
      path,
      hint: expect.stringContaining('this thread'),
    });
    for (const handle of [lock, other]) {
      expect(() => handle.lockSync()).toThrow(deadlock);
      expect(() => handle.lockSync({ timeout: 5 })).toThrow(deadlock);
      expect(handle.tryLock()).toBe(undefined);
    }
    guard.unlock();
    other.lockSync().unlock();
  });

  test('may wait for it as a promise, since another task may have it', async () => {
    const { path, lock } = mutex();
    using other = Mutex.open(path);
    const guard = lock.lockSync();
    const next = [lock.lock(), other.lock()];
    guard.unlock();
    await Promise.all(next.map(async (wait) => (await wait).unlock()));
  });
});

describe('a guard', () => {
  test('is unlocked once', () => {
    const { path, lock } = mutex();
    const first = lock.lockSync();
    first.unlock();
    const second = lock.lockSync();
    expect(() => first.unlock()).toThrow(ipcError('EPERM', 'pthread_mutex_unlock', { path }));
    expect(() => first.makeConsistent()).toThrow(ipcError('EPERM', 'pthread_mutex_consistent', { path }));
    first[Symbol.dispose]();
    expect([first.held, second.held]).toEqual([false, true]);
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    expect(lock.held).toBe(false);
  });

  test('is unlocked by the end of the block that uses it', () => {
    const { lock } = mutex();
    {
      using guard = lock.lockSync();
      expect(guard.ownerDied).toBe(false);
    }
    expect(() => {
      using _ = lock.lockSync();
      throw new Error('in between');
    }).toThrow('in between');
    expect(lock.held).toBe(false);
  });
});

describe('close', () => {
  test('is EBUSY while the handle has it, and changes nothing', () => {
    const { path, lock } = mutex();
    const guard = lock.lockSync();
    const busy = ipcError('EBUSY', 'close', { path, hint: expect.stringContaining('unlock') });
    expect(() => lock.close()).toThrow(busy);
    expect([lock.closed, guard.held]).toEqual([false, true]);
    guard.unlock();
    lock.close();
    expect(lock.closed).toBe(true);
  });

  test('refuses all who wait through the handle: EBADF; and nobody else', async () => {
    const { path, lock } = mutex();
    const waiting = Mutex.open(path);
    const guard = lock.lockSync();
    const refused = [waiting.lock(), waiting.lock({ timeout: 60_000 })];
    const other = lock.lock();
    waiting.close();
    for (const wait of refused) await expect(wait).rejects.toEqual(ipcError('EBADF', 'lock', { path }));
    guard.unlock();
    (await other).unlock();
  });

  test('leaves EBADF for every call, and a name', async () => {
    const { path, lock } = mutex();
    lock.lockSync().unlock();
    lock.close();
    expect(() => lock.tryLock()).toThrow(ipcError('EBADF', 'tryLock', { path }));
    expect(() => lock.lockSync()).toThrow(ipcError('EBADF', 'lockSync', { path }));
    await expect(lock.lock()).rejects.toEqual(ipcError('EBADF', 'lock', { path }));
    expect([lock.name, lock.held, lock.created]).toEqual([path, false, true]);
  });
});

test('only lock() makes guards', () => {
  const { lock } = mutex();
  using guard = lock.lockSync();
  const { constructor: kind } = guard as MutexGuard & { constructor: new () => unknown };
  expect(() => new kind()).toThrow(typeError('ERR_ILLEGAL_CONSTRUCTOR', 'lock() of a Mutex'));
});

test('a handle that another one of this thread was opened beside has a seat of its own', () => {
  const { path, lock } = mutex();
  const other = closing(Mutex.open(path));
  const guard = lock.lockSync();
  expect([lock.created, other.created, other.held]).toEqual([true, false, false]);
  guard.unlock();
});
