import { Barrier } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing, fresh, peer } from '../helpers/peer.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

leaveNothing();

const barrier = (parties: number) => fresh((path) => Barrier.create(path, { parties }));
const party = (barrier: string) => peer({ barrier });
const broken = { code: 'EOWNERDEAD', syscall: 'pthread_barrier_wait' };

describe('a barrier', () => {
  test.each([
    ['wait', 'wait', 'wait'],
    ['waitSync', 'waitSync', 'waitSync'],
    ['wait', 'waitSync', 'wait'],
  ])('lets nobody pass before all have come, time after time: %s, %s, %s', async (...forms) => {
    const { path } = barrier(3);
    const parties = await Promise.all(forms.map(() => party(path)));
    for (let round = 0; round < 4; round++) {
      const last = round % 3;
      const first = parties.filter((_, index) => index !== last);
      const begun = await Promise.all(first.map((each) => each.block(forms[parties.indexOf(each)])));
      let passed = 0;
      for (const { told } of begun) void told.then(() => passed++);
      expect(await parties[last].ask('close')).not.toBe(undefined);
      expect(passed).toBe(0);
      parties[last] = await party(path);
      expect(await parties[last].ask(forms[last])).toEqual({ value: true });
      expect(await Promise.all(begun.map(({ told }) => told))).toEqual([{ value: false }, { value: false }]);
    }
  });

  test('has one serial party in each of many rounds', async () => {
    const { path, lock } = barrier(3);
    const handles = [lock, closing(Barrier.open(path)), closing(Barrier.open(path))];
    for (let round = 0; round < 300; round++) {
      const serial = await Promise.all(handles.map((handle) => handle.wait()));
      expect(serial.filter(Boolean)).toEqual([true]);
    }
  });

  test('of one is passed at once', async () => {
    const { lock } = barrier(1);
    expect([await lock.wait(), lock.waitSync(), lock.parties, lock.broken]).toEqual([true, true, 1, false]);
  });

  test('counts each handle once: EBUSY', async () => {
    const { path, lock } = barrier(2);
    const waiting = lock.wait();
    await expect(lock.wait()).rejects.toEqual(ipcError('EBUSY', 'pthread_barrier_wait', { path }));
    expect(() => lock.waitSync()).toThrow(ipcError('EBUSY', 'pthread_barrier_wait', { path }));
    using other = Barrier.open(path);
    expect([other.waitSync(), await waiting]).toEqual([true, false]);
  });

  test.each(['wait', 'waitSync'])('of whom one gives up waits for another one: %s', async (form) => {
    const { path, lock } = barrier(2);
    const other = await party(path);
    const timedOut = { code: 'ETIMEDOUT', syscall: 'pthread_barrier_wait' };
    expect(await other.ask(form, { timeout: 0 })).toEqual(timedOut);
    expect(await other.ask(form, { timeout: 20 })).toEqual(timedOut);
    await expect(lock.wait({ timeout: 5 })).rejects.toMatchObject(timedOut);
    const { told } = await other.block(form);
    expect(lock.waitSync()).toBe(true);
    expect(await told).toEqual({ value: false });
  });
});

describe('a party that dies', () => {
  test.each(['wait', 'waitSync'])('breaks it for all who wait, and who come: %s', async (form) => {
    const { path, lock } = barrier(4);
    const [dying, other] = [await party(path), await party(path)];
    const refused = expect(lock.wait()).rejects.toEqual(
      ipcError('EOWNERDEAD', 'pthread_barrier_wait', { path }),
    );
    const { told } = await other.block(form);
    await dying.kill();
    await refused;
    expect(await told).toEqual(broken);
    expect(lock.broken).toBe(true);
    expect(() => lock.waitSync()).toThrow(ipcError('EOWNERDEAD', 'pthread_barrier_wait'));
    expect(await other.ask(form)).toEqual(broken);
  });

  test('while it waits breaks it too', async () => {
    const { path, lock } = barrier(3);
    const dying = await party(path);
    await dying.block('waitSync');
    const refused = expect(lock.wait()).rejects.toMatchObject(broken);
    await dying.kill();
    await refused;
  });

  test('and whose seat somebody else takes has broken it all the same', async () => {
    const { path, lock } = barrier(2);
    await (await party(path)).kill();
    using newcomer = Barrier.open(path);
    expect([newcomer.broken, lock.broken]).toEqual([true, true]);
    await expect(newcomer.wait()).rejects.toMatchObject(broken);
  });

  test('is forgotten after reset(), by the others, who are as many as before', async () => {
    const { path, lock } = barrier(2);
    const dying = await party(path);
    const refused = expect(lock.wait()).rejects.toMatchObject(broken);
    await dying.kill();
    await refused;
    const heir = await party(path);
    expect(await heir.ask('waitSync')).toEqual(broken);
    lock.reset();
    expect(lock.broken).toBe(false);
    const { told } = await heir.block('waitSync');
    // Nothing is broken now: nobody is sent away.
    lock.reset();
    expect(lock.waitSync()).toBe(true);
    expect(await told).toEqual({ value: false });
  });

  test('was one: reset() tells who waited for it, and lets nobody pass', async () => {
    const { path, lock } = barrier(3);
    const [dying, asleep] = [await party(path), await party(path)];
    const { told } = await asleep.block('waitSync');
    asleep.program.child.kill('SIGSTOP');
    await dying.kill();
    lock.reset();
    asleep.program.child.kill('SIGCONT');
    expect(await told).toEqual(broken);
  });
});

describe('a party that leaves', () => {
  test('by close() breaks nothing', async () => {
    const { path, lock } = barrier(2);
    const leaving = await party(path);
    const waiting = lock.wait();
    await leaving.ask('close');
    const other = await party(path);
    expect(await other.ask('waitSync')).toEqual({ value: true });
    expect([await waiting, lock.broken]).toEqual([false, false]);
  });

  test('by close() while it waits has not come', async () => {
    const { path, lock } = barrier(2);
    const leaving = Barrier.open(path);
    const waiting = leaving.wait();
    leaving.close();
    await expect(waiting).rejects.toEqual(ipcError('EBADF', 'wait', { path }));
    await expect(lock.wait({ timeout: 20 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect([leaving.parties, leaving.broken, lock.broken]).toEqual([0, false, false]);
    expect(() => leaving.reset()).toThrow(ipcError('EBADF', 'reset', { path }));
    expect(() => leaving.waitSync()).toThrow(ipcError('EBADF', 'waitSync', { path }));
  });

  test('by the end of its process while it waits is a death', async () => {
    const { path, lock } = barrier(3);
    const waiting = await party(path);
    const refused = expect(lock.wait()).rejects.toMatchObject(broken);
    await waiting.begin('wait');
    await waiting.begin('exit').catch(() => {});
    await refused;
  });
});

describe('the number of parties', () => {
  test.each([0, 253, -1, 1.5])('is not %s', (parties) => {
    expect(() => Barrier.create('/x', { parties })).toThrow(rangeError('`parties`'));
  });

  test('is a number, and has no default', () => {
    for (const options of [{}, { parties: '2' }, { parties: null }]) {
      for (const verb of ['create', 'openOrCreate'] as const) {
        expect(() => Reflect.apply(Barrier[verb], Barrier, ['/x', options])).toThrow(
          typeError('ERR_INVALID_ARG_TYPE', '`parties`: expected a number'),
        );
      }
    }
    expect(() => Reflect.apply(Barrier.create, Barrier, ['/x'])).toThrow(TypeError);
  });

  test('is what it was made for: another one is EPROTO', async () => {
    const { path } = barrier(2);
    expect(() => Barrier.openOrCreate(path, { parties: 3 })).toThrow(ipcError('EPROTO', 'mmap', { path }));
    using again = Barrier.openOrCreate(path, { parties: 2 });
    using opened = Barrier.open(path);
    expect([again.parties, opened.parties]).toEqual([2, 2]);
    // Who was refused is no party that died.
    expect(again.broken).toBe(false);
    await expect(again.wait({ timeout: 1 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});

test('252 handles may be the parties', async () => {
  const path = name();
  const handles = [Barrier.create(path, { parties: 252 })];
  while (handles.length < 252) handles.push(Barrier.open(path));
  const serial = await Promise.all(handles.map((handle) => handle.wait()));
  expect(serial.filter(Boolean).length).toBe(1);
  for (const handle of handles) handle.close();
});
