import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { fixture, start } from '../helpers/program.js';
import { blocked } from '../helpers/until.js';
import { type Awaited, everyKind, type KindName, oneOfEach } from './objects.js';

leaveNothing();

const blocking = async (kind: KindName, timeout: string, ...listeners: string[]) => {
  const from: Awaited = oneOfEach(kind).all[kind];
  const words = [fixture('waiting/block.mjs'), kind, from.place, timeout, ...listeners];
  const program = start(process.execPath, words);
  await program.printed('blocking');
  return { from, program };
};

const syscalls: Record<KindName, RegExp> = {
  'posix semaphore': /^sem_(timed)?wait$/,
  'posix receive': /^mq_(timed)?receive$/,
  'posix send': /^mq_(timed)?send$/,
  'sysv semaphore': /^sem(timed)?op$/,
  'sysv receive': /^msgrcv$/,
  'sysv send': /^msgsnd$/,
};

describe.each(everyKind)('a process that is blocked (%s)', (kind) => {
  test.each([
    ['SIGINT', 'none'],
    ['SIGTERM', 'none'],
    ['SIGTERM', '60000'],
  ] as const)('dies of %s where nobody listens for it (timeout: %s)', async (signal, timeout) => {
    const { from, program } = await blocking(kind, timeout);
    await blocked(program.pid);
    program.child.kill(signal);
    expect(await program.ended).toMatchObject({ code: null, signal, stdout: 'blocking\n' });
    expect(from.items()).toBe(0);
  });

  test.each([
    ['SIGINT', 'none'],
    ['SIGTERM', '60000'],
  ] as const)('runs its listener for %s, after EINTR, and goes on (timeout: %s)', async (signal, timeout) => {
    const { from, program } = await blocking(kind, timeout, 'SIGINT', 'SIGTERM', 'SIGUSR2');
    // Not before it is in the call: the listener would be called before it.
    await sleep(110);
    program.child.kill(signal);
    await program.printed(new RegExp(`EINTR \\w+, heard ${signal}\n`));
    expect(from.items()).toBe(0);
    from.give();
    const { code, stdout } = await program.ended;
    expect(stdout).toMatch(/goes on\n$/);
    expect([code, from.items()]).toEqual([0, 0]);
    expect(/EINTR (\w+)/.exec(stdout)?.[1]).toMatch(syscalls[kind]);
  });

  test('is not disturbed by a signal that ends nobody, nor by a listener for another one', async () => {
    const { from, program } = await blocking(kind, 'none', 'SIGUSR2');
    for (let more = 0; more < 5; more++) {
      program.child.kill('SIGWINCH');
      program.child.kill('SIGCHLD');
      await sleep(5);
    }
    from.give();
    await program.printed('taken, heard \n');
    from.give();
    expect(await program.ended).toMatchObject({ code: 0 });
  });

  test('waits its time in slices, with listeners', async () => {
    const before = process.hrtime.bigint();
    const { from, program } = await blocking(kind, '120.5', 'SIGTERM');
    await program.printed('ETIMEDOUT');
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(120.5e6);
    from.give();
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(from.items()).toBe(0);
  });
});

test('a rain of signals with listeners costs no item', async () => {
  const { json, all } = oneOfEach();
  const program = start(process.execPath, [fixture('waiting/noise.mjs'), json]);
  await program.printed('waiting');
  const given = new Map<Awaited, number>();
  let over = false;
  program.ended.finally(() => {
    over = true;
  });
  while (!over && [...given.values()].reduce((sum, count) => sum + count, 0) < 200 * everyKind.length) {
    for (const from of Object.values(all)) {
      const count = given.get(from) ?? 0;
      if (count === 200 || from.items() > 2) continue;
      from.give();
      given.set(from, count + 1);
    }
    await sleep(0);
  }
  expect(await program.ended).toMatchObject({ code: 0, stdout: 'waiting\nheard\n', stderr: '' });
  expect(Object.values(all).map(({ items }) => items())).toEqual(everyKind.map(() => 0));
});
