import {
  Barrier,
  Condition,
  type Handle,
  MessageQueue,
  Mutex,
  RwLock,
  Semaphore,
  SharedMemory,
} from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from './helpers/leftovers.js';
import { name, robustMutex, segment } from './helpers/objects.js';
import { ipcError } from './helpers/thrown.js';

leaveNothing();

const mutex = (path: string) => Mutex.create(path);
const rwLock = (path: string) => RwLock.create(path);
const condition = (path: string) => Condition.create(path);
const barrier = (path: string) => Barrier.create(path, { parties: 2 });

const handles = [
  { what: 'shared memory', make: () => SharedMemory.create(name(), { size: 4096 }) },
  { what: 'a semaphore', make: () => Semaphore.create(name(), { value: 1 }) },
  { what: 'a message queue', make: () => MessageQueue.create(name(), { maxMessages: 1, messageSize: 8 }) },
  { what: 'a mutex', make: () => Mutex.create(name()) },
  { what: 'a read-write lock', make: () => RwLock.create(name()) },
  { what: 'a condition', make: () => Condition.create(name()) },
  { what: 'a barrier', make: () => Barrier.create(name(), { parties: 2 }) },
  {
    what: 'a mutex in shared memory',
    make: () => Mutex.create({ memory: SharedMemory.create(name(), { size: 4096 }), offset: 0 }),
  },
  { what: 'an attachment', make: () => segment().attach() },
  { what: 'a robust mutex', make: () => robustMutex() },
  { what: 'a read-only attachment', make: () => segment().attach({ readOnly: true }) },
];

describe.each(handles)('a handle of $what', ({ make }) => {
  test('tells whether it is closed, and may be closed twice', () => {
    const handle = make();
    expect(handle.closed).toBe(false);
    handle.close();
    expect(handle.closed).toBe(true);
    handle.close();
    expect(handle.closed).toBe(true);
  });

  test('is closed by the end of the block that uses it', () => {
    const handle = make();
    {
      using used = handle;
      expect(used.closed).toBe(false);
    }
    expect(handle.closed).toBe(true);
    handle[Symbol.dispose]();
  });

  test('is closed by the block that an error ends', () => {
    const handle = make();
    expect(() => {
      using _ = handle;
      throw new Error('in between');
    }).toThrow('in between');
    expect(handle.closed).toBe(true);
  });
});

describe('a closed handle answers EBADF', () => {
  const hint = 'the handle is closed';

  describe('of shared memory', () => {
    const calls: [string, (memory: SharedMemory) => unknown, string?][] = [
      ['buffer', (memory) => memory.buffer],
      ['bytes', (memory) => memory.bytes(), 'buffer'],
      ['view', (memory) => memory.view(Int32Array), 'buffer'],
      ['read', (memory) => memory.read(0, 4)],
      ['readText', (memory) => memory.readText(0, 4), 'read'],
      ['write', (memory) => memory.write(0, 'text')],
      ['resize', (memory) => memory.resize(8192)],
      ['stat', (memory) => memory.stat()],
      ['advise', (memory) => memory.advise('normal')],
      ['lockPages', (memory) => memory.lockPages()],
      ['unlockPages', (memory) => memory.unlockPages()],
    ];
    test.each(calls)('%s', (method, call, syscall = method) => {
      const path = name();
      const memory = SharedMemory.create(path, { size: 4096 });
      memory.close();
      expect(() => call(memory)).toThrow(ipcError('EBADF', syscall, { path, hint }));
      const readOnly = SharedMemory.open(path, { readOnly: true });
      readOnly.close();
      expect(() => call(readOnly)).toThrow(ipcError('EBADF', syscall, { path, hint }));
    });

    test('reserve', async () => {
      const path = name();
      const memory = SharedMemory.create(path, { size: 4096 });
      memory.close();
      await expect(memory.reserve()).rejects.toEqual(ipcError('EBADF', 'reserve', { path, hint }));
    });

    test('but still tells its name, size and how it was made', () => {
      const path = name();
      const memory = SharedMemory.create(path, { size: 100 });
      memory.close();
      const { name: told, size, created, readOnly, closed } = memory;
      expect({ told, size, created, readOnly, closed }).toEqual({
        told: path,
        size: 100,
        created: true,
        readOnly: false,
        closed: true,
      });
    });
  });

  describe('of a semaphore', () => {
    const calls: [string, (semaphore: Semaphore) => unknown][] = [
      ['value', (semaphore) => semaphore.value],
      ['post', (semaphore) => semaphore.post()],
      ['tryWait', (semaphore) => semaphore.tryWait()],
      ['waitSync', (semaphore) => semaphore.waitSync({ timeout: 0 })],
      ['stat', (semaphore) => semaphore.stat()],
    ];
    test.each(calls)('%s', (method, call) => {
      const path = name();
      const fresh = Semaphore.create(path, { value: 1 });
      fresh.close();
      expect(() => call(fresh)).toThrow(ipcError('EBADF', method, { path, hint }));
      // What a first call has bound must not outlive the handle.
      const used = Semaphore.open(path);
      used.post();
      used.tryWait();
      used.close();
      expect(() => call(used)).toThrow(ipcError('EBADF', method, { path, hint }));
      expect(used.name).toBe(path);
    });
  });

  describe('of a message queue', () => {
    const calls: [string, (queue: MessageQueue) => unknown, string?][] = [
      ['length', (queue) => queue.length],
      ['trySend', (queue) => queue.trySend('')],
      ['sendSync', (queue) => queue.sendSync('', { timeout: 0 })],
      ['tryReceive', (queue) => queue.tryReceive()],
      ['receiveSync', (queue) => queue.receiveSync({ timeout: 0 })],
      ['tryReceiveInto', (queue) => queue.tryReceiveInto(Buffer.alloc(8)), 'tryReceive'],
      ['receiveIntoSync', (queue) => queue.receiveIntoSync(Buffer.alloc(8), { timeout: 0 }), 'receiveSync'],
      ['cancelNotify', (queue) => queue.cancelNotify()],
      ['stat', (queue) => queue.stat()],
    ];
    test.each(calls)('%s', (method, call, syscall = method) => {
      const path = name();
      const queue = MessageQueue.create(path, { maxMessages: 1, messageSize: 8 });
      queue.close();
      expect(() => call(queue)).toThrow(ipcError('EBADF', syscall, { path, hint }));
    });

    test('notify', () => {
      const path = name();
      const queue = MessageQueue.create(path, { maxMessages: 1, messageSize: 8 });
      queue.close();
      const listener = () => {};
      process.on('SIGUSR2', listener);
      try {
        expect(() => queue.notify('SIGUSR2')).toThrow(ipcError('EBADF', 'notify', { path, hint }));
      } finally {
        process.off('SIGUSR2', listener);
      }
    });

    test('but still tells its name, access and limits', () => {
      const path = name();
      const queue = MessageQueue.create(path, { maxMessages: 2, messageSize: 8, access: 'write' });
      queue.close();
      const { name: told, access, maxMessages, messageSize, created } = queue;
      expect([told, access, maxMessages, messageSize, created]).toEqual([path, 'write', 2, 8, true]);
    });
  });

  describe('of an attachment', () => {
    const calls: [string, (memory: ReturnType<typeof attach>) => unknown, string?][] = [
      ['buffer', (memory) => memory.buffer],
      ['bytes', (memory) => memory.bytes(), 'buffer'],
      ['view', (memory) => memory.view(Int32Array), 'buffer'],
      ['read', (memory) => memory.read(0, 4)],
      ['readText', (memory) => memory.readText(0, 4), 'read'],
      ['write', (memory) => memory.write(0, 'text')],
    ];
    const attach = (readOnly: boolean) => {
      const owner = segment();
      return Object.assign(owner.attach({ readOnly }), { owner });
    };
    test.each(calls)('%s', (method, call, syscall = method) => {
      for (const readOnly of [false, true]) {
        const memory = attach(readOnly);
        memory.close();
        expect(() => call(memory)).toThrow(ipcError('EBADF', syscall, { id: memory.owner.id, hint }));
      }
    });
  });

  describe('of a lock', () => {
    const calls: [string, (path: string) => Handle, (lock: never) => unknown][] = [
      ['tryLock', mutex, (lock: Mutex) => lock.tryLock()],
      ['lockSync', mutex, (lock: Mutex) => lock.lockSync()],
      ['lock', mutex, (lock: Mutex) => lock.lock()],
      ['tryRead', rwLock, (lock: RwLock) => lock.tryRead()],
      ['readSync', rwLock, (lock: RwLock) => lock.readSync()],
      ['read', rwLock, (lock: RwLock) => lock.read()],
      ['tryWrite', rwLock, (lock: RwLock) => lock.tryWrite()],
      ['writeSync', rwLock, (lock: RwLock) => lock.writeSync()],
      ['write', rwLock, (lock: RwLock) => lock.write()],
      ['signal', condition, (lock: Condition) => lock.signal()],
      ['wait', barrier, (lock: Barrier) => lock.wait()],
      ['waitSync', barrier, (lock: Barrier) => lock.waitSync()],
      ['reset', barrier, (lock: Barrier) => lock.reset()],
    ];
    test.each(calls)('%s', async (method, make, call) => {
      const path = name();
      const lock = make(path);
      lock.close();
      await expect(async () => call(lock as never)).rejects.toEqual(
        ipcError('EBADF', method, { path, hint }),
      );
    });
  });
});
