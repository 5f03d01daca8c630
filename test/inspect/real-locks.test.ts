import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Mutex, SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { holder, killed } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import type { Program } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';
import { alone, asNobody, leakOf, verdictElsewhere, verdictOn } from '../helpers/verdicts.js';

// Of locks that the library itself has made; leaked-locks.test.ts makes their bytes up.
leaveNothing();

/** The sentence about a seat: with a farewell or not, and what became of who sat there. */
const seat = (number: number, { pid }: Program, left: string, fate: string) =>
  expect.stringMatching(
    new RegExp(`^seat ${number}: process ${pid}, begun at tick \\d+, which ${left} it, is ${fate}$`),
  );

const ways = [
  ['Mutex', 'mutex'],
  ['Mutex.lock', 'mutex'],
  ['Mutex.lockSync', 'mutex'],
  ['Condition', 'condition'],
  ['RwLock', 'rwLock'],
  ['RwLock.read', 'rwLock'],
  ['RwLock.writeSync', 'rwLock'],
  ['Barrier', 'barrier'],
  ['Barrier.wait', 'barrier'],
] as const;

describe.each(ways)('a lock that a process has by %s', (way, kind) => {
  test('is in use, and an orphan of its own once that process was killed', async () => {
    const path = name();
    const program = await holder(way, path);
    const mapped = new RegExp(`^process ${program.pid} .*has it mapped: readWrite$`);
    expect(verdictOn(path)).toMatchObject({
      verdict: 'in use',
      evidence: expect.arrayContaining([expect.stringMatching(mapped)]),
    });
    expect(leakOf(path)).toBe(undefined);
    await killed(program);

    const leak = leakOf(path);
    expect(leak).toMatchObject({
      verdict: 'orphan',
      evidence: [
        `it is a ${kind} of this library`,
        'none of its 252 seats is held: no byte of it is locked',
        seat(0, program, 'did not leave', 'gone'),
      ],
      remove: `rm -- /dev/shm${path}`,
    });
    execFileSync('sh', ['-c', leak?.remove ?? 'exit 1']);
    expect(existsSync(`/dev/shm${path}`)).toBe(false);
  });

  test('is in use as long as one of several has it', async () => {
    const path = name();
    const [one, other] = [await holder(way, path), await holder(way.split('.')[0], path)];
    await killed(one);
    expect(verdictOn(path).verdict).toBe('in use');
    await killed(other);
    expect(leakOf(path)).toMatchObject({
      verdict: 'orphan',
      evidence: expect.arrayContaining([
        seat(0, one, 'did not leave', 'gone'),
        seat(1, other, 'did not leave', 'gone'),
      ]),
    });
  });
});

test('a lock that was closed is nobody’s, and no orphan until its last user is gone', async () => {
  const path = name();
  const program = await holder('Mutex.lock', path);
  program.child.stdin.write('close\n');
  await program.printed('did close');
  const { verdict, evidence } = verdictOn(path);
  expect(['unclaimed', 'unknown']).toContain(verdict);
  expect(evidence).toContainEqual(seat(0, program, 'left', 'alive'));
  await killed(program);
  expect(verdictOn(path)).toMatchObject({
    verdict: 'orphan',
    evidence: expect.arrayContaining([seat(0, program, 'left', 'gone')]),
  });
});

test('a lock whose user has ended without closing it is an orphan', async () => {
  const path = name();
  const program = await holder('Mutex', path);
  program.child.stdin.write('end without closing\n');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  expect(verdictOn(path).verdict).toBe('orphan');
});

test('a lock in a memory is no object of its own', () => {
  const path = name();
  const memory = SharedMemory.create(path, { size: 8192 });
  Mutex.create({ memory, offset: 4096 }).close();
  memory.close();
  expect(['unclaimed', 'unknown']).toContain(verdictOn(path).verdict);
});

describe('by who cannot look into the process that has it', () => {
  testWith('another user')('a lock is judged by the byte of its seat: another user', async () => {
    const path = name();
    const program = await holder('Mutex.lock', path);
    const { verdict, evidence } = await verdictElsewhere(asNobody, 'name', path);
    expect([verdict, ...evidence]).toEqual([
      'in use',
      'a process that could not be looked into has bytes 1 to 1 of it locked',
    ]);
    await killed(program);
  });

  testWith('unshare')('a lock is judged by the byte of its seat: another PID namespace', async () => {
    const path = name();
    const program = await holder('RwLock.read', path);
    const { verdict, evidence } = await verdictElsewhere(alone, 'name', path);
    expect([verdict, ...evidence]).toEqual([
      'in use',
      'a process that could not be looked into has bytes 1 to 1 of it locked',
    ]);
    await killed(program);
    expect(await verdictElsewhere(alone, 'name', path)).toMatchObject({ verdict: 'orphan' });
  });
});
