import { SharedMemory, sysv } from 'posix-ipc';
import { expect, test } from 'vitest';
import { attempt, refused } from '../helpers/attempt.js';
import { leaveNothing, watchId } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { fixture, run } from '../helpers/program.js';
import { survives } from '../helpers/survives.js';
import { testWith } from '../helpers/tools.js';

// What was found in other packages of this kind, and must not be found here; each in a process of its own. The whole
// list of 41, and where each is tested:
//
//  1 to 9, 32 to 37, 41  here; a peer that truncates the object (in 5 and 32) in guard.test.ts
//  10, 11, 15 to 19, 21  message-queue.test.ts; 12 there, as far as receiving goes
//  13, 14, 20            events, promises and the thread pool: come with the waits that do not block
//  22, 24, 25            semaphore.test.ts; 23 there for signals, for timers with the waits that do not block
//  26 to 31, 38 to 40    rings and logs: come with the channel
leaveNothing();

test('defect 1: a view kept past close has length 0, and writing to it does nothing', async () => {
  await survives('view-kept-past-close');
});

test('defect 2: collecting one handle and its view leaves the others alone', async () => {
  await survives('second-view-collected');
});

test('defect 3: a handle closed before does not unmap what has its addresses now', async () => {
  await survives('same-address-again');
});

test('defect 4: bytes of another program are bytes, and no length is read from them', async () => {
  await survives('foreign-bytes');
});

testWith('unshare')('defect 5: more than /dev/shm has is ENOSPC at creation', async () => {
  const path = name();
  const make = ({ SharedMemory }: typeof import('posix-ipc'), path: string) =>
    SharedMemory.create(path, { size: 65 * 2 ** 20 });
  expect(await attempt({ shm: '64m' }, make, path)).toEqual(refused('ENOSPC', 'posix_fallocate', { path }));
});

test('defect 6: sizes beyond 32 bits are these sizes, and elements that do not fit are not there', async () => {
  await survives('sizes-beyond-32-bits');
});

test('defect 7: what is closed is unmapped, 200 times, and a NUL in the name does not open another object', async () => {
  await survives('opened-200-times');
});

test('defect 8: the library may be loaded in worker threads only', async () => {
  await survives('only-in-a-worker');
});

test('defect 8: giving the buffer away leaves the memory where it is', async () => {
  await survives('buffer-posted');
});

test('defect 8: bytes that were taken out of the buffer may be used, whatever becomes of the handle', async () => {
  await survives('buffer-transferred');
});

test.each([
  ['a clean exit', ''],
  ['SIGTERM', 'SIGTERM'],
])(
  'defect 9: a segment attached twice is gone after %s, and the library prints nothing',
  async (_, signal) => {
    const words = [fixture('defects/segment-attached-twice.mjs'), name(), signal];
    const ended = await run(process.execPath, words);
    const id = watchId('shm', Number(ended.stdout));
    expect(ended).toEqual({ code: signal ? null : 0, signal: signal || null, stdout: `${id}\n`, stderr: '' });
    expect(() => sysv.SharedMemory.fromId(id)).toThrow('EINVAL');
  },
);

test('defect 32: writing to a read-only map, or mapping more than there is, ends no process', async () => {
  await survives('read-only-written');
});

test('defect 33: an offset of 4 GiB is not cut, and there is a close that unmaps', async () => {
  await survives('offset-of-4-gib');
});

test('defect 34: advice about bytes outside of the map is refused', async () => {
  await survives('advice-outside');
});

test('defect 35: a kept view, a read-only view and a length beyond the object end no process', async () => {
  await survives('view-kept-past-close');
  await survives('read-only-written');
});

test('defect 36: a FIFO under the name is refused', async () => {
  await survives('fifo-opened');
});

test('defect 37: 10,000 handles that nobody closed are collected', async () => {
  await survives('dropped-10000-times');
});

test('defect 41: Atomics count exactly between processes, and wait between none', async () => {
  const path = name();
  using memory = SharedMemory.create(path, { size: 4096 });
  const words = [fixture('defects/counted-by-atomics.mjs'), path, '100000'];
  const ended = await Promise.all([run(process.execPath, words), run(process.execPath, words)]);
  expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(Array(2).fill([0, '']));
  expect(memory.view(Int32Array)[0]).toBe(200_000);
});
