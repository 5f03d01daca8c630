import { type RwGuard, RwLock } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { closing, fresh, peer } from '../helpers/peer.js';
import { ipcError } from '../helpers/thrown.js';

leaveNothing();

const rwLock = () => fresh((path) => RwLock.create(path));
const reading = { held: true, exclusive: false, ownerDied: false };
const writing = { held: true, exclusive: true, ownerDied: false };
const inherited = { held: true, exclusive: true, ownerDied: true };
/** Nothing at all: undefined. */
const none = {};

describe('a read-write lock', () => {
  test('lets readers of many processes in at once, and no writer', async () => {
    const { path, lock } = rwLock();
    const peers = await Promise.all([1, 2, 3].map(() => peer({ rwLock: path })));
    for (const [index, verb] of ['tryRead', 'read', 'readSync'].entries()) {
      expect(await peers[index].ask(verb)).toMatchObject(reading);
    }
    const guard = lock.readSync();
    expect(guard).toMatchObject(reading);
    using other = RwLock.open(path);
    expect(other.tryWrite()).toBe(undefined);
    guard.unlock();
    expect(other.tryWrite()).toBe(undefined);
    const written = other.write();
    for (const each of peers) await each.ask('unlock');
    const writer = await written;
    expect(writer).toMatchObject(writing);
    for (const verb of ['tryRead', 'tryWrite']) {
      expect(await peers[0].ask(verb)).toEqual(none);
    }
    writer.unlock();
  });

  test.each([
    ['read', 'writeSync', reading],
    ['readSync', 'writeSync', reading],
    ['write', 'writeSync', writing],
    ['writeSync', 'readSync', writing],
  ] as const)('is handed to a process that sleeps for it: %s after %s', async (verb, held, expected) => {
    const { path, lock } = rwLock();
    const other = await peer({ rwLock: path });
    for (let round = 0; round < 3; round++) {
      const guard = lock[held]();
      const { told } = await other.block(verb);
      guard.unlock();
      expect(await told).toMatchObject(expected);
      await other.ask('unlock');
    }
  });

  test('of a writer that waits lets no new reader in', async () => {
    const { path, lock } = rwLock();
    const readers = await Promise.all([1, 2].map(() => peer({ rwLock: path })));
    const writer = await peer({ rwLock: path });
    await readers[0].ask('read');
    const { told } = await writer.block('writeSync');
    expect(await readers[1].ask('tryRead')).toEqual(none);
    expect(lock.tryRead()).toBe(undefined);
    const behind = lock.read();
    await readers[0].ask('unlock');
    expect(await told).toMatchObject(writing);
    await writer.ask('unlock');
    (await behind).unlock();
  });

  test('does not starve a writer by a stream of readers', async () => {
    const { path, lock } = rwLock();
    const writers = await Promise.all([peer({ rwLock: path }), peer({ rwLock: path })]);
    const handles = [lock, closing(RwLock.open(path)), closing(RwLock.open(path))];
    let over = false;
    // At every moment one of them reads.
    const stream = handles.map(async (handle, index) => {
      while (!over) {
        const guard = await handle.read();
        await new Promise((resolve) => setTimeout(resolve, 2 + index));
        guard.unlock();
      }
    });
    for (let round = 0; round < 5; round++) {
      for (const [index, verb] of ['write', 'writeSync'].entries()) {
        expect(await writers[index].ask(verb)).toMatchObject(writing);
        await writers[index].ask('unlock');
      }
    }
    over = true;
    await Promise.all(stream);
  });

  test('that a writer gives up lets readers in again', async () => {
    const { path, lock } = rwLock();
    const writer = await peer({ rwLock: path });
    const reader = await peer({ rwLock: path });
    using other = RwLock.open(path);
    const first = lock.readSync();
    const timedOut = { code: 'ETIMEDOUT', syscall: 'pthread_rwlock_wrlock' };
    for (const verb of ['write', 'writeSync']) {
      expect(await writer.ask(verb, { timeout: 0 })).toMatchObject(timedOut);
      const { told } = await writer.begin(verb, { timeout: 100 });
      const { told: read } = await reader.begin('read');
      expect(await told).toEqual(timedOut);
      expect(await read).toMatchObject(reading);
      await reader.ask('unlock');
    }
    const aborting = new AbortController();
    const written = other.write({ signal: aborting.signal });
    expect(await reader.ask('tryRead')).toEqual(none);
    const { told } = await reader.block('readSync');
    aborting.abort('enough');
    await expect(written).rejects.toBe('enough');
    expect(await told).toMatchObject(reading);
    first.unlock();
  });
});

describe('several readers of one handle', () => {
  test('are in together, and the last one to go lets writers in', async () => {
    const { path, lock } = rwLock();
    using other = RwLock.open(path);
    const guards = [lock.readSync(), await lock.read(), lock.tryRead() as RwGuard];
    const written = other.write();
    for (const guard of guards) {
      expect([lock.held, other.held, other.tryWrite()]).toEqual([true, false, undefined]);
      guard.unlock();
    }
    const writer = await written;
    expect(writer).toMatchObject(writing);
    writer.unlock();
  });

  test('and its own writers are served in the order they came', async () => {
    const { lock } = rwLock();
    const first = lock.readSync();
    const order: string[] = [];
    const wait = async (mode: 'read' | 'write') => {
      const guard = await lock[mode]();
      order.push(mode);
      await new Promise(setImmediate);
      guard.unlock();
    };
    const all = (['read', 'write', 'read', 'read', 'write', 'read'] as const).map(wait);
    first.unlock();
    await Promise.all(all);
    expect(order).toEqual(['read', 'write', 'read', 'read', 'write', 'read']);
  });

  test('are unlocked once each', () => {
    const { path, lock } = rwLock();
    const [one, two] = [lock.readSync(), lock.readSync()];
    one.unlock();
    expect(() => one.unlock()).toThrow(ipcError('EPERM', 'pthread_rwlock_unlock', { path }));
    expect([one.held, two.held]).toEqual([false, true]);
    one[Symbol.dispose]();
    two[Symbol.dispose]();
    using writer = lock.writeSync();
    expect(() => two.unlock()).toThrow(ipcError('EPERM', 'pthread_rwlock_unlock', { path }));
    expect(writer.held).toBe(true);
  });
});

describe('who has it already', () => {
  test('is EDEADLK if it blocks the thread for it, by any handle', () => {
    const { path, lock } = rwLock();
    using other = RwLock.open(path);
    const deadlock = (mode: string) => ipcError('EDEADLK', `pthread_rwlock_${mode}`, { path });
    const writer = lock.writeSync();
    for (const handle of [lock, other]) {
      expect(() => handle.writeSync()).toThrow(deadlock('wrlock'));
      expect(() => handle.readSync({ timeout: 5 })).toThrow(deadlock('rdlock'));
    }
    writer.unlock();
    const reader = lock.readSync();
    for (const handle of [lock, other]) expect(() => handle.writeSync()).toThrow(deadlock('wrlock'));
    other.readSync().unlock();
    reader.unlock();
    other.writeSync().unlock();
  });

  test('is EDEADLK as a reader while a writer waits for it', async () => {
    const { path, lock } = rwLock();
    using other = RwLock.open(path);
    const writer = await peer({ rwLock: path });
    const reader = lock.readSync();
    const { told } = await writer.block('writeSync');
    expect(() => other.readSync()).toThrow(ipcError('EDEADLK', 'pthread_rwlock_rdlock', { path }));
    reader.unlock();
    expect(await told).toMatchObject(writing);
  });

  test('may not close it: EBUSY', () => {
    const { path, lock } = rwLock();
    for (const guard of [lock.readSync(), lock.writeSync.bind(lock)]) {
      const held = typeof guard === 'function' ? guard() : guard;
      expect(() => lock.close()).toThrow(ipcError('EBUSY', 'close', { path }));
      held.unlock();
    }
    lock.close();
  });
});

describe('a writer that dies', () => {
  test.each(['tryRead', 'read', 'readSync', 'tryWrite', 'write', 'writeSync'])(
    'is told to who comes next, who has it alone: %s',
    async (verb) => {
      const { path, lock } = rwLock();
      const writer = await peer({ rwLock: path });
      await writer.ask('writeSync');
      const next = await peer({ rwLock: path });
      const waits = !verb.startsWith('try');
      const begun = waits ? await next.block(verb) : undefined;
      await writer.kill();
      expect(await (begun?.told ?? next.ask(verb))).toMatchObject(inherited);
      expect(lock.tryRead()).toBe(undefined);
      expect(await next.ask('makeConsistent')).toEqual({});
      await next.ask('unlock');
      using again = lock.readSync();
      expect(again).toMatchObject(reading);
      expect(await next.ask('tryRead')).toMatchObject(reading);
    },
  );

  test('and whose heir unlocks without makeConsistent leaves it ENOTRECOVERABLE', async () => {
    const { path, lock } = rwLock();
    const writer = await peer({ rwLock: path });
    await writer.ask('writeSync');
    const waiting = lock.read();
    const behind = await peer({ rwLock: path });
    await writer.kill();
    const guard = await waiting;
    const { told } = await behind.block('readSync');
    guard.unlock();
    expect(await told).toEqual({ code: 'ENOTRECOVERABLE', syscall: 'pthread_rwlock_rdlock' });
    const refused = (mode: string) => ipcError('ENOTRECOVERABLE', `pthread_rwlock_${mode}`, { path });
    expect(() => lock.tryRead()).toThrow(refused('rdlock'));
    expect(() => lock.writeSync()).toThrow(refused('wrlock'));
    await expect(lock.read()).rejects.toEqual(refused('rdlock'));
  });

  test('while it waits for readers to go has changed nothing, and is told all the same', async () => {
    const { path, lock } = rwLock();
    const reader = lock.readSync();
    const writer = await peer({ rwLock: path });
    await writer.block('writeSync');
    await writer.kill();
    using other = RwLock.open(path);
    const waiting = other.write();
    reader.unlock();
    const guard = await waiting;
    expect(guard).toMatchObject(inherited);
    guard.makeConsistent();
    guard.unlock();
  });
});

describe('a reader', () => {
  test.each(['write', 'writeSync'])('that dies holds up no writer, and is not told: %s', async (verb) => {
    const { path } = rwLock();
    const reader = await peer({ rwLock: path });
    await reader.ask('readSync');
    const writer = await peer({ rwLock: path });
    const { told } = await writer.block(verb);
    await reader.kill();
    expect(await told).toMatchObject(writing);
  });

  test('has nothing to make consistent: EPERM', () => {
    const { path, lock } = rwLock();
    using guard = lock.readSync();
    expect(() => guard.makeConsistent()).toThrow(ipcError('EPERM', 'makeConsistent', { path }));
  });
});
