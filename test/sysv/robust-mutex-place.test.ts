import { Semaphore, sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { attached, name, robustMutex, segment } from '../helpers/objects.js';
import { fixture, run, start } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';

leaveNothing();

const { RobustMutex } = sysv;
const { byteLength, alignment } = RobustMutex;

describe('a place', () => {
  test('is a multiple of the alignment, and inside', () => {
    const memory = attached(4096);
    for (const offset of [-1, 4096 - byteLength + 1, 4096, 0.5, Number.NaN, 2 ** 40]) {
      expect(() => RobustMutex.create({ memory, offset })).toThrow(rangeError('`offset`'));
    }
    for (const offset of [1, 8, alignment / 2]) {
      expect(() => RobustMutex.create({ memory, offset })).toThrow(rangeError('a multiple of 64'));
    }
    expect(() => RobustMutex.create({ memory: attached(100), offset: 0 })).toThrow(
      rangeError('`memory`: expected at least 128 bytes, got 100'),
    );
    expect(memory.read(0, 4096).every((byte) => byte === 0)).toBe(true);
    expect(RobustMutex.create({ memory, offset: 4096 - byteLength }).offset).toBe(4096 - byteLength);
  });

  test('is in an attachment, which may be written', () => {
    for (const memory of [undefined, null, {}, segment(), Object.create(attached())]) {
      expect(() => Reflect.apply(RobustMutex.open, RobustMutex, [{ memory, offset: 0 }])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`memory`: expected an attachment'),
      );
    }
    const memory = attached(4096, { readOnly: true });
    expect(() => RobustMutex.create({ memory, offset: 0 })).toThrow(
      ipcError('EACCES', 'create', { id: memory.id, hint: 'the memory was opened readOnly' }),
    );
    const closed = segment().attach();
    closed.close();
    expect(() => RobustMutex.open({ memory: closed, offset: 0 })).toThrow(ipcError('EBADF', 'open'));
    expect(() => Reflect.apply(RobustMutex.open, RobustMutex, [{ memory, at: 0 }])).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', 'unknown option `at`'),
    );
  });

  test('is created once, and opened by everybody', () => {
    const memory = attached();
    const place = { memory, offset: 64 };
    expect(() => RobustMutex.open(place)).toThrow(ipcError('EPROTO', 'pthread_mutex_init'));
    expect(RobustMutex.create(place)).toMatchObject({ memory, offset: 64, created: true, held: false });
    expect(() => RobustMutex.create(place)).toThrow(ipcError('EEXIST', 'pthread_mutex_init'));
    expect(RobustMutex.open(place).created).toBe(false);
    expect(RobustMutex.openOrCreate(place).created).toBe(false);
  });

  test('with other bytes is EPROTO, and they stay', () => {
    const memory = attached();
    for (let byte = 0; byte < byteLength; byte += 4) {
      memory.bytes(0, byteLength).fill(0);
      memory.bytes()[byte] = 7;
      const before = memory.read(0, byteLength);
      for (const verb of ['create', 'open', 'openOrCreate'] as const) {
        expect(() => RobustMutex[verb]({ memory, offset: 0 }), `byte ${byte}`).toThrow(
          ipcError('EPROTO', 'pthread_mutex_init'),
        );
      }
      expect(memory.read(0, byteLength)).toEqual(before);
    }
  });

  test('that a creator left half-way, after each of its steps, is completed by the next one', () => {
    const memory = attached();
    RobustMutex.create({ memory, offset: 0 }).close();
    const whole = memory.view(Uint32Array, 0, byteLength / 4);
    const steps = [...whole.entries()].filter(([index, word]) => index > 0 && word !== 0);
    expect(steps.length).toBeGreaterThan(2);
    for (let step = 0; step <= steps.length; step++) {
      const offset = byteLength * (step + 1);
      const half = memory.view(Uint32Array, offset, byteLength / 4);
      for (const [index, word] of steps.slice(0, step)) half[index] = word;
      expect(() => RobustMutex.open({ memory, offset })).toThrow(ipcError('EPROTO', 'pthread_mutex_init'));
      const mutex =
        step % 2 ? RobustMutex.create({ memory, offset }) : RobustMutex.openOrCreate({ memory, offset });
      expect(mutex.created).toBe(true);
      expect([...half]).toEqual([...whole]);
      mutex.lockSync().unlock();
    }
  });

  test('whose mutex has another kind is EBADMSG, at open and at each call', () => {
    const memory = attached();
    const mutex = robustMutex(memory);
    const words = memory.view(Uint32Array, 64, 10);
    const kind = [...words].findIndex((word) => word !== 0);
    const damaged = (call: () => unknown, syscall: string) => {
      words[kind] ^= 3;
      expect(call).toThrow(ipcError('EBADMSG', syscall));
      words[kind] ^= 3;
    };
    damaged(() => RobustMutex.open({ memory, offset: 0 }), 'pthread_mutex_init');
    damaged(() => mutex.tryLock(), 'pthread_mutex_timedlock');
    damaged(() => mutex.lockSync({ timeout: 0 }), 'pthread_mutex_timedlock');
    const guard = mutex.lockSync();
    damaged(() => guard.unlock(), 'pthread_mutex_unlock');
    guard.unlock();
  });

  testWith('unshare')(
    'of another PID namespace is EPROTO, since its numbers of threads mean others',
    async () => {
      const memory = attached();
      robustMutex(memory);
      const script = [
        `import { sysv } from ${JSON.stringify(import.meta.resolve('posix-ipc'))};`,
        `const memory = sysv.SharedMemory.fromId(${memory.id}).attach();`,
        `for (const verb of ['create', 'open', 'openOrCreate'])`,
        '  try { sysv.RobustMutex[verb]({ memory, offset: 0 }); } catch ({ code, syscall }) { console.log(code, syscall); }',
      ].join('\n');
      const words = ['--pid', '--fork', process.execPath, '--input-type=module', '--eval', script];
      const { stdout, stderr } = await run('unshare', words);
      expect(stderr).toBe('');
      expect(stdout).toBe('EEXIST pthread_mutex_init\nEPROTO pid_namespaces\nEPROTO pid_namespaces\n');
    },
  );
});

describe('of processes that go for one place at once', () => {
  const racers = 4;
  const places = 500;

  test.each([
    ['create', 'EEXIST'],
    ['openOrCreate', 'opened'],
  ])('by %s, one has made each mutex', async (verb, others) => {
    const memory = attached(places * byteLength);
    using gun = Semaphore.create(name(), { value: 0 });
    const programs = Array.from({ length: racers }, () =>
      start(process.execPath, [fixture('sysv/race-for-mutexes.mjs'), gun.name, verb, String(memory.id)]),
    );
    await Promise.all(programs.map((program) => program.printed('ready')));
    for (const _ of programs) gun.post();
    const ended = await Promise.all(programs.map((program) => program.ended));
    const seen: string[][] = ended.map(({ stdout }) => JSON.parse(stdout.slice('ready\n'.length)));
    for (let place = 0; place < places; place++) {
      expect(seen.map((results) => results[place]).sort()).toEqual(
        ['created', ...Array(racers - 1).fill(others)].sort(),
      );
    }
  });
});
