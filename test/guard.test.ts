import { statfsSync } from 'node:fs';
import { SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { attempt, type Ipc } from './helpers/attempt.js';
import { leaveNothing } from './helpers/leftovers.js';
import { name } from './helpers/objects.js';
import { fixture, runFixture, start } from './helpers/program.js';
import { testWith } from './helpers/tools.js';

leaveNothing();

/** Runs a program of test/fixtures/guard on objects of its own; none of its assertions fails. */
async function lives(program: string, words: string[] = [], code = 0): Promise<string> {
  const { signal, stderr, ...ended } = await runFixture(`guard/${program}.mjs`, [name(), ...words]);
  expect({ code: ended.code, signal, stderr }).toMatchObject({ code, signal: null });
  return stderr;
}

const touch = (...words: string[]) => runFixture('guard/touch.mjs', [name(), ...words]);
const dead = { code: null, signal: 'SIGBUS' };

describe('where another process has made the object shorter', () => {
  test('views have zeros, every call is ESTALE, and nothing else is harmed', async () => {
    expect(await lives('peer-shortens')).toBe('');
  });

  test('the very call that finds it out is refused, semaphores and queues too', async () => {
    expect(await lives('hit-in-the-call')).toBe('');
  });

  test('threads of the pool, system calls and workers go on, while handles are closed', async () => {
    expect(await lives('other-threads')).toBe('');
  });
});

describe('a listener for SIGBUS', () => {
  test.each(['before', 'after'])('added %s the first map is removed with a warning', async (when) => {
    const stderr = await lives('listeners', [when], 5);
    expect(
      stderr.match(/\[POSIX_IPC_SIGBUS_LISTENER\] Warning: A listener for SIGBUS was removed/g),
    ).toHaveLength(when === 'before' ? 1 : 5);
  });
});

describe('a SIGBUS that is none of its business', () => {
  testWith('no sanitizer')('ends the process', async () => {
    const program = start(process.execPath, [fixture('guard/touch.mjs'), name(), 'waits']);
    await program.printed('enabled true');
    program.child.kill('SIGBUS');
    expect(await program.ended).toMatchObject(dead);
  });
});

testWith('no sanitizer')(
  'where the kernel gives no map the process ends by SIGBUS, and does not run for ever',
  async () => {
    expect(await touch('without-addresses')).toMatchObject({ ...dead, stdout: 'enabled true\n' });
  },
);

describe('turned off', () => {
  testWith('no sanitizer')('it leaves the process to the signal', async () => {
    for (const word of ['disabled', 'disabled-before', 'disabled-in-a-worker']) {
      expect(await touch(word)).toMatchObject({ ...dead, stdout: 'enabled false\n' });
    }
  });

  test('and on again it guards what was opened before or meanwhile', async () => {
    for (const word of ['disabled', 'disabled-before', 'disabled-in-a-worker']) {
      const expected = { code: 0, signal: null, stdout: 'enabled true\nsurvived\n', stderr: '' };
      expect(await touch(word, 'enabled-again')).toMatchObject(expected);
    }
  });
});

describe('where /dev/shm is full', () => {
  testWith('unshare')('writing is ESTALE, by a view or a call, and what has its space stays', async () => {
    const fill = ({ SharedMemory }: Ipc, path: string) => {
      const codeOf = (call: () => unknown) => {
        try {
          call();
          return 'fine';
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      const small = SharedMemory.create(`${path}-small`, { size: 4096 });
      const large = SharedMemory.create(path, { size: 2 ** 22, reserve: false });
      const bytes = large.bytes();
      bytes.fill(1);
      small.write(0, 'small');
      const byView = codeOf(() => large.stat());
      large.close();
      const again = SharedMemory.open(path);
      const byCall = codeOf(() => again.write(0, new Uint8Array(2 ** 22)));
      again.close();
      SharedMemory.unlink(path);
      const next = SharedMemory.create(path, { size: 2 ** 19 });
      next.bytes().fill(1);
      return [byView, byCall, codeOf(() => next.stat()), small.readText(0, 5)];
    };
    expect(await attempt({ shm: '1m' }, fill, name())).toEqual({
      value: ['ESTALE', 'ESTALE', 'fine', 'small'],
    });
  });

  test('an object may be larger than the space there is, as long as it is not used', () => {
    const { bsize, bavail } = statfsSync('/dev/shm');
    const size = bsize * bavail + 2 ** 20;
    using memory = SharedMemory.create(name(), { size, reserve: false });
    memory.write(size - 1, 'x');
    expect(memory.readText(size - 1, 1)).toBe('x');
  });
});
