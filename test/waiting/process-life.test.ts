import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { fixture, start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';
import { blocked } from '../helpers/until.js';
import { everyKind, oneOfEach } from './objects.js';

leaveNothing();

/** Runs test/fixtures/waiting/NAME to its end, which the watchdog awaits. */
async function ends(name: string, words: string[], expected: object = {}, env: NodeJS.ProcessEnv = {}) {
  const program = start(process.execPath, ['--expose-gc', fixture(`waiting/${name}.mjs`), ...words], {
    input: '',
    env,
  });
  const ended = await program.ended;
  expect(ended).toEqual({ code: 0, signal: null, stdout: '', stderr: '', ...expected });
}

describe('with 64 pending waits of every kind', () => {
  test.each([
    'process.exit at once',
    'process.exit later',
    'process.exit in a microtask',
    'process.exit as one is served',
  ])('%s ends the process', async (way) => {
    await ends('pending', [way, oneOfEach().json], { code: 3 });
  });

  test.each(['an exception', 'a rejection'])('%s ends the process with code 1', async (way) => {
    const stderr = expect.stringContaining('Error: of the program');
    await ends('pending', [way, oneOfEach().json], { code: 1, stderr });
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGHUP'] as const)('%s ends the process', async (signal) => {
    const program = start(process.execPath, [fixture('waiting/pending.mjs'), 'a signal', oneOfEach().json]);
    await program.printed('waiting');
    program.child.kill(signal);
    expect(await program.ended).toMatchObject({ code: null, signal });
  });

  test.each(['unref at once', 'unref later'])('%s lets the process end', async (way) => {
    await ends('pending', [way, oneOfEach().json]);
  });

  test.each(['unref of all but one', 'unref and ref'])('%s keeps it alive', async (way) => {
    await ends('pending', [way, oneOfEach().json], { stdout: 'still there\n' });
  });

  test('close and removal end every wait, and then the process', async () => {
    await ends('pending', ['close', oneOfEach().json], { stdout: `0 ${64 * everyKind.length}\n` });
  });

  test('the process stays until the last one is served', async () => {
    const { json, all } = oneOfEach();
    const program = start(process.execPath, [fixture('waiting/pending.mjs'), 'stay', json]);
    await program.printed('waiting');
    await blocked(program.pid);
    const taken = new Map<string, number>();
    while ([...taken.values()].filter((count) => count === 64).length < everyKind.length) {
      for (const [kind, { give, items }] of Object.entries(all)) {
        const count = taken.get(kind) ?? 0;
        if (count === 64 || items() > 0) continue;
        give();
        taken.set(kind, count + 1);
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    expect(await program.ended).toMatchObject({ code: 0, stdout: `waiting\n${64 * everyKind.length} 0\n` });
    expect(Object.values(all).map(({ items }) => items())).toEqual(everyKind.map(() => 0));
  });

  test('fs, dns and crypto find the only thread of libuv free; ours have names, take no CPU and go', async () => {
    await ends('others-go-on', [oneOfEach().json], {}, { UV_THREADPOOL_SIZE: '1' });
  });
});

describe('a worker thread with pending waits of every kind', () => {
  test.each([
    'terminated',
    'terminated while it starts',
    'terminated while items come',
    'natural end',
    'process.exit',
    'exception',
  ])('ends as any other: %s', async (way) => {
    await ends('workers-pending', [way, oneOfEach().json, '4', '3']);
  });

  test.each(['terminated', 'process.exit', 'natural end'])('and with hundreds of them: %s', async (way) => {
    await ends('workers-pending', [way, oneOfEach().json, '2', '40']);
  });
});

describe('what is over keeps no process alive', () => {
  test.each([
    'served',
    'timed out',
    'aborted',
    'served as another one leaves',
    'served as another one leaves, later',
    'closed',
  ])('%s', async (way) => {
    await ends('ends-by-itself', [way, oneOfEach().json]);
  });

  testWith('another user')('refused, where no thread can be made', async () => {
    await ends('ends-by-itself', ['refused', oneOfEach().json]);
  });
});

test('a handle that nobody refers to stays as long as it has a pending wait', async () => {
  const { json, all } = oneOfEach();
  const program = start(process.execPath, ['--expose-gc', fixture('waiting/not-collected.mjs'), json]);
  await program.printed('waiting');
  for (const { give } of Object.values(all)) give();
  expect(await program.ended).toMatchObject({ code: 0, stdout: 'waiting\nserved\n', stderr: '' });
});

test('1,000 handles with 10,000 pending waits have a thread each at most', async () => {
  await ends('many', [oneOfEach().json]);
});

test('two workers and the main thread wait on the same objects: each item goes to one of them', async () => {
  await ends('shared-by-threads', [oneOfEach().json]);
});
