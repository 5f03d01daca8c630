import { SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { attempt } from '../helpers/attempt.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { ipcError, typeError } from '../helpers/thrown.js';

leaveNothing();

const page = 4096;
const mebibyte = 2 ** 20;

describe('reserve', () => {
  test('takes the space of the whole object, keeps its bytes, and may be done twice', async () => {
    using memory = SharedMemory.create(name(), { size: 40 * mebibyte, reserve: false });
    memory.write(20 * mebibyte, 'kept');
    await memory.reserve();
    await memory.reserve({});
    expect([memory.stat().allocated, memory.stat().size]).toEqual([40 * mebibyte, 40 * mebibyte]);
    expect(memory.readText(20 * mebibyte, 4)).toBe('kept');
  });

  test('lets the event loop go on', async () => {
    using memory = SharedMemory.create(name(), { size: 256 * mebibyte, reserve: false });
    let turns = 0;
    let done = false;
    const count = () => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await memory.reserve();
    done = true;
    expect(memory.stat().allocated).toBe(256 * mebibyte);
    expect(turns).toBeGreaterThan(10);
  });

  test('takes no thread of the pool', async () => {
    const memories = Array.from({ length: 6 }, () =>
      SharedMemory.create(name(), { size: 32 * mebibyte, reserve: false }),
    );
    await Promise.all(memories.map((memory) => memory.reserve()));
    expect(memories.map((memory) => memory.stat().allocated)).toEqual(Array(6).fill(32 * mebibyte));
    for (const memory of memories) memory.close();
  });

  test('is given up with the reason of its signal, whatever that is', async () => {
    using memory = SharedMemory.create(name(), { size: 512 * mebibyte, reserve: false });
    const reason = { because: 'changed my mind' };
    const controller = new AbortController();
    const reserved = memory.reserve({ signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(reserved).rejects.toBe(reason);
    expect(memory.stat().allocated).toBeLessThan(512 * mebibyte);
    expect(memory.size).toBe(512 * mebibyte);
  });

  test('does not begin when its signal was aborted before', async () => {
    using memory = SharedMemory.create(name(), { size: page, reserve: false });
    await expect(memory.reserve({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(memory.stat().allocated).toBe(0);
  });

  test('leaves no listener on its signal', async () => {
    using memory = SharedMemory.create(name(), { size: page, reserve: false });
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = () => {
      listeners += 1;
    };
    signal.removeEventListener = () => {
      listeners -= 1;
    };
    await memory.reserve({ signal });
    expect(listeners).toBe(0);
  });

  test('goes on when the handle is closed meanwhile', async () => {
    const path = name();
    const memory = SharedMemory.create(path, { size: 64 * mebibyte, reserve: false });
    const reserved = memory.reserve();
    memory.close();
    await reserved;
    using again = SharedMemory.open(path);
    expect(again.stat().allocated).toBe(64 * mebibyte);
  });

  test('through a read-only handle is EACCES', async () => {
    const path = name();
    SharedMemory.create(path, { size: page }).close();
    using memory = SharedMemory.open(path, { readOnly: true });
    await expect(memory.reserve()).rejects.toEqual(ipcError('EACCES', 'reserve', { path }));
  });

  test.each([null, {}, 'now', 7])('with a signal that is none, %s, is a TypeError', async (signal) => {
    using memory = SharedMemory.create(name(), { size: page });
    await expect(Reflect.apply(memory.reserve, memory, [{ signal }])).rejects.toEqual(
      typeError('ERR_INVALID_ARG_TYPE', '`signal`: expected an AbortSignal'),
    );
  });

  test('keeps the loop alive until it is done', async () => {
    const path = name();
    const outcome = await attempt(
      {},
      async ({ SharedMemory }, path: string) => {
        const memory = SharedMemory.create(path, { size: 64 * 2 ** 20, reserve: false });
        await memory.reserve();
        return memory.stat().allocated;
      },
      path,
    );
    expect(outcome.value).toBe(64 * mebibyte);
  });
});
