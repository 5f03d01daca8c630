import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { Barrier, Condition, Mutex, RwLock, Semaphore, SharedMemory } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attempt, type Ipc, nobody, refused } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { lockBlock } from '../helpers/lock-block.js';
import { uniqueName } from '../helpers/names.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError, typeError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';

leaveNothing();

const kinds = [
  { what: 'Mutex', number: 1, Class: Mutex, needed: {} },
  { what: 'Condition', number: 2, Class: Condition, needed: {} },
  { what: 'RwLock', number: 3, Class: RwLock, needed: {} },
  { what: 'Barrier', number: 4, Class: Barrier, needed: { parties: 2 } },
];
const verbs = ['create', 'open', 'openOrCreate'] as const;

/** What somebody else has put under a name. */
function foreign(make: (file: string) => void): string {
  const path = uniqueName();
  onTestFinished(() => rmSync(`/dev/shm${path}`, { recursive: true, force: true }));
  make(`/dev/shm${path}`);
  return path;
}

describe.each(kinds)('a named $what', ({ what, number, Class, needed }) => {
  const call = (verb: (typeof verbs)[number], at: unknown, options: object = {}) =>
    Reflect.apply(Class[verb], Class, [at, verb === 'open' ? options : { ...needed, ...options }]) as Mutex;
  const finished = () => {
    const block = lockBlock({ kind: number });
    block.writeUInt32LE(2, 20);
    return block;
  };

  test('is created once, and opened by everybody', () => {
    const path = name();
    expect(() => call('open', path)).toThrow(ipcError('ENOENT', 'shm_open', { path }));
    expect(closing(call('create', path))).toMatchObject({ name: path, created: true });
    expect(() => call('create', path)).toThrow(
      ipcError('EEXIST', 'linkat', { path, hint: expect.stringContaining('unlink it first') }),
    );
    expect(closing(call('open', path)).created).toBe(false);
    expect(closing(call('openOrCreate', path)).created).toBe(false);
    Class.unlink(path);
    expect(() => Class.unlink(path)).toThrow(ipcError('ENOENT', 'shm_unlink', { path }));
    expect(closing(call('openOrCreate', path)).created).toBe(true);
  });

  test('is a file of 4096 bytes, with the mode that was asked for, whatever the umask', () => {
    const before = process.umask(0o077);
    try {
      for (const mode of [undefined, 0o600, 0o666, 0o660]) {
        const path = name();
        closing(call('create', path, { mode }));
        const { mode: found, size } = statSync(`/dev/shm${path}`);
        expect([found & 0o7777, size]).toEqual([mode ?? 0o600, 4096]);
      }
    } finally {
      process.umask(before);
    }
  });

  test('that is not what was asked for is EPROTO, and stays as it is', () => {
    const other = finished();
    other[4] = (number % 4) + 1;
    const version = finished();
    version[5] = 2;
    const seats = finished();
    seats[6] = 251;
    const unfinished = finished();
    unfinished.fill(0, 0, 4);
    for (const bytes of [other, version, seats, unfinished, Buffer.alloc(4096), Buffer.alloc(4096, 0xff)]) {
      const path = foreign((file) => writeFileSync(file, bytes));
      for (const verb of ['open', 'openOrCreate'] as const) {
        expect(() => call(verb, path)).toThrow(ipcError('EPROTO', 'mmap', { path }));
      }
      expect(() => call('create', path)).toThrow(ipcError('EEXIST', 'linkat', { path }));
      expect(SharedMemory.open(path, { readOnly: true }).read(0, 4096)).toEqual(bytes);
    }
    const path = foreign((file) => writeFileSync(file, finished()));
    closing(call('open', path));
  });

  test('of another size is EPROTO', () => {
    for (const size of [0, 1, 4095, 4097, 8192]) {
      const bytes = Buffer.concat([finished(), Buffer.alloc(4096)]).subarray(0, size);
      const path = foreign((file) => writeFileSync(file, bytes));
      for (const verb of ['open', 'openOrCreate'] as const) {
        expect(() => call(verb, path)).toThrow(
          ipcError('EPROTO', 'shm_open', { path, hint: expect.stringContaining('another size') }),
        );
      }
    }
  });

  test('in the place of a FIFO, a symbolic link or a directory is refused, without waiting', async () => {
    const fifo = foreign((file) => execFileSync('mkfifo', [file]));
    const body = (ipc: Ipc, what: string, path: string) =>
      (ipc as unknown as Record<string, typeof Mutex>)[what].open(path);
    // In a process of its own: a thread that waits there cannot be woken.
    expect(await attempt({}, body, what, fifo)).toEqual(
      refused('EPROTO', 'shm_open', { path: fifo }, /FIFO/),
    );
    const real = name();
    closing(call('create', real));
    const link = foreign((file) => symlinkSync(`/dev/shm${real}`, file));
    expect(() => call('open', link)).toThrow(ipcError('ELOOP', 'shm_open', { path: link }));
    const folder = foreign(mkdirSync as (file: string) => void);
    expect(() => call('open', folder)).toThrow(ipcError('EISDIR', 'shm_open', { path: folder }));
    for (const path of [fifo, link, folder]) {
      expect(() => call('create', path)).toThrow(ipcError('EEXIST', 'linkat', { path }));
    }
  });

  testWith('another user')('of another user is EPERM, unless they are trusted', () => {
    const path = name();
    closing(call('create', path, { mode: 0o666 }));
    chownSync(`/dev/shm${path}`, nobody, nobody);
    for (const verb of ['open', 'openOrCreate'] as const) {
      for (const owner of [undefined, 'self', 0]) {
        expect(() => call(verb, path, { owner })).toThrow(ipcError('EPERM', 'shm_open', { path }));
      }
      for (const owner of ['any', nobody]) closing(call(verb, path, { owner }));
    }
  });

  test('has a name of the right form, and no options of others', () => {
    for (const verb of verbs) {
      for (const at of ['', 'lock', '/', '/a/b', '/.', '/..', '/a\0b']) {
        expect(() => call(verb, at)).toThrow(typeError('ERR_INVALID_ARG_VALUE', '`name`'));
      }
      expect(() => call(verb, `/${'x'.repeat(256)}`)).toThrow(
        ipcError('ENAMETOOLONG', verb === 'create' ? 'linkat' : 'shm_open'),
      );
    }
    expect(() => call('open', '/x', { mode: 0o600 })).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', 'unknown option `mode`'),
    );
    expect(() => call('create', '/x', { owner: 'any' })).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', 'unknown option `owner`'),
    );
  });

  test('is taken away at the end of its process, if that was promised', async () => {
    const path = uniqueName();
    const body = (ipc: Ipc, what: string, path: string) => {
      const Class = (ipc as unknown as Record<string, typeof Mutex>)[what];
      Class.create(path, { unlinkOnExit: true, ...(what === 'Barrier' && { parties: 2 }) });
      return Class.open(path).name ?? null;
    };
    expect(await attempt({}, body, what, path)).toEqual({ value: path });
    expect(() => call('open', path)).toThrow(ipcError('ENOENT', 'shm_open', { path }));
  });
});

describe.each(kinds)('of processes that go for one $what at once', ({ what }) => {
  const racers = 4;

  async function race(verb: string, places: (string | number)[], memory = ''): Promise<string[][]> {
    using gun = Semaphore.create(name(), { value: 0 });
    const programs = Array.from({ length: racers }, () =>
      start(process.execPath, [fixture('sync/race-for-locks.mjs'), gun.name, verb, what, memory], {
        input: JSON.stringify(places),
      }),
    );
    await Promise.all(programs.map((program) => program.printed('ready')));
    for (const _ of programs) gun.post();
    const ended = await Promise.all(programs.map((program) => program.ended));
    const all = ended.map(({ stdout, stderr }) => {
      expect(stderr).toBe('');
      return JSON.parse(stdout.slice('ready\n'.length)) as string[];
    });
    return places.map((_, place) => all.map((results) => results[place]).sort());
  }

  const outcome = (others: string) => [...Array(racers - 1).fill(others), 'created'].sort();

  test('one has made each, and the others have opened it', async () => {
    const names = Array.from({ length: 50 }, name);
    for (const seen of await race('openOrCreate', names)) expect(seen).toEqual(outcome('opened'));
    const others = Array.from({ length: 50 }, name);
    for (const seen of await race('create', others)) expect(seen).toEqual(outcome('EEXIST linkat'));
  });

  test('so it is in shared memory', async () => {
    const path = name();
    using _ = SharedMemory.create(path, { size: 100 * 4096 });
    const offsets = Array.from({ length: 50 }, (_, index) => index * 4096);
    for (const seen of await race('openOrCreate', offsets, path)) expect(seen).toEqual(outcome('opened'));
    const others = offsets.map((offset) => offset + 50 * 4096);
    for (const seen of await race('create', others, path)) expect(seen).toEqual(outcome('EEXIST mmap'));
  });
});
