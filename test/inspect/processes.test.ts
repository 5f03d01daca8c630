import { inspect, MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing, watchId } from '../helpers/leftovers.js';
import { uniqueKey } from '../helpers/names.js';
import { name as newName, temporary } from '../helpers/objects.js';
import { fixture, type Program, run, start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

leaveNothing();

/** A process that holds objects: `[kind, ...arguments of open]`. */
async function holder(...objects: unknown[][]) {
  const program = start(process.execPath, [fixture('inspect/hold.mjs'), JSON.stringify(objects)]);
  onTestFinished(() => end(program));
  await program.printed('holding');
  return program;
}

async function end(program: Program): Promise<void> {
  program.child.stdin.end();
  await program.ended;
}

const uses = (object: inspect.ObjectIdentity, pid: number) => {
  const { users, known } = inspect.processes(object);
  expect(known).toBe(true);
  return users.filter((user) => user.pid === pid);
};
const ways = (users: inspect.ObjectUser[]) => users.map(({ how, access }) => `${how} ${access}`);

describe('POSIX shared memory', () => {
  test('tells who maps it, how that process was called, and whether it may write', async () => {
    const name = newName();
    using memory = SharedMemory.create(name, { size: 4096 });
    const writer = await holder(['posix-shm', name]);
    const reader = await holder(['posix-shm', name, { readOnly: true }]);

    const [user] = uses(memory.stat(), writer.pid);
    expect(user).toMatchObject({ how: 'map', access: 'readWrite' });
    expect(user.command).toContain('inspect/hold.mjs');
    expect(ways(uses(memory.stat(), reader.pid))).toContain('map read');
    expect(ways(uses(memory.stat(), process.pid))).toContain('map readWrite');
  });

  test('is found by its inode after its name has come to mean another object', async () => {
    const name = newName();
    using old = SharedMemory.create(name, { size: 4096 });
    const ofOld = await holder(['posix-shm', name]);
    SharedMemory.unlink(name);
    using young = SharedMemory.create(name, { size: 4096 });
    const ofYoung = await holder(['posix-shm', name]);

    expect(uses(old.stat(), ofOld.pid)).not.toEqual([]);
    expect(uses(old.stat(), ofYoung.pid)).toEqual([]);
    expect(uses(young.stat(), ofOld.pid)).toEqual([]);
    expect(uses(young.stat(), ofYoung.pid)).not.toEqual([]);
  });

  test('is found by its record in the list too, and no longer once a process has ended', async () => {
    const name = newName();
    using memory = SharedMemory.create(name, { size: 4096 });
    expect(memory.size).toBe(4096);
    const program = await holder(['posix-shm', name]);
    const record = inspect.list().objects.find((object) => 'name' in object && object.name === name);
    if (!record) throw new Error('not listed');

    expect(uses(record, program.pid)).not.toEqual([]);
    await end(program);
    expect(uses(record, program.pid)).toEqual([]);
  });
});

test('a semaphore tells who maps it, also its creator, whose map bears another name', async () => {
  const name = newName();
  using semaphore = Semaphore.create(name, { value: 1 });
  const program = await holder(['posix-sem', name]);

  expect(ways(uses(semaphore.stat(), program.pid))).toContain('map readWrite');
  expect(ways(uses(semaphore.stat(), process.pid))).toContain('map readWrite');
});

test('a message queue tells who has it open, and in which direction', async () => {
  const name = newName();
  using queue = MessageQueue.create(name, { maxMessages: 1, messageSize: 10 });
  const sender = await holder(['posix-mq', name, { access: 'write' }]);
  const receiver = await holder(['posix-mq', name, { access: 'read' }]);

  expect(ways(uses(queue.stat(), sender.pid))).toEqual(['descriptor write']);
  expect(ways(uses(queue.stat(), receiver.pid))).toEqual(['descriptor read']);
  expect(ways(uses(queue.stat(), process.pid))).toEqual(['descriptor readWrite']);
});

describe('System V', () => {
  test('a segment tells who has it attached, and how', async () => {
    const segment = temporary(sysv.SharedMemory.create(uniqueKey(), { size: 4096 }));
    const id = segment.id;
    const writer = await holder(['sysv-shm', id]);
    const reader = await holder(['sysv-shm', id, { readOnly: true }]);

    expect(ways(uses({ kind: 'sysv-shm', id }, writer.pid))).toContain('map readWrite');
    expect(ways(uses({ kind: 'sysv-shm', id }, reader.pid))).toEqual(['map read']);
    expect(uses({ kind: 'sysv-shm', id }, process.pid)).toEqual([]);
  });

  test('a removed segment still tells who holds it', async () => {
    const segment = sysv.SharedMemory.create(uniqueKey(), { size: 4096 });
    watchId('shm', segment.id);
    const program = await holder(['sysv-shm', segment.id]);
    segment.remove();

    expect(ways(uses({ kind: 'sysv-shm', id: segment.id }, program.pid))).toContain('map readWrite');
  });

  testWith('unshare')('a segment of another IPC namespace with the same id is another segment', async () => {
    const segment = temporary(sysv.SharedMemory.create(uniqueKey(), { size: 4096 }));
    const attachment = segment.attach();
    const words = [
      '--ipc',
      process.execPath,
      fixture('inspect/segment-in-own-namespace.mjs'),
      String(segment.id),
    ];
    const stranger = start('unshare', words);
    onTestFinished(() => end(stranger));
    await stranger.printed(`holding ${segment.id}\n`);

    expect(inspect.processes({ kind: 'sysv-shm', id: segment.id }).users.map(({ pid }) => pid)).toEqual([
      process.pid,
    ]);
    attachment.close();
  });

  test('a semaphore set and a message queue are held by nobody, so their users are not known', () => {
    const set = temporary(sysv.SemaphoreSet.create(uniqueKey(), { count: 1 }));

    const nobody = { users: [], unreadable: 0, known: false };
    expect(inspect.processes({ kind: 'sysv-sem', id: set.id })).toEqual(nobody);
    expect(inspect.processes({ kind: 'sysv-msg', id: 0 })).toEqual(nobody);
  });
});

testWith('another user')('processes that may not be looked into are counted', async () => {
  const name = newName();
  using memory = SharedMemory.create(name, { size: 4096 });
  const { dev, ino } = memory.stat();

  const program = [process.execPath, fixture('inspect/processes.mjs'), JSON.stringify({ dev, ino })];
  const { stdout, stderr } = await run('setpriv', ['--reuid=65534', '--clear-groups', ...program]);
  expect(stderr).toBe('');
  const found: inspect.ObjectUsers = JSON.parse(stdout);
  expect(found).toMatchObject({ users: [], known: true });
  expect(found.unreadable).toBeGreaterThanOrEqual(1);
});

test('processes that come and go meanwhile are no error', async () => {
  const name = newName();
  using memory = SharedMemory.create(name, { size: 4096 });
  const { child, ended } = start('sh', ['-c', 'while :; do /bin/true; done']);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });

  for (let i = 0; i < 200; i++) expect(uses(memory.stat(), process.pid)).not.toEqual([]);
});

test.each([
  [undefined, 'ERR_INVALID_ARG_TYPE'],
  ['/ring', 'ERR_INVALID_ARG_TYPE'],
  [{}, 'ERR_INVALID_ARG_TYPE'],
  [{ id: 1 }, 'ERR_INVALID_ARG_TYPE'],
  [{ kind: 'posix-shm', id: 1 }, 'ERR_INVALID_ARG_VALUE'],
  [{ kind: 'sysv-shm', id: -1 }, 'ERR_OUT_OF_RANGE'],
])('%j is no object', (object, code) => {
  expect(() => inspect.processes(object as inspect.ObjectIdentity)).toThrow(
    expect.objectContaining({ code }),
  );
});
