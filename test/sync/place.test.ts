import { Barrier, Condition, Mutex, RwLock, SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing, peer } from '../helpers/peer.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

leaveNothing();

const size = 4 * 4096;

function shared(options: { size?: number } = {}): SharedMemory {
  return closing(SharedMemory.create(name(), { size, ...options }));
}

const kinds = [
  { what: 'Mutex', Class: Mutex, needed: {} },
  { what: 'RwLock', Class: RwLock, needed: {} },
  { what: 'Condition', Class: Condition, needed: {} },
  { what: 'Barrier', Class: Barrier, needed: { parties: 2 } },
];
type Verb = 'create' | 'open' | 'openOrCreate';

describe.each(kinds)('a $what in shared memory', ({ Class, needed }) => {
  const call = (verb: Verb, at: unknown, options: object = {}) =>
    Reflect.apply(Class[verb], Class, [at, verb === 'open' ? options : { ...needed, ...options }]) as Mutex;

  test('is created once, and opened by everybody', () => {
    const memory = shared();
    const at = { memory, offset: 4096 };
    expect(() => call('open', at)).toThrow(ipcError('EPROTO', 'mmap', { path: memory.name }));
    expect(closing(call('create', at))).toMatchObject({ created: true, closed: false, name: undefined });
    expect(() => call('create', at)).toThrow(
      ipcError('EEXIST', 'mmap', { path: memory.name, hint: expect.stringContaining('openOrCreate') }),
    );
    expect(closing(call('open', at)).created).toBe(false);
    expect(closing(call('openOrCreate', at)).created).toBe(false);
    expect(closing(call('openOrCreate', { memory, offset: 8192 })).created).toBe(true);
  });

  test('lies at a multiple of its alignment, inside', () => {
    const memory = shared();
    const { byteLength, alignment } = Class;
    expect([byteLength, alignment]).toEqual([4096, 64]);
    for (const offset of [-1, size - byteLength + 1, size, 0.5, Number.NaN, 2 ** 40]) {
      expect(() => call('create', { memory, offset })).toThrow(rangeError('`offset`'));
    }
    for (const offset of [1, 8, alignment / 2]) {
      expect(() => call('create', { memory, offset })).toThrow(rangeError('a multiple of 64'));
    }
    expect(() => call('create', { memory: shared({ size: 4095 }), offset: 0 })).toThrow(
      rangeError('`memory`: expected at least 4096 bytes, got 4095'),
    );
    expect(memory.read(0, size).every((byte) => byte === 0)).toBe(true);
    closing(call('create', { memory, offset: 64 }));
    closing(call('create', { memory, offset: size - byteLength }));
    const others = memory.read(64 + byteLength, size - 2 * byteLength - 64);
    expect(others.every((byte) => byte === 0)).toBe(true);
  });

  test('with other bytes is EPROTO, and they stay', () => {
    const memory = shared();
    for (const [byte, verbs] of [
      [0, ['create', 'open', 'openOrCreate']],
      [3, ['create', 'open', 'openOrCreate']],
    ] as const) {
      memory.bytes().fill(0);
      memory.bytes()[byte] = 7;
      const before = memory.read(0, size);
      for (const verb of verbs) {
        expect(() => call(verb, { memory, offset: 0 })).toThrow(ipcError('EPROTO', 'mmap'));
      }
      expect(memory.read(0, size)).toEqual(before);
    }
  });

  test('takes no options of a named one', () => {
    const at = { memory: shared(), offset: 0 };
    for (const options of [{ mode: 0o600 }, { unlinkOnExit: true }]) {
      for (const verb of ['create', 'openOrCreate'] as const) {
        expect(() => call(verb, at, options)).toThrow(
          typeError('ERR_INVALID_ARG_VALUE', 'is of a named lock'),
        );
      }
    }
    for (const verb of ['open', 'openOrCreate'] as const) {
      expect(() => call(verb, at, { owner: 'any' })).toThrow(
        typeError('ERR_INVALID_ARG_VALUE', '`owner` is of a named lock'),
      );
    }
    closing(call('create', at, { mode: undefined, unlinkOnExit: undefined }));
  });

  test('needs a memory, which is open and may be written', () => {
    for (const at of [undefined, null, 7, {}, [], { memory: {}, offset: 0 }]) {
      expect(() => call('open', at)).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`at`: expected a name'));
    }
    const memory = shared();
    expect(() => call('open', { memory, at: 0 })).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', 'unknown option `at`'),
    );
    expect(() => call('open', { memory })).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`offset`'));
    const path = memory.name;
    using reader = SharedMemory.open(path, { readOnly: true });
    for (const verb of ['create', 'open', 'openOrCreate'] as const) {
      expect(() => call(verb, { memory: reader, offset: 0 })).toThrow(
        ipcError('EACCES', 'open', { path, hint: 'the memory was opened readOnly' }),
      );
    }
    memory.close();
    expect(() => call('open', { memory, offset: 0 })).toThrow(ipcError('EBADF', expect.any(String) as never));
    // Prototypes are no memory either.
    expect(() => call('open', { memory: Object.create(reader), offset: 0 })).toThrow(TypeError);
  });
});

describe('a lock in a window of the memory', () => {
  test('is the same as by the whole of it, also for death and waiting', async () => {
    const memory = shared();
    using window = SharedMemory.open(memory.name, { offset: 8192, length: 8192 });
    const inside = closing(Mutex.create({ memory: window, offset: 64 }));
    const whole = closing(Mutex.open({ memory, offset: 8256 }));
    const guard = inside.lockSync();
    expect(() => whole.lockSync()).toThrow(ipcError('EDEADLK', 'pthread_mutex_lock'));
    const other = await peer({ mutex: { name: memory.name, offset: 8256 } });
    const { told } = await other.block('lockSync');
    guard.unlock();
    expect(await told).toMatchObject({ ownerDied: false });
    const waiting = whole.lock();
    await other.kill();
    const heir = await waiting;
    expect(heir.ownerDied).toBe(true);
    heir.makeConsistent();
    heir.unlock();
    expect(() => Mutex.open({ memory: window, offset: 8192 })).toThrow(rangeError('`offset`'));
    whole.close();
    inside.close();
  });
});

describe('several locks in one memory', () => {
  test('have seats and waits of their own', async () => {
    const memory = shared();
    const mutexes = [0, 4096, 8192].map((offset) => closing(Mutex.create({ memory, offset })));
    const guards = mutexes.map((mutex) => mutex.lockSync());
    const others = mutexes.map((_, index) => closing(Mutex.open({ memory, offset: 4096 * index })));
    const order: number[] = [];
    const waits = others.map(async (mutex, index) => {
      const guard = await mutex.lock();
      order.push(index);
      guard.unlock();
    });
    for (const index of [1, 2, 0]) {
      guards[index].unlock();
      await waits[index];
    }
    expect(order).toEqual([1, 2, 0]);
  });
});

describe('the memory of a lock', () => {
  test('is not closed while one is held: EBUSY, and nothing changes', () => {
    const memory = shared();
    const mutex = Mutex.create({ memory, offset: 0 });
    const rwLock = RwLock.create({ memory, offset: 4096 });
    const busy = (method: string) => ipcError('EBUSY', method, { path: memory.name });
    for (const take of [() => mutex.lockSync(), () => rwLock.readSync(), () => rwLock.writeSync()]) {
      const guard = take();
      expect(() => memory.close()).toThrow(busy('close'));
      expect(() => memory[Symbol.dispose]()).toThrow(busy('close'));
      expect(() => memory.resize(8192)).toThrow(busy('resize'));
      expect([memory.closed, memory.size, mutex.closed, rwLock.closed]).toEqual([false, size, false, false]);
      guard.unlock();
    }
    memory.close();
    expect([mutex.closed, rwLock.closed]).toEqual([true, true]);
  });

  test('takes its locks with it, and their waits: EBADF', async () => {
    const memory = shared();
    const again = closing(SharedMemory.open(memory.name));
    const guard = closing(Mutex.create({ memory: again, offset: 0 })).lockSync();
    const mutex = Mutex.open({ memory, offset: 0 });
    const barrier = Barrier.create({ memory, offset: 4096 }, { parties: 2 });
    const refused = [mutex.lock(), barrier.wait()].map((wait) =>
      expect(wait).rejects.toMatchObject({ code: 'EBADF', path: memory.name }),
    );
    memory.close();
    await Promise.all(refused);
    expect(() => mutex.lockSync()).toThrow(ipcError('EBADF', 'lockSync', { path: memory.name }));
    guard.unlock();
  });

  test('takes them too where it gets smaller, wherever they lie, and not where it grows', () => {
    const memory = shared();
    const mutex = Mutex.create({ memory, offset: 0 });
    memory.resize(2 * size);
    mutex.lockSync().unlock();
    memory.resize(4096);
    expect(mutex.closed).toBe(true);
    using again = Mutex.open({ memory, offset: 0 });
    again.lockSync().unlock();
  });

  test('may have a lock opened and closed in it more often than it has seats', () => {
    const memory = shared();
    for (let round = 0; round < 300; round++) Mutex.openOrCreate({ memory, offset: 0 }).close();
    const mutex = Mutex.open({ memory, offset: 0 });
    mutex.lockSync().unlock();
    mutex.close();
    memory.close();
  });
});
