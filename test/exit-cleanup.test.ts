import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Barrier, Condition, MessageQueue, Mutex, RwLock, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing, watchId } from './helpers/leftovers.js';
import { name, set } from './helpers/objects.js';
import { fixture, runFixture, start } from './helpers/program.js';
import { typeError } from './helpers/thrown.js';
import { blocked } from './helpers/until.js';
import { verdictOn } from './helpers/verdicts.js';

leaveNothing();

const kinds = ['shm', 'sem', 'msg'] as const;
const locks = ['mutex', 'condition', 'rw-lock', 'barrier'] as const;

/** A name, of which those of four locks are made. */
function nameOfLocks(): string {
  const path = name();
  onTestFinished(() => {
    for (const lock of locks) rmSync(`/dev/shm${path}-${lock}`, { force: true });
  });
  return path;
}

/** Which of the objects of test/fixtures/exit/end.mjs are there. */
function there(path: string, ids: number[]): string[] {
  const named = ['/dev/shm', '/dev/mqueue'].flatMap((folder) =>
    readdirSync(folder).filter((file) => file.includes(path.slice(1))),
  );
  const numbered = kinds.filter((kind, index) =>
    new RegExp(`^ *-?\\d+ +${ids[index]} `, 'm').test(readFileSync(`/proc/sysvipc/${kind}`, 'utf8')),
  );
  return [...named, ...numbered];
}

async function ending(way: string) {
  const path = nameOfLocks();
  // Somewhere else, where a core may lie.
  const program = start(process.execPath, [fixture('exit/end.mjs'), way, path], { cwd: tmpdir() });
  let ids: number[] = [];
  const told = async (stdout: string) => {
    ids = JSON.parse(stdout.split('\n')[0]);
    for (const [index, id] of ids.entries()) watchId(kinds[index], id);
  };
  return { path, program, told, ids: () => ids };
}

describe('unlinkOnExit and removeOnExit keep their promise', () => {
  test.each([
    ['returning from main', 0, null],
    ['process.exit(0)', 0, null],
    ['process.exit(3)', 3, null],
    ['process.exitCode', 4, null],
    ['an uncaught exception', 1, null],
    ['an unhandled rejection', 1, null],
    ['process.exit in a SIGINT listener', 5, null],
    ['process.abort()', null, 'SIGABRT'],
  ])('after %s, and the parent sees the usual end: %s %s', async (way, code, signal) => {
    const { path, program, told, ids } = await ending(way);
    const ended = await program.ended;
    await told(ended.stdout);
    expect([ended.code, ended.signal]).toEqual([code, signal]);
    expect(there(path, ids())).toEqual([]);
  });

  const ways = [
    'waiting for a signal',
    'waiting for a signal in a blocking call',
    'waiting for a signal in the wait for a condition',
  ];
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
  test.each(ways.flatMap((way) => signals.map((signal) => [way, signal] as const)))(
    '%s and getting %s, and the parent sees that signal',
    async (way, signal) => {
      const { path, program, told, ids } = await ending(way);
      await program.printed('\n');
      await blocked(program.pid);
      program.child.kill(signal);
      const ended = await program.ended;
      await told(ended.stdout);
      expect([ended.code, ended.signal]).toEqual([null, signal]);
      expect(there(path, ids())).toEqual([]);
    },
  );

  test('not after SIGKILL, which nobody can catch', async () => {
    const { path, program, told, ids } = await ending('waiting for a signal');
    await program.printed('\n');
    program.child.kill('SIGKILL');
    const ended = await program.ended;
    await told(ended.stdout);
    expect(there(path, ids())).toHaveLength(10);
    for (const lock of locks) expect(verdictOn(`${path}-${lock}`).verdict).toBe('orphan');
    sysv.SharedMemory.fromId(ids()[0]).remove();
    sysv.SemaphoreSet.fromId(ids()[1]).remove();
    sysv.MessageQueue.fromId(ids()[2]).remove();
  });
});

describe('a listener of the program for SIGTERM', () => {
  const listening = async (order: string) => {
    const path = name();
    const program = start(process.execPath, [fixture('exit/listen.mjs'), path, order]);
    await program.printed('ready');
    let told = 0;
    const tell = async (words: string) => {
      told += 1;
      program.child.stdin.write(`${words}\n`);
      await program.printed(`did no. ${told}`);
    };
    const heard = async (times: number) => {
      program.child.kill('SIGTERM');
      await program.printed(new RegExp(`(heard and stayed[\\s\\S]*){${times}}`));
      SharedMemory.open(path).close();
    };
    const ends = async () => {
      program.child.kill('SIGTERM');
      expect(await program.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
      expect(there(path, [])).toEqual([]);
    };
    return { tell, heard, ends };
  };

  test.each(['listener first', 'listener second'])(
    'decides: while it stays, so does the object; once it has left, the signal ends both (%s)',
    async (order) => {
      const program = await listening(order);
      await program.heard(1);
      await program.heard(2);
      await program.tell('off');
      await program.ends();
    },
  );

  test('may come and go more than once', async () => {
    const program = await listening('none');
    await program.tell('on');
    await program.heard(1);
    await program.tell('off');
    await program.tell('once');
    await program.heard(2);
    await program.tell('on');
    await program.heard(3);
    await program.tell('all off');
    await program.ends();
  });
});

describe('nothing is taken away that was not promised', () => {
  test.each(['unlinked', 'renamed', 'killed by SIGTERM'])(
    'what another one has put under the name stays (%s)',
    async (way) => {
      const path = nameOfLocks();
      await runFixture('exit/replace.mjs', [path, way]);
      const file = path.slice(1);
      const files = [file, `sem.${file}`, `${file}-mutex`];
      const expected = way === 'unlinked' ? [file, ...files] : files;
      expect(there(path, []).sort()).toEqual(expected.sort());
      if (way === 'unlinked') {
        using semaphore = Semaphore.open(path);
        using queue = MessageQueue.open(path);
        expect([semaphore.value, queue.maxMessages]).toEqual([5, 2]);
        Mutex.open(`${path}-mutex`).close();
      }
    },
  );

  test('what openOrCreate has found stays', async () => {
    const path = nameOfLocks();
    using memory = SharedMemory.create(path, { size: 4096 });
    using semaphore = Semaphore.create(path, { value: 1 });
    using queue = MessageQueue.create(path, { maxMessages: 1, messageSize: 8 });
    Mutex.create(`${path}-mutex`).close();
    Condition.create(`${path}-condition`).close();
    RwLock.create(`${path}-rw-lock`).close();
    Barrier.create(`${path}-barrier`, { parties: 2 }).close();
    const { stdout, code } = await runFixture('exit/open-or-create.mjs', [path]);
    expect([stdout, code]).toEqual([`${'false '.repeat(6)}false\n`, 0]);
    for (const lock of locks) expect(there(`${path}-${lock}`, [])).toHaveLength(1);
    expect([memory.stat().links, semaphore.stat().links, queue.stat().links]).toEqual([1, 1, 1]);
  });

  test.each(['ended', 'terminated'])(
    'the end of a worker thread (%s) takes nothing; that of the process does',
    async (way) => {
      const path = name();
      const program = start(process.execPath, [fixture('exit/worker-ends.mjs'), path, way]);
      await program.printed(/\]\n/);
      await blocked(program.pid);
      SharedMemory.open(path).close();
      Semaphore.open(path).close();
      program.child.kill('SIGTERM');
      const { signal, stdout } = await program.ended;
      const [id] = JSON.parse(stdout);
      watchId('sem', id);
      expect(signal).toBe('SIGTERM');
      expect(there(path, [-1, id, -1])).toEqual([]);
    },
  );

  test('a child process that Node has forked takes nothing of its parent', async () => {
    const path = name();
    const program = start(process.execPath, [fixture('exit/children-end.mjs'), path]);
    await program.printed('the children have ended');
    SharedMemory.open(path).close();
    program.child.stdin.end();
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(there(path, [])).toEqual([]);
  });
});

describe('the promises of a process', () => {
  test('are 1024 at most: one more is ENOBUFS, and its object is not left behind', async () => {
    const { stdout } = await runFixture('exit/many.mjs', ['1030']);
    const { made, refused } = JSON.parse(stdout);
    for (const id of made) watchId('sem', id);
    expect(made).toHaveLength(1024);
    expect(refused).toMatch(
      /^ENOBUFS: no buffer space available, removeOnExit id \d+\n {2}a process may have 1024/,
    );
    watchId('sem', Number(/id (\d+)/.exec(refused)?.[1]));
  });

  test('are so few that a lock too much is not left behind either', async () => {
    const path = name();
    const { stdout } = await runFixture('exit/many.mjs', ['1024', path]);
    const [first, last] = stdout.trim().split('\n');
    for (const id of JSON.parse(first).made) watchId('sem', id);
    expect([last, there(path, [])]).toEqual(['ENOBUFS', []]);
  });

  test('are free again when the object is removed before', async () => {
    const { stdout, code } = await runFixture('exit/many.mjs', ['1024', 'remove one']);
    const [first, last] = stdout.trim().split('\n');
    for (const id of JSON.parse(first).made) watchId('sem', id);
    watchId('sem', Number(last));
    expect([code, Number(last) >= 0]).toEqual([0, true]);
  });

  test.each([1, 'yes', null])('are asked for with true or false, not with %s', (value) => {
    const wrong = typeError('ERR_INVALID_ARG_TYPE', 'expected a boolean');
    const calls: [object, string, unknown[]][] = [
      [SharedMemory, 'create', ['/x', { size: 1, unlinkOnExit: value }]],
      [Semaphore, 'create', ['/x', { value: 1, unlinkOnExit: value }]],
      [MessageQueue, 'create', ['/x', { unlinkOnExit: value }]],
      [sysv.SharedMemory, 'create', [0, { size: 1, removeOnExit: value }]],
      [sysv.SemaphoreSet, 'create', [0, { count: 1, removeOnExit: value }]],
      [sysv.MessageQueue, 'create', [0, { removeOnExit: value }]],
      [Mutex, 'create', ['/x', { unlinkOnExit: value }]],
      [Barrier, 'create', ['/x', { parties: 2, unlinkOnExit: value }]],
    ];
    for (const [kind, method, words] of calls) {
      expect(() => Reflect.apply(Reflect.get(kind, method), kind, words)).toThrow(wrong);
    }
  });
});

test('a lock in a memory has no name of its own to be taken away', () => {
  using memory = SharedMemory.create(name(), { size: 4096 });
  const wrong = typeError('ERR_INVALID_ARG_VALUE', '`unlinkOnExit` is of a named lock');
  expect(() => Mutex.create({ memory, offset: 0 }, { unlinkOnExit: true })).toThrow(wrong);
});

test('removing an object that was promised away is no fault at the end', async () => {
  const one = set(1);
  const { code, stderr } = await runFixture('exit/remove-before.mjs', [name(), String(one.id)]);
  expect([code, stderr]).toEqual([0, '']);
  expect(one.values).toEqual([1]);
});
