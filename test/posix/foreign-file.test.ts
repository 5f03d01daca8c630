import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { Semaphore, SharedMemory } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attempt, type Ipc, refused } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { name } from '../helpers/objects.js';
import { ipcError } from '../helpers/thrown.js';

// What another program has put under the name: nothing here may hang, crash or be taken for ours.
leaveNothing();

function file(prefix: string) {
  const path = uniqueName();
  const file = `/dev/shm/${prefix}${path.slice(1)}`;
  onTestFinished(() => rmSync(file, { recursive: true, force: true }));
  return { path, file };
}

describe('under the name of shared memory', () => {
  const make = () => file('');
  const opens = (path: string) => [
    () => SharedMemory.open(path),
    () => SharedMemory.open(path, { readOnly: true }),
    () => SharedMemory.open(path, { owner: 'any' }),
    () => SharedMemory.openOrCreate(path, { size: 4096 }),
  ];

  test('a FIFO is EPROTO, without waiting for its other end', async () => {
    const { path, file } = make();
    execFileSync('mkfifo', [file]);
    // In processes of their own: a thread that waits there cannot be woken by a watchdog of its own.
    const bodies = [
      ({ SharedMemory }: Ipc, path: string) => SharedMemory.open(path),
      ({ SharedMemory }: Ipc, path: string) => SharedMemory.open(path, { readOnly: true, owner: 'any' }),
      ({ SharedMemory }: Ipc, path: string) => SharedMemory.openOrCreate(path, { size: 4096 }),
    ];
    for (const body of bodies) {
      const outcome = await attempt({}, body, path);
      expect(outcome).toEqual(refused('EPROTO', 'shm_open', { path }));
      expect(outcome.hint).toContain('a FIFO, a socket or a device');
    }
    expect(() => SharedMemory.create(path, { size: 1 })).toThrow(ipcError('EEXIST', 'shm_open', { path }));
  });

  test('a socket is refused', async () => {
    const { path, file } = make();
    const server = createServer().listen(file);
    await new Promise((resolve) => server.once('listening', resolve));
    for (const open of opens(path)) expect(open).toThrow(ipcError('ENXIO', 'shm_open', { path }));
    server.close();
  });

  test('a directory is EISDIR', () => {
    const { path, file } = make();
    mkdirSync(file);
    for (const open of opens(path)) expect(open).toThrow(ipcError('EISDIR', 'shm_open', { path }));
    expect(() => SharedMemory.create(path, { size: 1 })).toThrow(ipcError('EEXIST', 'shm_open', { path }));
  });

  test('a symbolic link is ELOOP, wherever it leads, and what it leads to stays as it is', () => {
    const target = name();
    SharedMemory.create(target, { size: 4096 }).close();
    for (const to of [`/dev/shm${target}`, '/dev/shm/nowhere', '/etc/passwd']) {
      const { path, file } = make();
      symlinkSync(to, file);
      const hint = expect.stringContaining('symbolic link');
      for (const open of opens(path)) expect(open).toThrow(ipcError('ELOOP', 'shm_open', { path, hint }));
      expect(() => SharedMemory.create(path, { size: 1 })).toThrow(ipcError('EEXIST', 'shm_open', { path }));
      SharedMemory.unlink(path);
    }
    SharedMemory.open(target).close();
  });

  test('a file that another program wrote is just bytes', () => {
    const { path, file } = make();
    writeFileSync(file, 'four', { mode: 0o600 });
    using memory = SharedMemory.open(path);
    expect([memory.size, memory.readText(0, 4)]).toEqual([4, 'four']);
    memory.write(0, 'FOUR');
    expect(readFileSync(file, 'utf8')).toBe('FOUR');
  });
});

describe('under the name of a semaphore', () => {
  const make = () => file('sem.');
  const opens = (path: string) => [
    () => Semaphore.open(path),
    () => Semaphore.open(path, { owner: 'any' }),
    () => Semaphore.openOrCreate(path, { value: 1 }),
  ];
  const hint = expect.stringContaining('not a semaphore of this C library');

  const junk: [string, Buffer][] = [
    ['an empty file', Buffer.alloc(0)],
    ['one byte', Buffer.alloc(1)],
    ['a file that is one byte too short', Buffer.alloc(31)],
    ['a file that is one byte too long', Buffer.alloc(33)],
    ['zeros of the right size', Buffer.alloc(32)],
    ['ones of the right size', Buffer.alloc(32, 0xff)],
    ['text of the right size', Buffer.from('This is a text of 32 characters!')],
    ['a page', Buffer.alloc(4096, 1)],
  ];
  test.each(junk)('%s is EPROTO and stays as it is', (_, content) => {
    const { path, file } = make();
    writeFileSync(file, content, { mode: 0o600 });
    for (const open of opens(path)) expect(open).toThrow(ipcError('EPROTO', 'sem_open', { path, hint }));
    expect(() => Semaphore.create(path, { value: 1 })).toThrow(ipcError('EEXIST', 'sem_open', { path }));
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test('a semaphore whose value is beyond the maximum is EPROTO', () => {
    const { path, file } = make();
    Semaphore.create(path, { value: 1 }).close();
    const content = readFileSync(file);
    content.writeUInt32LE(2 ** 31, 0);
    writeFileSync(file, content);
    expect(() => Semaphore.open(path)).toThrow(ipcError('EPROTO', 'sem_open', { path }));
  });

  test('a FIFO is EPROTO, without waiting for its other end', async () => {
    const { path, file } = make();
    execFileSync('mkfifo', [file]);
    const bodies = [
      ({ Semaphore }: Ipc, path: string) => Semaphore.open(path),
      ({ Semaphore }: Ipc, path: string) => Semaphore.openOrCreate(path, { value: 1, owner: 'any' }),
    ];
    for (const body of bodies) {
      expect(await attempt({}, body, path)).toEqual(refused('EPROTO', 'sem_open', { path }));
    }
  });

  test('a directory is EISDIR', () => {
    const { path, file } = make();
    mkdirSync(file);
    for (const open of opens(path)) expect(open).toThrow(ipcError('EISDIR', 'sem_open', { path }));
  });

  test('a symbolic link is ELOOP, also to a semaphore', () => {
    const target = name();
    Semaphore.create(target, { value: 1 }).close();
    const { path, file } = make();
    symlinkSync(`/dev/shm/sem.${target.slice(1)}`, file);
    for (const open of opens(path)) expect(open).toThrow(ipcError('ELOOP', 'sem_open', { path }));
  });
});
