import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { Channel, MessageQueue, Mutex, RwLock, Semaphore, SharedMemory } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { holder, holderUnder, killed, open } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { letters, name, segment, set } from '../helpers/objects.js';
import { fixture, run, runFixture, start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

// Which process it was: numbers that come again, namespaces, children, threads.
leaveNothing();

/** The first seat of a lock: its number, the pid and the start of who has it. */
function seatOf(path: string) {
  const descriptor = openSync(`/dev/shm${path}`, 'r+');
  onTestFinished(() => closeSync(descriptor));
  const at = 64;
  return {
    read() {
      const bytes = Buffer.alloc(16);
      readSync(descriptor, bytes, 0, 16, at);
      return { pid: bytes.readUInt32LE(8), start: bytes.readUInt32LE(12) };
    },
    write({ pid, start }: { pid: number; start: number }) {
      writeSync(descriptor, Buffer.from(new Uint32Array([pid, start]).buffer), 0, 8, at + 8);
    },
  };
}

const startOfThis = () => Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19]);

describe('a process number that is used again', () => {
  test('is no sign of life: whoever was killed has died, though another has its number now', async () => {
    const path = name();
    const owner = await holder('Mutex.lock', path);
    const mutex = open(Mutex.open(path));
    const seat = seatOf(path);
    expect(seat.read().pid).toBe(owner.pid);
    await killed(owner);
    seat.write({ pid: process.pid, start: startOfThis() });
    const guard = mutex.tryLock();
    expect(guard?.ownerDied).toBe(true);
    guard?.makeConsistent();
    guard?.unlock();
  });

  test('is no sign of death: whoever holds the byte lives, though nobody has its number', async () => {
    const path = name();
    const owner = await holder('Mutex.lock', path);
    const mutex = open(Mutex.open(path));
    for (const entry of [
      { pid: 2 ** 22, start: 1 },
      { pid: 0, start: 0 },
      { pid: process.pid, start: 0 },
    ]) {
      seatOf(path).write(entry);
      expect(mutex.tryLock()).toBe(undefined);
      await expect(mutex.lock({ timeout: 20 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    }
    owner.child.stdin.write('close\n');
    using guard = await mutex.lock();
    expect(guard.ownerDied).toBe(false);
  });
});

describe('a container', () => {
  const ownPids = ['unshare', '--pid', '--fork', '--kill-child'];

  testWith('unshare')('with process numbers of its own holds a mutex, and its death is told', async () => {
    const path = name();
    const [mutex, lock] = [open(Mutex.create(path)), open(RwLock.create(`${path}-rw`))];
    onTestFinished(() => RwLock.unlink(`${path}-rw`));
    const owners = [
      await holderUnder(ownPids, 'Mutex.lock', path),
      await holderUnder(ownPids, 'RwLock.write', `${path}-rw`),
    ];
    expect([mutex.tryLock(), lock.tryRead()]).toEqual([undefined, undefined]);
    const waits = [mutex.lock(), lock.read()] as const;
    for (const owner of owners) await killed(owner);
    const [guard, reader] = await Promise.all(waits);
    expect([guard.ownerDied, reader.ownerDied]).toEqual([true, true]);
    guard.makeConsistent();
    guard.unlock();
    reader.makeConsistent();
    reader.unlock();
  });

  testWith('unshare')('with process numbers of its own waits for a mutex that is held here', async () => {
    const path = name();
    const guard = open(Mutex.create(path)).lockSync();
    const words = [...ownPids, process.execPath, fixture('faults/hold.mjs'), 'Mutex.lock', path];
    const waiting = start(words[0], words.slice(1));
    await waiting.printed('taking');
    guard.unlock();
    await waiting.printed('holding');
    waiting.child.stdin.write('close\n');
    await waiting.printed('did close');
  });

  const inside = async (words: string[], body: string) => {
    const script = `import { Channel, MessageQueue, Mutex, Semaphore, SharedMemory, sysv } from ${JSON.stringify(import.meta.resolve('posix-ipc'))};
      const codeOf = (call) => { try { call(); return 'found'; } catch ({ code }) { return code; } };
      console.log(JSON.stringify([${body}].map(codeOf)));`;
    const { stdout, stderr } = await run('unshare', [
      ...words,
      process.execPath,
      '--input-type=module',
      '--eval',
      script,
    ]);
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };

  testWith('unshare')('with an IPC namespace of its own has other queues and segments: ENOENT', async () => {
    const path = name();
    open(MessageQueue.create(path, { maxMessages: 1, messageSize: 8 }));
    open(SharedMemory.create(path, { size: 4096 }));
    const ids = [segment().id, set(1).id, letters().id];
    const body = `() => MessageQueue.open('${path}'), () => sysv.SharedMemory.fromId(${ids[0]}),
      () => sysv.SemaphoreSet.fromId(${ids[1]}), () => sysv.MessageQueue.fromId(${ids[2]}),
      () => SharedMemory.open('${path}')`;
    expect(await inside(['--ipc'], body)).toEqual(['ENOENT', 'EINVAL', 'EINVAL', 'EINVAL', 'found']);
  });

  testWith('unshare')(
    'with a /dev/shm of its own has other memory, semaphores and locks: ENOENT',
    async () => {
      const path = name();
      open(SharedMemory.create(path, { size: 4096 }));
      open(Semaphore.create(path, { value: 1 }));
      const other = name();
      open(Mutex.create(other));
      const body = `() => SharedMemory.open('${path}'), () => Semaphore.open('${path}'), () => Mutex.open('${other}'),
      () => Mutex.create('${other}')`;
      const words = [
        '--mount',
        'sh',
        '-c',
        'mount -t tmpfs -o size=1m,mode=1777 none /dev/shm && exec "$@"',
        'sh',
      ];
      expect(await inside(words, body)).toEqual(['ENOENT', 'ENOENT', 'ENOENT', 'found']);
    },
  );

  testWith('unshare', 'no sanitizer')('without /proc has seats by their names, and no others', async () => {
    const [lock, channel, other, gone] = [name(), name(), name(), name()];
    open(Mutex.create(lock));
    const made = open(Channel.create(channel));
    onTestFinished(() => SharedMemory.unlink(other));
    const body = `() => { const mutex = Mutex.open('${lock}'); mutex.lockSync().unlock(); },
      () => { Channel.open('${channel}').writer().trySend('from within'); },
      () => { Channel.create('${other}').reader(); },
      () => { const left = Channel.create('${gone}'); Channel.unlink('${gone}'); left.reader(); }`;
    const words = ['--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
    expect(await inside(words, body)).toEqual(['found', 'found', 'found', 'ENOENT']);
    expect(String(made.reader().tryReceive())).toBe('from within');
  });
});

describe('a child process', () => {
  test.each(['fork', 'spawn', 'spawn of a shell'])(
    '(%s) has no seat of its parent, whose death is told',
    async (kind) => {
      const path = name();
      const parent = start(process.execPath, [fixture('faults/spawn-and-hold.mjs'), path, kind]);
      let child = -1;
      parent.child.stdout.on('data', (text: string) => {
        child = Number(/child (\d+)/.exec(text)?.[1] ?? child);
      });
      await parent.printed(/child \d+\n/);
      onTestFinished(() => {
        process.kill(child, 'SIGKILL');
      });
      const mutex = open(Mutex.open(path));
      expect(mutex.tryLock()).toBe(undefined);
      const waiting = mutex.lock();
      parent.child.kill('SIGKILL');
      const guard = await waiting;
      expect(guard.ownerDied).toBe(true);
      expect(process.kill(child, 0)).toBe(true);
      guard.makeConsistent();
      guard.unlock();
    },
  );
});

describe('threads of one process', () => {
  test.each(['Mutex', 'RwLock'])('exclude each other by a %s', async (kind) => {
    const { code, stdout, stderr } = await runFixture('faults/workers.mjs', [name(), kind, '3000']);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '9000\n', stderr: '' });
  });

  test.each(['terminate', 'exit', 'end'])('may die: the end of a worker (%s) is told', async (way) => {
    const { code, stdout, stderr } = await runFixture('faults/worker-dies.mjs', [name(), way]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'busy\nownerDied true\n', stderr: '' });
  });
});
