import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Semaphore } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { lockBlock } from '../helpers/lock-block.js';
import { uniqueName } from '../helpers/names.js';
import { fixture, type Program, run, start } from '../helpers/program.js';
import { python, testWith } from '../helpers/tools.js';
import { alone, asNobody, leakOf, verdictElsewhere, verdictOn } from '../helpers/verdicts.js';

leaveNothing();

/** A file in /dev/shm that goes with the test. */
function file(bytes: Uint8Array, name = uniqueName()): string {
  const path = `/dev/shm${name}`;
  writeFileSync(path, bytes);
  onTestFinished(() => rmSync(path, { force: true }));
  return name;
}

async function seated(name: string, seat: number, ...words: string[]): Promise<Program> {
  const program = start(python, [fixture('inspect/take-seat.py'), `/dev/shm${name}`, String(seat), ...words]);
  await program.printed('ready');
  return program;
}

async function kill({ child, ended }: Program): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

describe('a lock of this library', () => {
  testWith('python3')(
    'is in use while a seat is held, and an orphan when its last holder was killed',
    async () => {
      const name = file(lockBlock({ kind: 3 }));
      const [one, other] = [await seated(name, 0), await seated(name, 251)];
      expect(verdictOn(name).verdict).toBe('in use');
      await kill(one);
      expect(verdictOn(name).verdict).toBe('in use');
      await kill(other);

      const seat = (number: number, { pid }: Program) =>
        new RegExp(`^seat ${number}: process ${pid}, begun at tick \\d+, which did not leave it, is gone$`);
      expect(leakOf(name)).toMatchObject({
        verdict: 'orphan',
        evidence: [
          'it is a rwLock of this library',
          'none of its 252 seats is held: no byte of it is locked',
          expect.stringMatching(seat(0, one)),
          expect.stringMatching(seat(251, other)),
        ],
        remove: `rm -- /dev/shm${name}`,
      });
    },
  );

  testWith('python3')('is no orphan while one lives that has left its seat', async () => {
    const name = file(lockBlock({}));
    const program = await seated(name, 4, 'close');
    const { verdict, evidence } = verdictOn(name);
    expect(['unclaimed', 'unknown']).toContain(verdict);
    expect(evidence).toContainEqual(
      expect.stringMatching(new RegExp(`^seat 4: process ${program.pid}, .*, which left it, is alive$`)),
    );
    await kill(program);
    expect(verdictOn(name).verdict).toBe('orphan');
  });

  testWith('python3')('is an orphan though another process has the number of its holder by now', async () => {
    const start = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19]);
    const mine = { seat: 0, epoch: 0x8000_0001, pid: process.pid };
    expect(verdictOn(file(lockBlock({ seats: [{ ...mine, start: start - 1 }] }))).verdict).toBe('orphan');
    expect(verdictOn(file(lockBlock({ seats: [{ ...mine, start }] }))).verdict).not.toBe('orphan');
  });

  test('that nobody has ever used proves nothing, nor does one whose users have no possible number', () => {
    expect(verdictOn(file(lockBlock({}))).verdict).not.toBe('orphan');
    for (const pid of [0, 2 ** 22 + 1, 2 ** 32 - 1]) {
      const seats = [{ seat: 0, epoch: 1, pid, start: 1 }];
      expect(verdictOn(file(lockBlock({ seats }))).verdict).not.toBe('orphan');
    }
  });

  test('is a file of one block: what is longer holds something else besides', () => {
    const block = lockBlock({ seats: [{ seat: 0, epoch: 1, pid: 2 ** 22, start: 1 }] });
    expect(verdictOn(file(block)).verdict).toBe('orphan');
    expect(verdictOn(file(Buffer.concat([block, Buffer.alloc(4096)]))).verdict).not.toBe('orphan');
    expect(verdictOn(file(block.fill(0, 0, 4))).verdict).not.toBe('orphan');
  });

  testWith('python3', 'another user')(
    'is judged so, too, by a user who may not look into the processes',
    async () => {
      const name = file(lockBlock({}));
      chmodSync(`/dev/shm${name}`, 0o644);
      const program = await seated(name, 3);
      expect(await verdictElsewhere(asNobody, 'name', name)).toMatchObject({
        verdict: 'in use',
        evidence: ['a process that could not be looked into has bytes 4 to 4 of it locked'],
      });
      await kill(program);
      expect(await verdictElsewhere(asNobody, 'name', name)).toMatchObject({ verdict: 'orphan' });
      chmodSync(`/dev/shm${name}`, 0o600);
      expect(await verdictElsewhere(asNobody, 'name', name)).toMatchObject({ verdict: 'unknown' });
    },
  );
});

describe('a file that sem_open(3) had not finished when it was killed', () => {
  /** Kills a program in the call of sem_open's, and gives the names that it left with this content of its own. */
  async function killedIn(call: string): Promise<string[]> {
    const name = uniqueName();
    const before = semaphores();
    const script = `import { Semaphore } from 'posix-ipc'; Semaphore.create('${name}', { value: 77 });`;
    const node = [process.execPath, '--input-type=module', '--eval', script];
    const inject = ['-f', '-qq', '-o', '/dev/null', '-e', `inject=${call}:error=EPERM:signal=SIGKILL`];
    const { signal } = await run('strace', [...inject, ...node]);
    expect(signal).toBe('SIGKILL');
    // Other programs make semaphores meanwhile.
    const ours = (file: string) => file === name || /^\/\w{6}$/.test(file);
    const made = semaphores().filter((file) => ours(file) && !before.includes(file));
    onTestFinished(() => {
      for (const file of made) rmSync(`/dev/shm/sem.${file.slice(1)}`, { force: true });
    });
    return made.sort((one, other) => one.length - other.length);
  }

  testWith('strace', 'unshare')('is an orphan when its name was left beside the right one', async () => {
    const [temporary, right] = await killedIn('?unlink,?unlinkat');
    expect(temporary).toMatch(/^\/\w{6}$/);
    const evidence = [
      'no process that is seen here has it mapped or open',
      expect.stringContaining(`temporary name of ${right}`),
    ];
    const remove = `rm -- /dev/shm/sem.${temporary.slice(1)}`;
    const leak = await verdictElsewhere(alone, 'name', temporary);
    expect(leak).toMatchObject({ verdict: 'orphan', evidence, remove });
    expect(await verdictElsewhere(alone, 'name', right)).toMatchObject({ verdict: 'unclaimed' });
  });

  testWith('strace', 'unshare')('is unclaimed when it is whole: it may be one of that name', async () => {
    const [temporary, ...others] = await killedIn('?link,?linkat');
    expect(others).toEqual([]);
    expect(await verdictElsewhere(alone, 'name', temporary)).toMatchObject({ verdict: 'unclaimed' });
  });

  testWith('python3', 'unshare')('is an orphan when nothing was written yet', async () => {
    const name = randomName();
    onTestFinished(() => rmSync(`/dev/shm/sem.${name.slice(1)}`, { force: true }));
    const script = 'import os, sys; os.open(sys.argv[1], os.O_CREAT | os.O_EXCL); os.kill(os.getpid(), 9)';
    const { signal } = await run(python, ['-c', script, `/dev/shm/sem.${name.slice(1)}`]);
    expect(signal).toBe('SIGKILL');
    const evidence = [
      'no process that is seen here has it mapped or open',
      expect.stringContaining('before it had written'),
    ];
    expect(await verdictElsewhere(alone, 'name', name)).toMatchObject({ verdict: 'orphan', evidence });
  });

  testWith('unshare')('is not one of two names of the same form, nor one of three', async () => {
    const names = [0, 1].map(() => randomName());
    const long = uniqueName();
    const path = (name: string) => `/dev/shm/sem.${name.slice(1)}`;
    onTestFinished(() => {
      for (const name of [...names, long]) rmSync(path(name), { force: true });
    });
    Semaphore.create(names[0], { value: 1 }).close();
    linkSync(path(names[0]), path(names[1]));
    expect((await verdictElsewhere(alone, 'name', names[0])).verdict).toBe('unclaimed');
    linkSync(path(names[0]), path(long));
    expect((await verdictElsewhere(alone, 'name', names[0])).verdict).toBe('unclaimed');
    rmSync(path(names[1]));
    expect((await verdictElsewhere(alone, 'name', names[0])).verdict).toBe('orphan');
    const third = `/dev/shm${long}`;
    linkSync(path(long), third);
    onTestFinished(() => rmSync(third));
    expect((await verdictElsewhere(alone, 'name', names[0])).verdict).toBe('unclaimed');
  });

  testWith('unshare')('is not one that somebody has called so', async () => {
    const name = randomName();
    onTestFinished(() => Semaphore.unlink(name));
    const semaphore = Semaphore.create(name, { value: 1 });
    expect(verdictOn(name).verdict).toBe('in use');
    semaphore.close();
    expect(await verdictElsewhere(alone, 'name', name)).toMatchObject({ verdict: 'unclaimed' });
  });
});

/** As sem_open(3) makes them up. */
const randomName = () => `/${randomBytes(3).toString('hex')}`;

const semaphores = () =>
  readdirSync('/dev/shm')
    .filter((file) => file.startsWith('sem.'))
    .map((file) => `/${file.slice('sem.'.length)}`);
