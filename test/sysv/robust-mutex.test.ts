import { sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { attached, robustMutex, segment } from '../helpers/objects.js';
import { fixture, run, runFixture, start } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { blocked } from '../helpers/until.js';

leaveNothing();

const { RobustMutex } = sysv;
const { byteLength } = RobustMutex;

/** A program that holds the mutexes at these offsets. */
async function holder(memory: sysv.Attachment, ...offsets: number[]) {
  const words = [fixture('sysv/hold-mutexes.mjs'), String(memory.id), ...offsets.map(String)];
  const program = start(process.execPath, words);
  await program.printed('held');
  return {
    program,
    async killed() {
      program.child.kill('SIGKILL');
      await program.ended;
    },
  };
}

describe('a mutex', () => {
  test('excludes: two processes count to the sum', async () => {
    const memory = attached();
    const words = [String(memory.id), '64', '20000'];
    const ended = await Promise.all([1, 2].map(() => runFixture('sysv/increment-under-mutex.mjs', words)));
    expect(ended).toMatchObject([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    expect(memory.view(Int32Array)[0]).toBe(40_000);
  });

  test('that somebody else holds gives undefined, or ETIMEDOUT, until it is unlocked', async () => {
    const mutex = robustMutex();
    const { program } = await holder(mutex.memory, 0);
    expect(mutex.tryLock()).toBe(undefined);
    expect(() => mutex.lockSync({ timeout: 0 })).toThrow(ipcError('ETIMEDOUT', 'pthread_mutex_timedlock'));
    const before = process.hrtime.bigint();
    expect(() => mutex.lockSync({ timeout: 20.5 })).toThrow(ipcError('ETIMEDOUT', 'pthread_mutex_timedlock'));
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(20.5e6);
    program.child.stdin.write('unlock\n');
    const guard = mutex.lockSync();
    expect(guard.ownerDied).toBe(false);
    guard.unlock();
  });

  test('that this thread holds is EDEADLK, by any handle', () => {
    const mutex = robustMutex();
    using other = sysv.SharedMemory.fromId(mutex.memory.id).attach();
    const same = RobustMutex.open({ memory: other, offset: 0 });
    const guard = mutex.lockSync();
    for (const handle of [mutex, same]) {
      expect(() => handle.tryLock()).toThrow(ipcError('EDEADLK', 'pthread_mutex_timedlock'));
      expect(() => handle.lockSync()).toThrow(ipcError('EDEADLK', 'pthread_mutex_lock'));
      expect(() => handle.lockSync({ timeout: 1 })).toThrow(ipcError('EDEADLK', 'pthread_mutex_timedlock'));
    }
    expect([mutex.held, same.held]).toEqual([true, false]);
    guard.unlock();
    same.lockSync().unlock();
  });

  test('is unlocked once', () => {
    const mutex = robustMutex();
    const first = mutex.lockSync();
    first.unlock();
    const second = mutex.lockSync();
    expect(() => first.unlock()).toThrow(ipcError('EPERM', 'pthread_mutex_unlock'));
    expect(() => first.makeConsistent()).toThrow(ipcError('EPERM', 'pthread_mutex_consistent'));
    first[Symbol.dispose]();
    expect(mutex.held).toBe(true);
    expect(() => second.makeConsistent()).toThrow(ipcError('EINVAL', 'pthread_mutex_consistent'));
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    expect(mutex.held).toBe(false);
  });

  test('is unlocked by the end of the block that uses the guard', () => {
    const mutex = robustMutex();
    {
      using guard = mutex.lockSync();
      expect([guard.ownerDied, mutex.held]).toEqual([false, true]);
    }
    expect(mutex.held).toBe(false);
  });

  test.each([[-1], ['1'], [Number.NaN]])('is not waited for %s milliseconds', (timeout) => {
    const mutex = robustMutex();
    expect(() => Reflect.apply(mutex.lockSync, mutex, [{ timeout }])).toThrow(/`timeout`/);
    expect(mutex.held).toBe(false);
  });

  test('is one of at most 1024 that a thread holds', () => {
    const memory = attached(1100 * byteLength);
    const mutexes = Array.from({ length: 1025 }, (_, index) =>
      RobustMutex.create({ memory, offset: index * byteLength }),
    );
    const last = mutexes.pop() as sysv.RobustMutex;
    const guards = mutexes.map((mutex) => mutex.lockSync());
    const full = { hint: expect.stringContaining('1024') };
    expect(() => last.tryLock()).toThrow(ipcError('ENOLCK', 'pthread_mutex_timedlock', full));
    expect(() => last.lockSync()).toThrow(ipcError('ENOLCK', 'pthread_mutex_lock', full));
    guards.pop()?.unlock();
    guards.push(last.lockSync());
    for (const guard of guards) guard.unlock();
  });
});

describe('an owner that dies', () => {
  test('is told to the next one, who makes it consistent', async () => {
    const mutex = robustMutex();
    const { killed } = await holder(mutex.memory, 0);
    await killed();
    const guard = mutex.tryLock();
    expect(guard?.ownerDied).toBe(true);
    guard?.makeConsistent();
    expect(() => guard?.makeConsistent()).toThrow(ipcError('EINVAL', 'pthread_mutex_consistent'));
    guard?.unlock();
    using again = mutex.lockSync();
    expect(again.ownerDied).toBe(false);
  });

  test('wakes the one who waits', async () => {
    const mutex = robustMutex();
    const { killed } = await holder(mutex.memory, 0);
    const heir = start(process.execPath, [fixture('sysv/hold-mutexes.mjs'), String(mutex.memory.id), '0']);
    await heir.printed('locking');
    await blocked(heir.pid);
    await killed();
    await heir.printed('held, ownerDied true');
    heir.child.stdin.write('unlock\n');
    expect(await heir.ended).toMatchObject({ code: 0, stderr: '' });
    const guard = mutex.lockSync();
    expect(guard.ownerDied).toBe(false);
    guard.unlock();
  });

  test('and whose heir dies too is told again', async () => {
    const mutex = robustMutex();
    for (let death = 0; death < 3; death++) {
      const { program, killed } = await holder(mutex.memory, 0);
      await program.printed(`ownerDied ${death > 0}`);
      await killed();
    }
    const guard = mutex.lockSync();
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
  });

  test('and whose heir unlocks without makeConsistent leaves it ENOTRECOVERABLE, for all', async () => {
    const mutex = robustMutex();
    const { killed } = await holder(mutex.memory, 0);
    await killed();
    mutex.lockSync().unlock();
    expect(() => mutex.tryLock()).toThrow(ipcError('ENOTRECOVERABLE', 'pthread_mutex_timedlock'));
    expect(() => mutex.lockSync()).toThrow(ipcError('ENOTRECOVERABLE', 'pthread_mutex_lock'));
    expect(() => mutex.lockSync({ timeout: 5 })).toThrow(
      ipcError('ENOTRECOVERABLE', 'pthread_mutex_timedlock'),
    );
    const { stdout } = await runFixture('sysv/wait-for-mutex.mjs', [String(mutex.memory.id), '{}']);
    expect(stdout).toContain('ENOTRECOVERABLE');
    expect(mutex.held).toBe(false);
    // The way out: zeros, and a new one.
    mutex.memory.bytes(0, byteLength).fill(0);
    RobustMutex.create({ memory: mutex.memory, offset: 0 }).lockSync().unlock();
  });

  test('gives back all that it held', async () => {
    const memory = attached(1024 * byteLength);
    const offsets = Array.from({ length: 1024 }, (_, index) => index * byteLength);
    const mutexes = offsets.map((offset) => RobustMutex.create({ memory, offset }));
    const { killed } = await holder(memory, ...offsets);
    await killed();
    for (const mutex of mutexes) {
      const guard = mutex.tryLock();
      expect(guard?.ownerDied).toBe(true);
      guard?.makeConsistent();
      guard?.unlock();
    }
  });

  test.each(['terminate', 'exit', 'end'])('may be a worker (%s), whatever it has dropped', async (way) => {
    const shared = segment(8192);
    const words = ['--expose-gc', fixture('sysv/end-worker-with-mutex.mjs'), String(shared.id), way];
    const { code, stdout, stderr } = await run(process.execPath, words);
    expect({ code, stderr, stdout }).toEqual({
      code: 0,
      stderr: '',
      stdout: '0 true\n128 true\n4096 true\n',
    });
  });

  test('may be a process that simply ends', async () => {
    const mutex = robustMutex();
    const { program } = await holder(mutex.memory, 0);
    program.child.stdin.end();
    expect((await program.ended).code).toBe(0);
    const guard = mutex.tryLock();
    expect(guard?.ownerDied).toBe(true);
    guard?.makeConsistent();
    guard?.unlock();
  });
});

describe('close', () => {
  test('of the memory or the handle is EBUSY while it is held, and changes nothing', () => {
    const memory = attached();
    const idle = RobustMutex.create({ memory, offset: 512 });
    const mutex = robustMutex(memory);
    const guard = mutex.lockSync();
    const view = memory.bytes();
    const busy = ipcError('EBUSY', 'close', { id: memory.id, hint: expect.stringContaining('unlock it') });
    expect(() => memory.close()).toThrow(busy);
    expect(() => memory[Symbol.dispose]()).toThrow(busy);
    expect(() => mutex.close()).toThrow(busy);
    expect([memory.closed, mutex.closed, idle.closed, view.length]).toEqual([false, false, false, 4096]);
    guard.unlock();
    idle.lockSync().unlock();
    memory.close();
    expect([memory.closed, mutex.closed, idle.closed, view.length]).toEqual([true, true, true, 0]);
  });

  test('of the memory closes the handles in it: EBADF', () => {
    const memory = attached();
    const mutex = robustMutex(memory);
    mutex.lockSync().unlock();
    memory.close();
    const hint = 'the handle is closed';
    expect(() => mutex.tryLock()).toThrow(ipcError('EBADF', 'tryLock', { id: memory.id, hint }));
    expect(() => mutex.lockSync()).toThrow(ipcError('EBADF', 'lockSync', { id: memory.id, hint }));
    expect([mutex.held, mutex.offset, mutex.created]).toEqual([false, 0, true]);
    mutex.close();
  });

  test('of a handle leaves the mutex, and the memory that others use', () => {
    const memory = attached();
    RobustMutex.create({ memory, offset: 0 }).close();
    const again = RobustMutex.open({ memory, offset: 0 });
    again.lockSync().unlock();
    again.close();
    again.close();
    expect(() => again.tryLock()).toThrow(ipcError('EBADF', 'tryLock'));
    expect(memory.closed).toBe(false);
  });
});

describe('lockSync in a program that listens for a signal', () => {
  const waiting = async (mutex: sysv.RobustMutex, options: object) => {
    const words = [fixture('sysv/wait-for-mutex.mjs'), String(mutex.memory.id), JSON.stringify(options)];
    const program = start(process.execPath, words);
    await program.printed('waiting');
    return program;
  };

  test.each([[{}], [{ timeout: 60_000 }]])(
    'ends with EINTR, so that the listener runs (%j)',
    async (options) => {
      const mutex = robustMutex();
      using _ = mutex.lockSync();
      const program = await waiting(mutex, options);
      await new Promise((resolve) => setTimeout(resolve, 110));
      program.child.kill('SIGTERM');
      const { stdout } = await program.ended;
      expect(stdout).toMatch(/EINTR pthread_mutex_(timed)?lock, heard SIGTERM\n$/);
    },
  );

  test('waits its time in slices', async () => {
    const mutex = robustMutex();
    using _ = mutex.lockSync();
    const before = process.hrtime.bigint();
    const program = await waiting(mutex, { timeout: 120.5 });
    expect((await program.ended).stdout).toContain('ETIMEDOUT pthread_mutex_timedlock, heard \n');
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(120.5e6);
  });

  test('gets it when it is unlocked', async () => {
    const mutex = robustMutex();
    const guard = mutex.lockSync();
    const program = await waiting(mutex, {});
    await blocked(program.pid);
    guard.unlock();
    expect((await program.ended).stdout).toContain('locked, ownerDied false');
    // It has ended with it.
    const heir = mutex.lockSync();
    expect(heir.ownerDied).toBe(true);
    heir.makeConsistent();
    heir.unlock();
  });
});
