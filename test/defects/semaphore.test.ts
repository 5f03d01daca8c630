import { Semaphore, sysv } from 'posix-ipc';
import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name, set } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';
import { survives } from '../helpers/survives.js';
import { blocked } from '../helpers/until.js';

// Part of the list in shared-memory.test.ts; each in a process of its own.
leaveNothing();

test('defect 22: names of any length are refused, and a closed semaphore is not used', async () => {
  await survives('long-name');
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'defect 23: %s ends a process that is blocked in waitSync',
  async (signal) => {
    const path = name();
    using semaphore = Semaphore.create(path, { value: 0 });
    const program = start(process.execPath, [fixture('posix/wait-for-semaphore.mjs'), path]);
    await program.printed('waiting');
    await blocked(program.pid);
    program.child.kill(signal);
    expect(await program.ended).toMatchObject({ code: null, signal, stdout: 'waiting\n' });
    expect(semaphore.value).toBe(0);
  },
);

test('defect 24: a process that ends takes no name away, and the lock stays one lock', async () => {
  const path = name();
  using semaphore = Semaphore.create(path, { value: 1 });
  expect(semaphore.tryWait()).toBe(true);
  const command = [process.execPath, fixture('defects/open-and-end.mjs'), path];
  expect(await start(command[0], command.slice(1)).ended).toMatchObject({ code: 0 });
  using again = Semaphore.open(path);
  expect([again.stat().ino, again.tryWait()]).toEqual([semaphore.stat().ino, false]);
});

test('defect 25: a lock whose holder was killed can be waited for with a timeout, or gives itself back with undo', async () => {
  const path = name();
  const lock = set(1);
  using semaphore = Semaphore.create(path, { value: 1 });
  const holder = start(process.execPath, [fixture('sysv/take-and-hold.mjs'), String(lock.id), '-1', 'true']);
  await holder.printed('taken');
  expect(semaphore.tryWait()).toBe(true);
  expect(() => semaphore.waitSync({ timeout: 5 })).toThrow('ETIMEDOUT');
  expect(() => lock.operateSync({ index: 0, delta: -1 }, { timeout: 5 })).toThrow('ETIMEDOUT');
  holder.child.kill('SIGKILL');
  sysv.SemaphoreSet.fromId(lock.id).operateSync({ index: 0, delta: -1 }, { timeout: 20_000 });
});

test('defect 25: an open that failed stands in the way of no other', async () => {
  await survives('failed-open');
});
