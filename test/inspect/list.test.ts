import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { inspect, MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing, watchId } from '../helpers/leftovers.js';
import { uniqueKey, uniqueName } from '../helpers/names.js';
import { name as newName, temporary } from '../helpers/objects.js';
import { fixture, run, start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

leaveNothing();

const named = (name: string) =>
  inspect.list().objects.filter((object) => 'name' in object && object.name === name);
const numbered = (kind: string, id: number) =>
  inspect.list().objects.filter((object) => object.kind === kind && 'id' in object && object.id === id);

describe('POSIX objects', () => {
  test('shared memory is listed with size, allocation, owner and inode', () => {
    const name = newName();
    using memory = SharedMemory.create(name, { size: 10_000, mode: 0o640, unlinkOnExit: true });

    const { dev, ino, uid, gid, allocated } = memory.stat();
    expect(named(name)).toEqual([
      {
        kind: 'posix-shm',
        name,
        path: `/dev/shm${name}`,
        dev,
        ino,
        mode: 0o640,
        uid,
        gid,
        modified: lstatSync(`/dev/shm${name}`).mtime,
        size: 10_000,
        allocated,
      },
    ]);
  });

  test('a semaphore is listed with its value', () => {
    const name = newName();
    using semaphore = Semaphore.create(name, { value: 3 });
    semaphore.post();

    expect(named(name)).toEqual([
      expect.objectContaining({
        kind: 'posix-sem',
        path: `/dev/shm/sem.${name.slice(1)}`,
        value: 4,
        waiting: 0,
      }),
    ]);
  });

  test('a semaphore is listed with how many wait for it', async () => {
    const name = newName();
    using semaphore = Semaphore.create(name, { value: 0 });
    const waiter = start(process.execPath, [fixture('inspect/wait.mjs'), name]);
    await until(() => named(name).some((object) => 'waiting' in object && object.waiting === 1));
    semaphore.post();
    await waiter.ended;
    expect(named(name)).toEqual([expect.objectContaining({ value: 0, waiting: 0 })]);
  });

  test('a semaphore file that is no semaphore is listed without a value', () => {
    const name = uniqueName();
    const path = `/dev/shm/sem.${name.slice(1)}`;
    writeFileSync(path, 'junk');
    onTestFinished(() => rmSync(path));

    expect(named(name)).toEqual([
      expect.objectContaining({ kind: 'posix-sem', value: undefined, waiting: undefined }),
    ]);
  });

  test('directories, links and FIFOs in /dev/shm are not listed', () => {
    const name = uniqueName();
    const path = (what: string) => `/dev/shm${name}-${what}`;
    mkdirSync(path('folder'));
    symlinkSync('/etc/hostname', path('link'));
    execFileSync('mkfifo', [path('fifo'), `/dev/shm/sem.${name.slice(1)}-fifo`]);
    onTestFinished(() => {
      for (const what of ['folder', 'link', 'fifo']) rmSync(path(what), { recursive: true });
      rmSync(`/dev/shm/sem.${name.slice(1)}-fifo`);
    });

    const found = inspect.list().objects.filter((object) => 'name' in object && object.name.startsWith(name));
    expect(found).toEqual([]);
  });

  testWith('mqueue')('a message queue is listed with its bytes and who is notified', () => {
    const name = newName();
    using queue = MessageQueue.create(name, { maxMessages: 2, messageSize: 100 });
    queue.trySend('hello');

    const { dev, ino } = queue.stat();
    expect(named(name)).toEqual([
      expect.objectContaining({
        kind: 'posix-mq',
        path: `/dev/mqueue${name}`,
        dev,
        ino,
        bytes: 5,
        notifies: 0,
      }),
    ]);
    process.on('SIGUSR2', () => {});
    onTestFinished(() => void process.removeAllListeners('SIGUSR2'));
    queue.tryReceive();
    queue.notify('SIGUSR2');
    expect(named(name)).toEqual([expect.objectContaining({ bytes: 0, notifies: process.pid })]);
  });

  testWith('another user')(
    'what this user may not read is undefined, and the object listed all the same',
    async () => {
      const name = newName();
      using semaphore = Semaphore.create(name, { value: 3 });
      expect(semaphore.value).toBe(3);

      const { objects } = await listing('setpriv', '--reuid=65534', '--clear-groups');
      const found = objects.filter((object) => 'name' in object && object.name === name);
      expect(found).toEqual([expect.objectContaining({ kind: 'posix-sem', mode: 0o600 })]);
      expect(found[0]).not.toHaveProperty('value');
    },
  );
});

describe('System V objects', () => {
  test('a segment is listed with its attachments, and as removed once it is', () => {
    const key = uniqueKey();
    const segment = sysv.SharedMemory.create(key, { size: 5000, mode: 0o640 });
    watchId('shm', segment.id);
    const attachment = segment.attach();

    const { uid, gid } = segment.stat();
    const same = { kind: 'sysv-shm', id: segment.id, size: 5000, mode: 0o640, uid, gid, attached: 1 };
    expect(numbered('sysv-shm', segment.id)).toEqual([
      expect.objectContaining({ ...same, key, creatorPid: process.pid, removed: false, locked: false }),
    ]);
    segment.remove();
    expect(numbered('sysv-shm', segment.id)).toEqual([expect.objectContaining({ ...same, removed: true })]);
    attachment.close();
    expect(numbered('sysv-shm', segment.id)).toEqual([]);
  });

  test('a semaphore set is listed with its count', () => {
    const key = uniqueKey();
    const set = temporary(sysv.SemaphoreSet.create(key, { count: 3 }));

    expect(numbered('sysv-sem', set.id)).toEqual([
      expect.objectContaining({ key, id: set.id, count: 3, mode: 0o600, operateTime: undefined }),
    ]);
    set.tryOperate({ index: 0, delta: 1 });
    expect(numbered('sysv-sem', set.id)).toEqual([
      expect.objectContaining({ operateTime: expect.any(Date) }),
    ]);
  });

  test('a message queue is listed with its messages, its bytes and its last sender', () => {
    const key = uniqueKey();
    const queue = temporary(sysv.MessageQueue.create(key));
    queue.trySend('hello');

    expect(numbered('sysv-msg', queue.id)).toEqual([
      expect.objectContaining({ key, length: 1, bytes: 5, lastSendPid: process.pid, lastReceivePid: 0 }),
    ]);
  });

  test('keys above 2^31 are the numbers by which the objects were made', () => {
    const key = 0x80000000 + uniqueKey();
    const queue = temporary(sysv.MessageQueue.create(key));

    expect(numbered('sysv-msg', queue.id)).toEqual([expect.objectContaining({ key })]);
  });
});

describe('the queue file system', () => {
  const inPrivateMounts = (script: string) =>
    listing('unshare', '--mount', 'sh', '-c', `${script}; "$@"`, 'sh');
  const unmount = 'umount --all --types mqueue';

  testWith('unshare')('is found wherever it is mounted', async () => {
    const name = newName();
    using queue = MessageQueue.create(name, { maxMessages: 1, messageSize: 10 });
    expect(queue.length).toBe(0);

    const folder = '/dev/shm/a place for\tqueues';
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(folder);
    const { objects, mqueue } = await inPrivateMounts(`${unmount}; mount -t mqueue none '${folder}'`);
    expect(mqueue).toBe(folder);
    expect(objects).toContainEqual(
      expect.objectContaining({ kind: 'posix-mq', name, path: `${folder}${name}` }),
    );
  });

  testWith('unshare')('is told to be missing where it is not mounted, or covered by another', async () => {
    const name = newName();
    using queue = MessageQueue.create(name, { maxMessages: 1, messageSize: 10 });
    expect(queue.length).toBe(0);

    for (const script of [unmount, `${unmount}; mount -t mqueue none /mnt; mount -t tmpfs none /mnt`]) {
      const { objects, mqueue } = await inPrivateMounts(script);
      expect(mqueue).toBeUndefined();
      expect(objects.filter(({ kind }) => kind === 'posix-mq')).toEqual([]);
    }
  });
});

test('on another platform it is refused', () => {
  const { platform } = process;
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
  Object.defineProperty(process, 'platform', { value: 'darwin' });

  const refusal = expect.objectContaining({ name: 'IpcError', code: 'ENOTSUP' });
  expect(() => inspect.list()).toThrow(refusal);
  expect(() => inspect.processes({ kind: 'sysv-shm', id: 1 })).toThrow(refusal);
});

/** What another process lists, started by the words given. */
async function listing(...words: string[]): Promise<inspect.Listing> {
  const [command, ...rest] = [...words, process.execPath, fixture('inspect/list.mjs')];
  const { stdout, stderr, code } = await run(command, rest);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}
