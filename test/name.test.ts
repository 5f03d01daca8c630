import { MessageQueue, Semaphore, SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from './helpers/leftovers.js';
import { uniqueName } from './helpers/names.js';
import { name } from './helpers/objects.js';
import { ipcError, typeError } from './helpers/thrown.js';

leaveNothing();

const kinds = [
  {
    kind: 'shared memory',
    opening: 'shm_open',
    unlinking: 'shm_unlink',
    longest: 255,
    create: (name: string) => SharedMemory.create(name, { size: 1 }),
    open: (name: string) => SharedMemory.open(name),
    openOrCreate: (name: string) => SharedMemory.openOrCreate(name, { size: 1 }),
    unlink: (name: string) => SharedMemory.unlink(name),
  },
  {
    kind: 'a semaphore',
    opening: 'sem_open',
    unlinking: 'sem_unlink',
    longest: 251,
    create: (name: string) => Semaphore.create(name, { value: 0 }),
    open: (name: string) => Semaphore.open(name),
    openOrCreate: (name: string) => Semaphore.openOrCreate(name, { value: 0 }),
    unlink: (name: string) => Semaphore.unlink(name),
  },
  {
    kind: 'a message queue',
    opening: 'mq_open',
    unlinking: 'mq_unlink',
    longest: 255,
    create: (name: string) => MessageQueue.create(name, { maxMessages: 1, messageSize: 1 }),
    open: (name: string) => MessageQueue.open(name),
    openOrCreate: (name: string) => MessageQueue.openOrCreate(name, { maxMessages: 1, messageSize: 1 }),
    unlink: (name: string) => MessageQueue.unlink(name),
  },
];
const verbs = ['create', 'open', 'openOrCreate', 'unlink'] as const;

const malformed = [
  { what: 'empty', value: '', words: 'it is empty' },
  { what: 'without its slash', value: 'ring', words: 'it has to begin with a slash' },
  { what: 'of a slash only', value: '/', words: 'nothing follows the slash' },
  { what: 'with an inner slash', value: '/a/b', words: 'only the first character may be a slash' },
  { what: 'with a NUL', value: '/ring\0more', words: 'it has a NUL character' },
  { what: 'of the folder itself', value: '/.', words: 'this is a directory' },
  { what: 'of the folder above', value: '/..', words: 'this is a directory' },
];

describe.each(kinds)('the name of $kind', (kind) => {
  test.each(malformed)('$what is refused by every call, with the reason', ({ value, words }) => {
    for (const verb of verbs)
      expect(() => kind[verb](value)).toThrow(typeError('ERR_INVALID_ARG_VALUE', words));
  });

  test.each([undefined, null, 7, {}, Symbol('ring')])('of another type is refused: %s', (value) => {
    for (const verb of verbs) {
      expect(() => Reflect.apply(kind[verb], undefined, [value])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`name`: expected a string'),
      );
    }
  });

  test('may be as long as the system takes it, counted in bytes', () => {
    const start = name();
    const longest = start.padEnd(kind.longest + 1, 'x');
    kind.create(longest).close();
    kind.open(longest).close();
    kind.unlink(longest);

    const tooLong = [`${longest}x`, start.padEnd(kind.longest, 'x').concat('é'), `/${'x'.repeat(5000)}`];
    for (const value of tooLong) {
      for (const verb of ['create', 'open', 'openOrCreate'] as const) {
        expect(() => kind[verb](value)).toThrow(ipcError('ENAMETOOLONG', kind.opening, { path: value }));
      }
      expect(() => kind.unlink(value)).toThrow(ipcError('ENAMETOOLONG', kind.unlinking, { path: value }));
    }
  });

  test('may have any characters but a slash and NUL', () => {
    const odd = `${name()} é 消 ..\n`;
    kind.create(odd).close();
    const opened = kind.open(odd);
    expect(opened.name).toBe(odd);
    opened.close();
    kind.unlink(odd);
  });

  test('that nobody has is ENOENT for open and unlink', () => {
    const path = uniqueName();
    expect(() => kind.open(path)).toThrow(ipcError('ENOENT', kind.opening, { path }));
    expect(() => kind.unlink(path)).toThrow(ipcError('ENOENT', kind.unlinking, { path }));
  });

  test('that is taken is EEXIST for create, with what to do, and stays', () => {
    const path = name();
    kind.create(path).close();
    expect(() => kind.create(path)).toThrow(
      ipcError('EEXIST', kind.opening, { path, hint: 'open it, use openOrCreate, or unlink it first' }),
    );
    kind.open(path).close();
  });

  test('is told with what openOrCreate did: made it, then found it', () => {
    const path = name();
    const first = kind.openOrCreate(path);
    const second = kind.openOrCreate(path);
    const third = kind.open(path);
    expect([first.created, second.created, third.created]).toEqual([true, false, false]);
    expect([first.name, second.name, third.name]).toEqual([path, path, path]);
    for (const handle of [first, second, third]) handle.close();
  });

  test('taken away leaves the object to those who have it open, and makes room for another', () => {
    const path = name();
    const old = kind.create(path);
    kind.unlink(path);
    expect(old.stat().links).toBe(0);
    const next = kind.create(path);
    expect(next.stat().links).toBe(1);
    expect(next.stat().ino).not.toBe(old.stat().ino);
    old.close();
    next.close();
  });
});
