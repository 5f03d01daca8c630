import { setTimeout as sleep } from 'node:timers/promises';
import { Condition, Mutex, type MutexGuard, SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing, peer } from '../helpers/peer.js';
import { runFixture } from '../helpers/program.js';
import { ipcError, typeError } from '../helpers/thrown.js';

leaveNothing();

/** A condition and the mutex that goes with it. */
function pair() {
  const places = { condition: name(), mutex: name() };
  const condition = closing(Condition.create(places.condition));
  return { places, condition, mutex: closing(Mutex.create(places.mutex)) };
}
const forms = ['wait', 'waitSync'];

/** A process that has locked the mutex and waits for the condition. */
async function waiter(places: ReturnType<typeof pair>['places'], form: string, options?: object) {
  const process = await peer(places);
  await process.ask('lock');
  const { told } = await (options ? process.begin(form, options) : process.block(form, options));
  return { process, told };
}

describe('a condition', () => {
  test.each(['awaited', 'sync', 'both'])('loses no wake-up in 10,000 turns of two: %s', async (form) => {
    const path = name();
    using memory = SharedMemory.create(path, { size: 3 * 4096 });
    const turns = [0, 1].map((me) =>
      runFixture('sync/ping-pong.mjs', [path, String(me), '5000', form], { timeout: 55_000 }),
    );
    for (const { code, stderr } of await Promise.all(turns)) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
    expect(memory.view(Int32Array)[0]).toBe(0);
  });

  test.each(forms)('gives the mutex back while it waits, and has it again then: %s', async (form) => {
    const { places, condition, mutex } = pair();
    const { process, told } = await waiter(places, form);
    const guard = mutex.lockSync();
    condition.signal();
    // It is awake, but has to wait for the mutex.
    await sleep(5);
    guard.unlock();
    expect(await told).toEqual({});
    expect(await process.ask('told')).toMatchObject({ value: { held: true, ownerDied: false } });
    expect(mutex.tryLock()).toBe(undefined);
    await process.ask('unlock');
    mutex.lockSync().unlock();
  });

  test.each(['signal', 'broadcast'] as const)('wakes all who wait: %s', async (method) => {
    const { places, condition } = pair();
    const others = [await waiter(places, 'wait'), await waiter(places, 'waitSync')];
    const here = Array.from({ length: 3 }, async () => {
      const mutex = closing(Mutex.open(places.mutex));
      const guard = await mutex.lock();
      await condition.wait(guard);
      guard.unlock();
    });
    await sleep(10);
    condition[method]();
    const there = others.map(async ({ process, told }) => {
      expect(await told).toEqual({});
      await process.ask('unlock');
    });
    await Promise.all([...here, ...there]);
  });

  test('remembers no signal that came before', async () => {
    const { places, condition, mutex } = pair();
    condition.signal();
    using guard = mutex.lockSync();
    await expect(condition.wait(guard, { timeout: 5 })).rejects.toEqual(
      ipcError('ETIMEDOUT', 'pthread_cond_wait', { path: places.condition }),
    );
    expect(() => condition.waitSync(guard, { timeout: 5 })).toThrow(
      ipcError('ETIMEDOUT', 'pthread_cond_wait', { path: places.condition }),
    );
  });

  test.each(forms)('whose time is over has the mutex again, when it is free: %s', async (form) => {
    const { places, mutex } = pair();
    const { process, told } = await waiter(places, form, { timeout: 30 });
    const guard = await mutex.lock();
    await sleep(40);
    guard.unlock();
    expect(await told).toEqual({ code: 'ETIMEDOUT', syscall: 'pthread_cond_wait' });
    expect(await process.ask('told')).toMatchObject({ value: { held: true } });
    expect(mutex.tryLock()).toBe(undefined);
  });

  test('whose wait is aborted has the mutex again, when it is free', async () => {
    const { places, condition, mutex } = pair();
    const aborting = new AbortController();
    const own = mutex.lockSync();
    const waiting = condition.wait(own, { signal: aborting.signal });
    using other = Mutex.open(places.mutex);
    const guard = other.lockSync();
    aborting.abort('enough');
    let over = false;
    const ended = waiting.catch((reason) => {
      over = true;
      return reason;
    });
    await sleep(20);
    expect([over, own.held]).toEqual([false, false]);
    guard.unlock();
    expect(await ended).toBe('enough');
    expect(own.held).toBe(true);
    own.unlock();
  });

  test('is signalled by anybody, with or without the mutex', async () => {
    const { places, condition } = pair();
    const { told } = await waiter(places, 'waitSync');
    condition.signal();
    expect(await told).toEqual({});
  });
});

describe('a signaller that is killed while it has the mutex', () => {
  test.each(forms)('wakes who waits, with ownerDied: %s', async (form) => {
    const { places } = pair();
    const { process, told } = await waiter(places, form);
    const signaller = await peer(places);
    expect(await signaller.ask('lock')).toMatchObject({ held: true });
    await signaller.kill();
    expect(await told).toEqual({});
    expect(await process.ask('told')).toEqual({ value: { ownerDied: true, held: true } });
    expect(await process.ask('makeConsistent')).toEqual({});
    expect(await process.ask('unlock')).toEqual({});
  });

  test('leaves the mutex ENOTRECOVERABLE to who waits, if the heir leaves it so', async () => {
    const { places, mutex } = pair();
    const { process, told } = await waiter(places, 'wait');
    const signaller = await peer(places);
    await signaller.ask('lock');
    const heir = mutex.lock();
    process.program.child.kill('SIGSTOP');
    await signaller.kill();
    (await heir).unlock();
    process.program.child.kill('SIGCONT');
    expect(await told).toEqual({ code: 'ENOTRECOVERABLE', syscall: 'pthread_mutex_lock' });
    expect(await process.ask('told')).toMatchObject({ value: { held: false } });
  });

  test('is told once for each death: a guard that was put right tells no more of it', async () => {
    const { places, condition, mutex } = pair();
    const owner = await peer(places);
    await owner.ask('lock');
    await owner.kill();
    const guard = mutex.lockSync();
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    await expect(condition.wait(guard, { timeout: 1 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(guard.ownerDied).toBe(false);
    expect(() => condition.waitSync(guard, { timeout: 1 })).toThrow(/ETIMEDOUT/);
    expect([guard.ownerDied, guard.held]).toEqual([false, true]);
    guard.unlock();
  });
});

describe('a wait', () => {
  test.each(forms)('needs a guard that is held: %s', async (form) => {
    const { condition, mutex } = pair();
    const wait = async (guard: unknown) => {
      const method = form === 'wait' ? condition.wait : condition.waitSync;
      await Reflect.apply(method as (guard: MutexGuard) => unknown, condition, [guard, { timeout: 1 }]);
    };
    const guard = mutex.lockSync();
    guard.unlock();
    await expect(wait(guard)).rejects.toEqual(ipcError('EPERM', 'pthread_mutex_unlock'));
    mutex.close();
    await expect(wait(guard)).rejects.toEqual(ipcError('EPERM', 'pthread_mutex_unlock'));
    for (const other of [undefined, null, 7, mutex, {}, Object.create(guard)]) {
      await expect(wait(other)).rejects.toEqual(
        typeError('ERR_INVALID_ARG_TYPE', '`guard`: expected what lock()'),
      );
    }
  });

  test('whose mutex is closed meanwhile ends with EBADF', async () => {
    const { places, condition, mutex } = pair();
    const waiting = condition.wait(mutex.lockSync());
    mutex.close();
    condition.signal();
    await expect(waiting).rejects.toEqual(ipcError('EBADF', 'lock', { path: places.mutex }));
  });

  test('whose condition is closed ends with EBADF, and the mutex held', async () => {
    const { places, condition, mutex } = pair();
    const guard = mutex.lockSync();
    const waiting = condition.wait(guard);
    condition.close();
    await expect(waiting).rejects.toEqual(ipcError('EBADF', 'wait', { path: places.condition }));
    expect(guard.held).toBe(true);
    expect(() => condition.signal()).toThrow(ipcError('EBADF', 'signal', { path: places.condition }));
    expect(() => condition.waitSync(guard)).toThrow(ipcError('EBADF', 'waitSync'));
    await expect(condition.wait(guard)).rejects.toEqual(ipcError('EBADF', 'wait'));
    guard.unlock();
  });
});
