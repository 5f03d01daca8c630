import { sysv } from 'posix-ipc';
import { expect } from 'vitest';
import { outcomeOf, refused } from '../helpers/attempt.js';
import { attached, robustMutex } from '../helpers/objects.js';
import { fixture, type Program, run, start } from '../helpers/program.js';
import { until } from '../helpers/until.js';
import { covers, needs } from './covers.js';

const { RobustMutex } = sysv;

const mutexProgram = (name: string, { id }: sysv.Attachment, ...words: string[]): Program =>
  start(process.execPath, [fixture(`sysv/${name}.mjs`), String(id), ...words]);

async function killedOwner(memory: sysv.Attachment): Promise<void> {
  const program = mutexProgram('hold-mutexes', memory, '0');
  await program.printed('held');
  program.child.kill('SIGKILL');
  await program.ended;
}

/** While the kind of the mutex is another one. */
function damaged(memory: sysv.Attachment, call: () => unknown) {
  const words = memory.view(Uint32Array, 64, 10);
  const kind = [...words].findLastIndex((word) => word > 0 && word < 1000);
  words[kind] ^= 1;
  const outcome = outcomeOf(call);
  words[kind] ^= 1;
  return outcome;
}

covers('pthread_mutex_init', {
  EBADMSG: () => {
    const memory = attached();
    robustMutex(memory);
    const outcome = damaged(memory, () => RobustMutex.open({ memory, offset: 0 }));
    expect(outcome).toEqual(refused('EBADMSG', 'pthread_mutex_init', { id: memory.id }, /written/));
  },

  EEXIST: () => {
    const { memory } = robustMutex();
    const outcome = outcomeOf(() => RobustMutex.create({ memory, offset: 0 }));
    expect(outcome).toEqual(refused('EEXIST', 'pthread_mutex_init', { id: memory.id }, /openOrCreate/));
  },

  EPROTO: () => {
    const memory = attached();
    const { id } = memory;
    const open = () => RobustMutex.open({ memory, offset: 0 });
    expect(outcomeOf(open)).toEqual(refused('EPROTO', 'pthread_mutex_init', { id }, /128 bytes of zeros/));
    memory.write(100, 'text');
    const create = () => RobustMutex.create({ memory, offset: 0 });
    expect(outcomeOf(create)).toEqual(refused('EPROTO', 'pthread_mutex_init', { id }, /128 bytes of zeros/));
    memory.write(100, Buffer.alloc(4));
    create().close();
    memory.bytes()[5] ^= 1;
    expect(outcomeOf(open)).toEqual(refused('EPROTO', 'pthread_mutex_init', { id }, /this C library/));
  },
});

/** What `open` comes to behind `unshare`. */
async function openedBehind(memory: sysv.Attachment, words: string[]): Promise<string> {
  const script = [
    `import { sysv } from ${JSON.stringify(import.meta.resolve('posix-ipc'))};`,
    `const memory = sysv.SharedMemory.fromId(${memory.id}).attach();`,
    "process.stdin.once('data', () => {",
    '  try { sysv.RobustMutex.open({ memory, offset: 0 }); } catch ({ message }) { console.log(message); }',
    '});',
  ].join('\n');
  const node = [process.execPath, '--input-type=module', '--eval', script];
  const { stdout, stderr } = await run('unshare', [...words, ...node], { input: 'now' });
  expect(stderr).toBe('');
  return stdout;
}

covers('pid_namespaces', {
  ENOENT: needs(['unshare', 'no sanitizer'], async () => {
    const { memory } = robustMutex();
    const hidden = ['--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
    expect(await openedBehind(memory, hidden)).toMatch(/^ENOENT: .*, pid_namespaces id \d+\n {2}\/proc/);
  }),

  EPROTO: needs('unshare', async () => {
    const { memory } = robustMutex();
    const message = await openedBehind(memory, ['--pid', '--fork']);
    expect(message).toMatch(/^EPROTO: .*, pid_namespaces id \d+\n {2}.*SemaphoreSet with undo/);
  }),
});

const both = ['pthread_mutex_lock', 'pthread_mutex_timedlock'];
/** What all ways to lock come to. */
function expectRefused(mutex: sysv.RobustMutex, code: string, hint: RegExp) {
  const { id } = mutex.memory;
  const calls = [() => mutex.tryLock(), () => mutex.lockSync(), () => mutex.lockSync({ timeout: 1 })];
  for (const [position, call] of calls.entries()) {
    expect(outcomeOf(call)).toEqual(refused(code, both[position === 1 ? 0 : 1], { id }, hint));
  }
}

covers('pthread_mutex_lock, pthread_mutex_timedlock', {
  EBADMSG: () => {
    const mutex = robustMutex();
    const { id } = mutex.memory;
    for (const [call, syscall] of [
      [() => mutex.tryLock(), both[1]],
      [() => mutex.lockSync(), both[0]],
    ] as const) {
      expect(damaged(mutex.memory, call)).toEqual(refused('EBADMSG', syscall, { id }, /written/));
    }
  },

  EDEADLK: () => {
    const mutex = robustMutex();
    const guard = mutex.lockSync();
    expectRefused(mutex, 'EDEADLK', /this thread/);
    guard.unlock();
  },

  EINTR: async () => {
    const mutex = robustMutex();
    const guard = mutex.lockSync();
    const program = mutexProgram('wait-for-mutex', mutex.memory, '{}');
    await program.printed('waiting');
    await until(() => {
      program.child.kill('SIGTERM');
      return program.child.exitCode !== null;
    });
    expect((await program.ended).stdout).toContain('EINTR pthread_mutex_lock, heard SIGTERM');
    guard.unlock();
  },

  ENOLCK: () => {
    const memory = attached(1025 * RobustMutex.byteLength);
    const mutexes = Array.from({ length: 1025 }, (_, index) =>
      RobustMutex.create({ memory, offset: index * RobustMutex.byteLength }),
    );
    const guards = mutexes.slice(1).map((mutex) => mutex.lockSync());
    expectRefused(mutexes[0], 'ENOLCK', /1024/);
    for (const guard of guards) guard.unlock();
  },

  ENOTRECOVERABLE: async () => {
    const mutex = robustMutex();
    await killedOwner(mutex.memory);
    mutex.lockSync().unlock();
    expectRefused(mutex, 'ENOTRECOVERABLE', /makeConsistent/);
  },

  EOWNERDEAD: async () => {
    const mutex = robustMutex();
    for (const lock of [
      () => mutex.tryLock(),
      () => mutex.lockSync(),
      () => mutex.lockSync({ timeout: 1 }),
    ]) {
      await killedOwner(mutex.memory);
      const guard = lock();
      expect(guard?.ownerDied).toBe(true);
      guard?.makeConsistent();
      guard?.unlock();
    }
  },

  ETIMEDOUT: async () => {
    const mutex = robustMutex();
    const program = mutexProgram('hold-mutexes', mutex.memory, '0');
    await program.printed('held');
    expect(outcomeOf(() => mutex.tryLock())).toEqual({ value: undefined });
    const outcome = outcomeOf(() => mutex.lockSync({ timeout: 1 }));
    expect(outcome).toEqual(refused('ETIMEDOUT', 'pthread_mutex_timedlock', { id: mutex.memory.id }));
  },
});

covers('pthread_mutex_consistent', {
  EINVAL: async () => {
    const mutex = robustMutex();
    const consistent = () => {
      const guard = mutex.lockSync();
      if (guard.ownerDied) guard.makeConsistent();
      const outcome = outcomeOf(() => guard.makeConsistent());
      guard.unlock();
      return outcome;
    };
    const expected = refused('EINVAL', 'pthread_mutex_consistent', { id: mutex.memory.id }, /no owner died/);
    expect(consistent()).toEqual(expected);
    await killedOwner(mutex.memory);
    expect(consistent()).toEqual(expected);
  },

  EPERM: () => {
    const mutex = robustMutex();
    const guard = mutex.lockSync();
    guard.unlock();
    const outcome = outcomeOf(() => guard.makeConsistent());
    expect(outcome).toEqual(refused('EPERM', 'pthread_mutex_consistent', { id: mutex.memory.id }, /before/));
  },
});

covers('pthread_mutex_unlock', {
  EBADMSG: () => {
    const mutex = robustMutex();
    const guard = mutex.lockSync();
    const outcome = damaged(mutex.memory, () => guard.unlock());
    expect(outcome).toEqual(refused('EBADMSG', 'pthread_mutex_unlock', { id: mutex.memory.id }, /written/));
    expect(mutex.held).toBe(true);
    guard.unlock();
  },

  EPERM: () => {
    const mutex = robustMutex();
    const guard = mutex.lockSync();
    guard.unlock();
    const outcome = outcomeOf(() => guard.unlock());
    expect(outcome).toEqual(refused('EPERM', 'pthread_mutex_unlock', { id: mutex.memory.id }, /before/));
  },
});
