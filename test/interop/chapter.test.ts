import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SharedMemory } from 'posix-ipc';
import { describe, expect, onTestFinished } from 'vitest';
import { outcomeOf, refused } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { type Program, start } from '../helpers/program.js';
import { python, testWith } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

// multiprocessing.shared_memory of Python, in the words of the chapter this package answers.

const size = 10;
const numbers = Array.from({ length: size }, (_, index) => index + 1);
const test = testWith('python3');

leaveNothing();

function chapter(...args: (string | number)[]): Program {
  const script = fileURLToPath(new URL('python/chapter.py', import.meta.url));
  return start(python, [script, ...args.map(String)], {
    env: { LD_PRELOAD: '', PYTHONDONTWRITEBYTECODE: '1' },
  });
}

/** Python wants a name without the slash. */
const nameless = (name: string) => name.slice(1);

describe("the chapter's consumer and our producer", () => {
  test('it reads each number as we write it', async () => {
    const name = uniqueName();
    using memory = SharedMemory.create(name, { size: size * 4, unlinkOnExit: true });
    const buffer = memory.view(Int32Array);
    const consumer = chapter('consume', nameless(name), size);
    await consumer.printed('consuming');

    for (let index = 0; index < size; index++) {
      expect(consumer.child.exitCode).toBe(null);
      buffer[index] = index + 1;
      await sleep(2);
    }
    const { code, stdout } = await consumer.ended;
    expect(code).toBe(0);
    expect(stdout.split('\n')[1]).toBe(`[${numbers.join(', ')}]`);
  });

  test("our map goes on working after Python's resource tracker has removed the name", async () => {
    const name = uniqueName();
    const memory = SharedMemory.create(name, { size: size * 4, unlinkOnExit: true });
    const buffer = memory.view(Int32Array);
    buffer.set(numbers);
    expect(memory.stat().links).toBe(1);

    const { code, stderr } = await chapter('consume', nameless(name), size).ended;
    expect(code).toBe(0);
    expect(stderr).toContain('resource_tracker');
    expect(existsSync(`/dev/shm${name}`)).toBe(false);

    expect(memory.stat().links).toBe(0);
    buffer[3] = 42;
    memory.write(16, Buffer.from([7, 0, 0, 0]));
    expect([...memory.view(Int32Array, 12, 2)]).toEqual([42, 7]);
    memory.resize(8192);
    expect(memory.view(Int32Array)[3]).toBe(42);
    expect(outcomeOf(() => SharedMemory.unlink(name))).toEqual(
      refused('ENOENT', 'shm_unlink', { path: name }),
    );
    memory.close();
    expect(memory.closed).toBe(true);
    expect(outcomeOf(() => SharedMemory.open(name))).toEqual(refused('ENOENT', 'shm_open', { path: name }));
  });

  test('the name that it removed can be given to a new object while we hold the old one', async () => {
    const name = uniqueName();
    using memory = SharedMemory.create(name, { size: size * 4, unlinkOnExit: true });
    memory.view(Int32Array).set(numbers);
    await chapter('consume', nameless(name), size).ended;

    using successor = SharedMemory.create(name, { size: 4096 });
    onTestFinished(() => SharedMemory.unlink(name));
    expect(successor.stat().ino).not.toBe(memory.stat().ino);
    expect(successor.view(Int32Array)[0]).toBe(0);
  });
});

describe("the chapter's producer and our consumer", () => {
  test('we read each number as it writes it into what we have created', async () => {
    const name = uniqueName();
    using memory = SharedMemory.create(name, { size: size * 4, unlinkOnExit: true });
    const buffer = memory.view(Int32Array);
    const producer = chapter('produce', nameless(name), size);

    await until(() => !buffer.includes(0));
    expect([...buffer]).toEqual(numbers);
    expect((await producer.ended).code).toBe(0);
  });

  test('we read each number as it writes it into what it has created, and outlive its unlink', async () => {
    const name = uniqueName();
    const producer = chapter('create', nameless(name), size);
    await producer.printed('created');

    using memory = SharedMemory.open(name);
    const buffer = memory.view(Int32Array, 0, size);
    const seen: number[] = [];
    for (let index = 0; index < size; index++) {
      await until(() => buffer[index] !== 0);
      seen.push(buffer[index] as number);
    }
    expect(seen).toEqual(numbers);

    producer.child.stdin.end('\n');
    expect((await producer.ended).code).toBe(0);
    expect(memory.stat().links).toBe(0);
    expect([...buffer]).toEqual(numbers);
  });
});
