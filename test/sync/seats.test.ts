import { readdirSync, readlinkSync } from 'node:fs';
import { Condition, Mutex, RwLock } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { fresh, peer } from '../helpers/peer.js';
import { run } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { until } from '../helpers/until.js';

leaveNothing();

const seats = 252;
const full = { hint: expect.stringContaining('252 seats') };

/** How many descriptors of this process are of the file. */
function descriptors(path: string): number {
  return readdirSync('/proc/self/fd').filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith(`/dev/shm${path}`);
    } catch {
      return false;
    }
  }).length;
}

describe.each([
  ['Mutex', Mutex],
  ['RwLock', RwLock],
  ['Condition', Condition],
])('a %s', (_, Class) => {
  test('has 252 seats, one for each handle; they come free by close()', () => {
    const path = name();
    const handles = [Class.create(path)];
    while (handles.length < seats) handles.push(Class.open(path));
    for (const open of [() => Class.open(path), () => Class.openOrCreate(path)]) {
      expect(open).toThrow(ipcError('EAGAIN', 'fcntl', { path, ...full }));
    }
    for (const handle of handles.splice(0, 3)) handle.close();
    while (handles.length < seats) handles.push(Class.open(path));
    expect(() => Class.open(path)).toThrow(ipcError('EAGAIN', 'fcntl', full));
    expect(descriptors(path)).toBe(seats);
    for (const handle of handles) handle.close();
    expect(descriptors(path)).toBe(0);
  });
});

test('a seat of a process that was killed comes free', async () => {
  const { path } = fresh((path) => Mutex.create(path));
  const other = await peer({ mutex: path });
  const handles = Array.from({ length: seats - 2 }, () => Mutex.open(path));
  expect(() => Mutex.open(path)).toThrow(ipcError('EAGAIN', 'fcntl'));
  await other.kill();
  handles.push(Mutex.open(path));
  for (const handle of handles) handle.close();
});

test('a refused open leaves no descriptor behind', () => {
  const { path } = fresh((path) => Mutex.create(path));
  const before = readdirSync('/proc/self/fd').length;
  for (let round = 0; round < 50; round++)
    expect(() => RwLock.open(path)).toThrow(ipcError('EPROTO', 'mmap'));
  expect(readdirSync('/proc/self/fd').length).toBe(before);
});

test('a handle that is dropped without close() is collected, and its seat comes free', async () => {
  const script = `
    import { Barrier, Condition, Mutex, RwLock } from ${JSON.stringify(import.meta.resolve('posix-ipc'))};
    for (const Class of [Mutex, RwLock, Condition, Barrier]) {
      const open = () => void Class.openOrCreate(process.argv[1] + Class.name, { unlinkOnExit: true, ...(Class === Barrier && { parties: 2 }) });
      for (let count = 0; count < 1000; count++) {
        open();
        if (count % 100 === 99) {
          globalThis.gc();
          await new Promise(setImmediate);
        }
      }
    }
    console.log('opened');`;
  const words = ['--expose-gc', '--input-type=module', '--eval', script, name()];
  const { code, stdout, stderr } = await run(process.execPath, words);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'opened\n', stderr: '' });
});

test('a handle that is dropped while it waits, and then served, is collected too', async () => {
  const { path, lock } = fresh((path) => Mutex.create(path));
  const before = descriptors(path);
  const guard = lock.lockSync();
  const waits = Array.from({ length: 10 }, async () => (await Mutex.open(path).lock()).unlock());
  expect(descriptors(path)).toBe(before + 10);
  guard.unlock();
  await Promise.all(waits);
  // What is dropped goes with whatever the engine collects next.
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  await until(() => {
    gc();
    return descriptors(path) === before;
  });
});
