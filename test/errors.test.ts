import { constants } from 'node:os';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { IpcError, MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { attempt } from './helpers/attempt.js';
import { leaveNothing } from './helpers/leftovers.js';
import { uniqueKey, uniqueName } from './helpers/names.js';
import { name, set } from './helpers/objects.js';
import { fixture } from './helpers/program.js';
import { testWith } from './helpers/tools.js';

leaveNothing();

function thrownBy(call: () => unknown): IpcError {
  try {
    call();
  } catch (error) {
    if (error instanceof IpcError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('an IpcError', () => {
  test('is an Error with code, negative errno, system call and the name it is about', () => {
    const path = uniqueName();
    const error = thrownBy(() => SharedMemory.open(path));
    expect(error).toBeInstanceOf(Error);
    expect(Object.prototype.toString.call(error)).toBe('[object Error]');
    expect({ ...error }).toEqual({
      code: 'ENOENT',
      errno: -constants.errno.ENOENT,
      syscall: 'shm_open',
      path,
    });
    expect(error.name).toBe('IpcError');
    expect(error.message).toBe(`ENOENT: no such file or directory, shm_open '${path}'`);
    expect(String(error)).toBe(`IpcError: ${error.message}`);
  });

  test("has the words of Node's own errors, and a hint on the next line where one helps", () => {
    const path = name();
    Semaphore.create(path, { value: 0 }).close();
    const error = thrownBy(() => Semaphore.create(path, { value: 0 }));
    const hint = 'open it, use openOrCreate, or unlink it first';
    expect(error.message).toBe(`EEXIST: file already exists, sem_open '${path}'\n  ${hint}`);
    expect(error.hint).toBe(hint);
  });

  test('about a System V object has its key, as ipcs shows it, or its id', () => {
    const key = uniqueKey();
    const missing = thrownBy(() => sysv.MessageQueue.open(key));
    expect(missing.message).toBe(
      `ENOENT: no such file or directory, msgget key 0x${key.toString(16).padStart(8, '0')}`,
    );
    expect([missing.key, missing.id, missing.path]).toEqual([key, undefined, undefined]);

    const one = set(0);
    one.remove();
    const gone = thrownBy(() => one.values);
    expect(gone.message).toBe(
      `EINVAL: invalid argument, semctl id ${one.id}\n  the object was removed, by its id or its key; make or open another`,
    );
    expect([gone.key, gone.id, gone.path]).toEqual([undefined, one.id, undefined]);
  });

  test('has its own words where those of Node speak of sockets only, or there are none', () => {
    const one = set(0);
    using semaphore = Semaphore.create(name(), { value: 0 });
    expect(thrownBy(() => semaphore.waitSync({ timeout: 0 })).message).toContain(
      'ETIMEDOUT: operation timed out, ',
    );
    expect(thrownBy(() => one.operateSync({ index: 0, delta: -1 }, { timeout: 0 })).message).toContain(
      'ETIMEDOUT: operation timed out, semtimedop id ',
    );
  });

  test('shows where it was caused, and not the inside of the library only', () => {
    const error = thrownBy(function callOfTheTest() {
      SharedMemory.open(uniqueName());
    });
    expect(error.stack).toContain('callOfTheTest');
    expect(error.stack).not.toContain('systemError');
    expect(inspect(error)).toContain('IpcError: ENOENT');
  });

  test('keeps its kind in a worker thread', async () => {
    const worker = new Worker(fixture('fail-in-a-worker.mjs'), { workerData: uniqueName() });
    const told = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    expect(told).toEqual({ isIpcError: true, name: 'IpcError', code: 'ENOENT' });
    await worker.terminate();
  });

  test('is told from the errors of a wrong call by its class', () => {
    expect(() => SharedMemory.open('no slash')).toThrow(TypeError);
    expect(() => SharedMemory.create('/x', { size: 0 })).toThrow(RangeError);
    for (const call of [() => SharedMemory.open('no slash'), () => SharedMemory.create('/x', { size: 0 })]) {
      expect(call).not.toThrow(IpcError);
    }
  });

  test('may be made by a program itself', () => {
    const error = new IpcError('EAGAIN', 'mine', { path: '/x' });
    expect([error.errno, error.message]).toEqual([
      -11,
      "EAGAIN: resource temporarily unavailable, mine '/x'",
    ]);
  });
});

describe('a hint tells the limit that was hit, as it is now', () => {
  testWith('no sanitizer')(
    'of files per process: also when none is left to read the limit with',
    async () => {
      const calls = [
        ({ SharedMemory }: typeof import('posix-ipc')) => SharedMemory.create('/files', { size: 1 }),
        ({ Semaphore }: typeof import('posix-ipc')) => Semaphore.create('/files', { value: 1 }),
        ({ MessageQueue }: typeof import('posix-ipc')) => MessageQueue.create('/files'),
      ];
      for (const call of calls) {
        const { error, hint } = await attempt({ limits: { nofile: 100 }, everyFile: true }, call);
        expect(error?.code).toBe('EMFILE');
        expect(hint).toContain('RLIMIT_NOFILE');
      }
      expect(() => SharedMemory.open('/files')).toThrow('ENOENT');
      expect(() => Semaphore.open('/files')).toThrow('ENOENT');
      expect(() => MessageQueue.open('/files')).toThrow('ENOENT');
    },
  );

  test('of bytes in queues', async () => {
    const { error, hint } = await attempt({ limits: { msgqueue: 10_000 } }, ({ MessageQueue }) =>
      MessageQueue.create('/bytes', { maxMessages: 10, messageSize: 8192 }),
    );
    expect(error).toMatchObject({ code: 'EMFILE', syscall: 'mq_open' });
    expect(hint).toContain('may take 10000 bytes (RLIMIT_MSGQUEUE');
    expect(() => MessageQueue.open('/bytes')).toThrow('ENOENT');
  });
});
