import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { Barrier, Condition, Mutex, RwLock, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attempt, type Ipc, nobody, refused } from '../helpers/attempt.js';
import { holderUnder, killed, open } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name, temporary } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { python, testWith } from '../helpers/tools.js';
import { asNobody } from '../helpers/verdicts.js';

// Between users of one machine. test/posix/owner.test.ts has the plain objects.
leaveNothing();

const testAsRoot = testWith('another user');
const file = (path: string) => `/dev/shm${path}`;
const hint = "it belongs to another user; pass { owner: 'any' } if you trust them";
const kinds = { Mutex, Condition, RwLock };

describe('who sits on the name of a lock', () => {
  testAsRoot('is not trusted, unless told so', () => {
    const path = name();
    for (const kind of Object.values(kinds)) {
      kind.create(path, { mode: 0o666 }).close();
      chownSync(file(path), nobody, nobody);
      for (const owner of [undefined, 'self', 0, nobody - 1] as const) {
        const untrusted = ipcError('EPERM', 'shm_open', { path, hint });
        expect(() => kind.open(path, { owner })).toThrow(untrusted);
        expect(() => kind.openOrCreate(path, { owner })).toThrow(untrusted);
      }
      for (const owner of ['any', nobody] as const) kind.open(path, { owner }).close();
      kind.unlink(path);
    }
    Barrier.create(path, { parties: 2 }).close();
    chownSync(file(path), nobody, nobody);
    expect(() => Barrier.open(path)).toThrow(ipcError('EPERM', 'shm_open', { path, hint }));
    expect(() => Barrier.openOrCreate(path, { parties: 2 })).toThrow(ipcError('EPERM', 'shm_open'));
    Barrier.open(path, { owner: nobody }).close();
  });

  testAsRoot('stops create, not more, and cannot be taken for us', async () => {
    const path = name();
    onTestFinished(() => rmSync(file(path), { force: true }));
    const squat = ({ Mutex }: Ipc, path: string) => Mutex.create(path, { mode: 0o666 }).close();
    expect(await attempt({ user: nobody }, squat, path)).toEqual({ value: null });
    expect(() => Mutex.create(path)).toThrow(ipcError('EEXIST', 'linkat', { path }));
    expect(() => Mutex.openOrCreate(path)).toThrow(ipcError('EPERM', 'shm_open', { path, hint }));
    // Root may end it; whoever is neither root nor its owner may not.
    const end = ({ Mutex }: Ipc, path: string) => Mutex.unlink(path);
    expect(await attempt({ user: nobody - 1 }, end, path)).toEqual(refused('EACCES', 'shm_unlink', { path }));
    Mutex.unlink(path);
    open(Mutex.create(path));
  });

  testAsRoot('and is root is trusted by everybody, as far as the mode allows', async () => {
    const path = name();
    open(Mutex.create(path, { mode: 0o666 }));
    const lock = ({ Mutex }: Ipc, path: string, owner?: 'self') =>
      Mutex.open(path, { owner }).lockSync().ownerDied;
    expect(await attempt({ user: nobody }, lock, path)).toEqual({ value: false });
    const self = await attempt({ user: nobody }, lock, path, 'self');
    expect(self).toEqual(refused('EPERM', 'shm_open', { path }));
  });
});

testWith('another user', 'python3')(
  'who may only read a lock can hold up whoever opens it, and nothing else: EAGAIN',
  async () => {
    const path = name();
    const mutex = open(Mutex.create(path, { mode: 0o644 }));
    const script = fixture('faults/lock-for-reading.py');
    const [command, ...words] = [...asNobody, python, script, file(path), '2', '252'];
    const reader = start(command, words);
    await reader.printed('ready');
    const seats = expect.stringContaining('252 seats');
    expect(() => Mutex.open(path)).toThrow(ipcError('EAGAIN', 'fcntl', { path, hint: seats }));
    mutex.lockSync().unlock();
    await killed(reader);
    Mutex.open(path).close();
  },
);

describe('symbolic links', () => {
  test('are not followed for a lock, wherever they lead; unlink takes the link', () => {
    const target = name();
    open(Mutex.create(target));
    for (const to of [file(target), '/dev/shm/nowhere', '/etc/passwd']) {
      const path = name();
      symlinkSync(to, file(path));
      const refusal = ipcError('ELOOP', 'shm_open', { path, hint: expect.stringContaining('symbolic link') });
      for (const kind of Object.values(kinds)) {
        expect(() => kind.open(path, { owner: 'any' })).toThrow(refusal);
        expect(() => kind.openOrCreate(path)).toThrow(refusal);
        expect(() => kind.create(path)).toThrow(ipcError('EEXIST', 'linkat', { path }));
      }
      expect(readlinkSync(file(path))).toBe(to);
      Mutex.unlink(path);
    }
    expect(existsSync(file(target))).toBe(true);
    expect(existsSync('/dev/shm/nowhere')).toBe(false);
  });

  testWith('mqueue')('there are none of queues', () => {
    const make = () => symlinkSync('/etc/passwd', `/dev/mqueue${name()}`);
    expect(make).toThrow(expect.objectContaining({ code: 'EPERM' }));
  });
});

describe('in the sticky /dev/shm', () => {
  testAsRoot('nobody takes away, renames or replaces what is not his, whatever its mode', async () => {
    const path = name();
    const other = name();
    onTestFinished(() => rmSync(file(other), { force: true }));
    open(SharedMemory.create(path, { size: 8 })).write(0, 'original');
    open(Semaphore.create(path, { value: 1 }));
    open(Mutex.create(`${path}-m`, { mode: 0o666 }));
    onTestFinished(() => Mutex.unlink(`${path}-m`));
    const bodies: [string, string, (ipc: Ipc, path: string) => unknown][] = [
      ['shm_unlink', path, ({ SharedMemory }, path) => SharedMemory.unlink(path)],
      ['sem_unlink', path, ({ Semaphore }, path) => Semaphore.unlink(path)],
      ['shm_unlink', `${path}-m`, ({ Mutex }, path) => Mutex.unlink(path)],
    ];
    for (const [syscall, target, body] of bodies) {
      expect(await attempt({ user: nobody }, body, target)).toEqual(
        refused('EACCES', syscall, { path: target }),
      );
    }
    const rename = async (_: Ipc, from: string, to: string) => {
      const { renameSync, writeFileSync } = process.getBuiltinModule('node:fs');
      writeFileSync(from, 'another');
      const codeOf = (one: string, two: string) => {
        try {
          renameSync(one, two);
          return 'renamed';
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      return [codeOf(from, to), codeOf(to, `${to}-moved`)];
    };
    const outcome = await attempt({ user: nobody }, rename, file(other), file(path));
    expect(outcome).toEqual({ value: ['EPERM', 'EPERM'] });
    expect(open(SharedMemory.open(path)).readText(0, 8)).toBe('original');
  });

  testAsRoot('fs.protected_regular does not concern openOrCreate', async () => {
    const path = name();
    const make = ({ SharedMemory }: Ipc, path: string) => {
      process.umask(0);
      SharedMemory.create(path, { size: 8, mode: 0o666 }).close();
    };
    expect(await attempt({ user: nobody }, make, path)).toEqual({ value: null });
    // What open(2) with O_CREAT but without O_EXCL says, as C programs use it.
    const level = Number(readFileSync('/proc/sys/fs/protected_regular', 'utf8'));
    const create = () => closeSync(openSync(file(path), constants.O_RDWR | constants.O_CREAT));
    if (level > 0) expect(create).toThrow(expect.objectContaining({ code: 'EACCES' }));
    else create();
    open(SharedMemory.openOrCreate(path, { size: 8, owner: 'any' }));
  });
});

describe('a group shares', () => {
  const group = 54_321;
  const member = { user: nobody, groups: [group] };
  // Its text is sent to another process: no syntax that needs helpers.
  const use = ({ SharedMemory, Mutex, Semaphore }: Ipc, path: string, lock: string) => {
    const mutex = Mutex.open(lock);
    const guard = mutex.lockSync();
    SharedMemory.open(path).write(0, 'by a member');
    guard.unlock();
    mutex.close();
    Semaphore.open(path).post();
  };

  function shared() {
    const [path, lock] = [name(), name()];
    const before = process.umask(0o007);
    const memory = open(SharedMemory.create(path, { size: 64, mode: 0o660 }));
    const semaphore = open(Semaphore.create(path, { value: 0, mode: 0o660 }));
    process.umask(before);
    const mutex = open(Mutex.create(lock, { mode: 0o660 }));
    for (const made of [file(path), `/dev/shm/sem.${path.slice(1)}`, file(lock)]) chownSync(made, 0, group);
    return { path, lock, memory, semaphore, mutex };
  }

  testAsRoot('POSIX objects and locks by mode 0o660, and nobody else does', async () => {
    const { path, lock, memory, semaphore, mutex } = shared();
    expect(await attempt(member, use, path, lock)).toEqual({ value: null });
    using guard = mutex.lockSync();
    expect([memory.readText(0, 11), semaphore.value, guard.ownerDied]).toEqual(['by a member', 1, false]);
    expect(await attempt({ user: nobody }, use, path, lock)).toEqual(
      refused('EACCES', 'shm_open', { path: lock }),
    );
  });

  testAsRoot('a lock, and the death of a member is told to the others', async () => {
    const path = name();
    const mutex = open(Mutex.create(path, { mode: 0o660 }));
    chownSync(file(path), 0, nobody);
    const owner = await holderUnder([...asNobody, '--regid=65534'], 'Mutex.lock', path);
    const waiting = mutex.lock();
    await killed(owner);
    using guard = await waiting;
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
  });

  testAsRoot('what a member has made: the others say whom they trust', async () => {
    const { path } = shared();
    chownSync(file(path), nobody - 1, group);
    const read = ({ SharedMemory }: Ipc, path: string, owner?: number) =>
      SharedMemory.open(path, { owner }).readText(0, 1);
    expect(await attempt(member, read, path)).toEqual(refused('EPERM', 'shm_open', { path }));
    expect(await attempt(member, read, path, nobody - 1)).toEqual({ value: '\0' });
  });

  testAsRoot('System V objects by mode and group', async () => {
    const segment = temporary(sysv.SharedMemory.create(0, { size: 64, mode: 0o660 }));
    segment.set({ gid: group });
    const write = ({ sysv }: Ipc, id: number) => sysv.SharedMemory.fromId(id).attach().write(0, 'x');
    expect(await attempt(member, write, segment.id)).toEqual({ value: null });
    const { error } = await attempt({ user: nobody }, write, segment.id);
    expect(error?.code).toBe('EACCES');
    expect(open(segment.attach()).readText(0, 1)).toBe('x');
  });
});
