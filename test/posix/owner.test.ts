import { chownSync, rmSync } from 'node:fs';
import { MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, onTestFinished } from 'vitest';
import { attempt, nobody, refused } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name, temporary } from '../helpers/objects.js';
import { ipcError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';

// Between users: who may, and whom `open` trusts.
leaveNothing();

const test = testWith('another user');
const hint = "it belongs to another user; pass { owner: 'any' } if you trust them";
const mode = 0o666 & ~process.umask();

describe('an object of another user', () => {
  test('is not opened unless that user, or anybody, is trusted', () => {
    const path = name();
    SharedMemory.create(path, { size: 1, mode }).close();
    Semaphore.create(path, { value: 1, mode }).close();
    chownSync(`/dev/shm${path}`, nobody, nobody);
    chownSync(`/dev/shm/sem.${path.slice(1)}`, nobody, nobody);
    const opens: [string, (owner?: 'any' | 'self' | number) => Disposable][] = [
      ['shm_open', (owner) => SharedMemory.open(path, { owner })],
      ['shm_open', (owner) => SharedMemory.open(path, { owner, readOnly: true })],
      ['shm_open', (owner) => SharedMemory.openOrCreate(path, { size: 1, owner })],
      ['sem_open', (owner) => Semaphore.open(path, { owner })],
      ['sem_open', (owner) => Semaphore.openOrCreate(path, { value: 1, owner })],
    ];
    for (const [syscall, open] of opens) {
      for (const owner of [undefined, 'self', 0, nobody - 1] as const) {
        expect(() => open(owner)).toThrow(ipcError('EPERM', syscall, { path, hint }));
      }
      for (const owner of ['any', nobody] as const) open(owner)[Symbol.dispose]();
    }
  });

  test('which is a queue is not opened either', async () => {
    const path = name();
    const { error } = await attempt(
      { user: nobody },
      ({ MessageQueue }, path: string) =>
        MessageQueue.create(path, { maxMessages: 1, messageSize: 8 }).close(),
      path,
    );
    expect(error).toBeUndefined();
    for (const owner of [undefined, 'self', 0] as const) {
      expect(() => MessageQueue.open(path, { owner })).toThrow(ipcError('EPERM', 'mq_open', { path, hint }));
      expect(() => MessageQueue.openOrCreate(path, { owner })).toThrow(
        ipcError('EPERM', 'mq_open', { path, hint }),
      );
    }
    for (const owner of ['any', nobody] as const) MessageQueue.open(path, { owner }).close();
  });

  test('which is root is trusted by everybody, as far as the mode allows', async () => {
    const path = name();
    SharedMemory.create(path, { size: 4, mode: 0o644 & ~process.umask() }).write(0, 'open');
    const read = await attempt(
      { user: nobody },
      ({ SharedMemory }, path: string) => SharedMemory.open(path, { readOnly: true }).readText(0, 4),
      path,
    );
    expect(read.value, read.message).toBe('open');
    const write = await attempt(
      { user: nobody },
      ({ SharedMemory }, path: string) => SharedMemory.open(path),
      path,
    );
    expect(write).toEqual(refused('EACCES', 'shm_open', { path }));
  });
});

describe('without the permission', () => {
  test('no POSIX object is opened, and none is unlinked', async () => {
    const path = name();
    SharedMemory.create(path, { size: 1 }).close();
    Semaphore.create(path, { value: 1 }).close();
    MessageQueue.create(path, { maxMessages: 1, messageSize: 8 }).close();
    const bodies: [string, (ipc: typeof import('posix-ipc'), path: string) => unknown][] = [
      ['shm_open', ({ SharedMemory }, path) => SharedMemory.open(path)],
      ['shm_open', ({ SharedMemory }, path) => SharedMemory.open(path, { readOnly: true, owner: 'any' })],
      ['shm_open', ({ SharedMemory }, path) => SharedMemory.openOrCreate(path, { size: 1 })],
      ['sem_open', ({ Semaphore }, path) => Semaphore.open(path)],
      ['sem_open', ({ Semaphore }, path) => Semaphore.openOrCreate(path, { value: 1 })],
      ['mq_open', ({ MessageQueue }, path) => MessageQueue.open(path)],
      ['mq_open', ({ MessageQueue }, path) => MessageQueue.open(path, { access: 'read' })],
      ['shm_unlink', ({ SharedMemory }, path) => SharedMemory.unlink(path)],
      ['sem_unlink', ({ Semaphore }, path) => Semaphore.unlink(path)],
      ['mq_unlink', ({ MessageQueue }, path) => MessageQueue.unlink(path)],
    ];
    for (const [syscall, body] of bodies) {
      expect(await attempt({ user: nobody }, body, path)).toEqual(refused('EACCES', syscall, { path }));
    }
    SharedMemory.open(path).close();
    Semaphore.open(path).close();
    MessageQueue.open(path).close();
  });

  test('no System V object is opened, used, changed or removed', async () => {
    const segment = temporary(sysv.SharedMemory.create(sysv.IPC_PRIVATE, { size: 1 }));
    const { id } = segment;
    const stat = await attempt({ user: nobody }, ({ sysv }, id: number) => sysv.SharedMemory.fromId(id), id);
    expect(stat).toEqual(refused('EACCES', 'shmctl', { id }));
    segment.set({ mode: 0o444 });
    const bodies: [string, string, (ipc: typeof import('posix-ipc'), id: number) => unknown][] = [
      ['EACCES', 'shmat', ({ sysv }, id) => sysv.SharedMemory.fromId(id).attach()],
      ['EPERM', 'shmctl', ({ sysv }, id) => sysv.SharedMemory.fromId(id).set({ mode: 0o666 })],
      ['EPERM', 'shmctl', ({ sysv }, id) => sysv.SharedMemory.fromId(id).remove()],
    ];
    for (const [code, syscall, body] of bodies) {
      expect(await attempt({ user: nobody }, body, id)).toEqual(refused(code, syscall, { id }));
    }
    expect(segment.stat().mode).toBe(0o444);
  });
});

test('a stranger who sits on the name stops create, not more', async () => {
  const path = name();
  onTestFinished(() => rmSync(`/dev/shm${path}`, { force: true }));
  await attempt(
    { user: nobody },
    ({ SharedMemory }, path: string) => SharedMemory.create(path, { size: 1 }).close(),
    path,
  );
  expect(() => SharedMemory.create(path, { size: 1 })).toThrow(ipcError('EEXIST', 'shm_open', { path }));
  expect(() => SharedMemory.open(path)).toThrow(ipcError('EPERM', 'shm_open', { path, hint }));
});
