import { statSync } from 'node:fs';
import { Barrier, Condition, MessageQueue, Mutex, RwLock, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { open } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name, temporary } from '../helpers/objects.js';

// Who may, after which mode and umask.
leaveNothing();

interface Options {
  mode?: number;
}

const modeOf = (path: string) => statSync(`/dev/shm${path}`).mode & 0o7777;
const size = 4096;
const plain: Record<string, (options: Options) => number> = {
  SharedMemory: (options) => open(SharedMemory.create(name(), { size, ...options })).stat().mode,
  Semaphore: (options) => open(Semaphore.create(name(), { value: 1, ...options })).stat().mode,
  MessageQueue: (options) =>
    open(MessageQueue.create(name(), { maxMessages: 1, messageSize: 8, ...options })).stat().mode,
};
const lock = (make: (path: string) => Disposable) => {
  const path = name();
  open(make(path));
  return modeOf(path);
};
const exact: Record<string, (options: Options) => number> = {
  Mutex: (options) => lock((path) => Mutex.create(path, options)),
  Condition: (options) => lock((path) => Condition.openOrCreate(path, options)),
  RwLock: (options) => lock((path) => RwLock.create(path, options)),
  Barrier: (options) => lock((path) => Barrier.openOrCreate(path, { parties: 2, ...options })),
  'sysv.SharedMemory': (options) => temporary(sysv.SharedMemory.create(0, { size, ...options })).stat().mode,
  'sysv.SemaphoreSet': (options) =>
    temporary(sysv.SemaphoreSet.create(0, { count: 1, ...options })).stat().mode,
  'sysv.MessageQueue': (options) => temporary(sysv.MessageQueue.create(0, options)).stat().mode,
};

function under<T>(umask: number, body: () => T): T {
  const before = process.umask(umask);
  try {
    return body();
  } finally {
    process.umask(before);
  }
}

describe.each(Object.entries({ ...plain, ...exact }))('a %s', (_, make) => {
  test('is for its user alone, whatever the umask', () => {
    for (const umask of [0, 0o022, 0o077]) expect(under(umask, () => make({}))).toBe(0o600);
  });
});

test.each(Object.entries(plain))('the umask is taken off the mode of a %s', (_, make) => {
  expect(under(0o022, () => make({ mode: 0o660 }))).toBe(0o640);
  expect(under(0o027, () => make({ mode: 0o666 }))).toBe(0o640);
  expect(under(0o007, () => make({ mode: 0o666 }))).toBe(0o660);
  expect(under(0, () => make({ mode: 0o666 }))).toBe(0o666);
});

test.each(Object.entries(exact))('the mode of a %s is the one that was asked for', (_, make) => {
  for (const umask of [0, 0o027, 0o077]) {
    for (const mode of [0o660, 0o666, 0o600]) expect(under(umask, () => make({ mode }))).toBe(mode);
  }
});

test('a lock in a memory has the mode of the memory', () => {
  const path = name();
  const memory = under(0, () => open(SharedMemory.create(path, { size, mode: 0o640 })));
  open(Mutex.create({ memory, offset: 0 }));
  expect(modeOf(path)).toBe(0o640);
});

test('the umask itself stays as it is', () => {
  const before = process.umask();
  for (const make of Object.values({ ...plain, ...exact })) make({ mode: 0o666 });
  expect(process.umask()).toBe(before);
});
