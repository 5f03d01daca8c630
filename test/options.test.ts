import { Barrier, Condition, MessageQueue, Mutex, RwLock, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from './helpers/leftovers.js';
import { uniqueKey } from './helpers/names.js';
import { letters, name, segment, set } from './helpers/objects.js';
import { rangeError, typeError } from './helpers/thrown.js';

leaveNothing();

/** Every call that takes options, with the names it knows, and how it is called with them. */
const calls: [string, string[], (options: object) => unknown][] = [
  [
    'SharedMemory.create',
    ['size', 'mode', 'reserve', 'unlinkOnExit'],
    (options) => Reflect.apply(SharedMemory.create, SharedMemory, [name(), { size: 1, ...options }]),
  ],
  [
    'SharedMemory.open',
    ['readOnly', 'offset', 'length', 'owner'],
    (options) => SharedMemory.open(existing.memory(), options),
  ],
  [
    'SharedMemory.openOrCreate',
    ['size', 'mode', 'reserve', 'unlinkOnExit', 'owner'],
    (options) => Reflect.apply(SharedMemory.openOrCreate, SharedMemory, [name(), { size: 1, ...options }]),
  ],
  ['SharedMemory.reserve', ['signal'], (options) => SharedMemory.open(existing.memory()).reserve(options)],
  [
    'Semaphore.create',
    ['value', 'mode', 'unlinkOnExit'],
    (options) => Reflect.apply(Semaphore.create, Semaphore, [name(), { value: 1, ...options }]),
  ],
  ['Semaphore.open', ['owner'], (options) => Semaphore.open(existing.semaphore(), options)],
  [
    'Semaphore.openOrCreate',
    ['value', 'mode', 'unlinkOnExit', 'owner'],
    (options) => Reflect.apply(Semaphore.openOrCreate, Semaphore, [name(), { value: 1, ...options }]),
  ],
  ['Semaphore.waitSync', ['timeout'], (options) => Semaphore.open(existing.semaphore()).waitSync(options)],
  [
    'MessageQueue.create',
    ['maxMessages', 'messageSize', 'mode', 'access', 'unlinkOnExit'],
    (options) => MessageQueue.create(name(), { maxMessages: 1, ...options }),
  ],
  ['MessageQueue.open', ['access', 'owner'], (options) => MessageQueue.open(existing.queue(), options)],
  [
    'MessageQueue.openOrCreate',
    ['maxMessages', 'messageSize', 'mode', 'access', 'unlinkOnExit', 'owner'],
    (options) => MessageQueue.openOrCreate(name(), { maxMessages: 1, ...options }),
  ],
  [
    'MessageQueue.trySend',
    ['priority'],
    (options) => MessageQueue.open(existing.queue()).trySend('', options),
  ],
  [
    'MessageQueue.sendSync',
    ['priority', 'timeout'],
    (options) => MessageQueue.open(existing.queue()).sendSync('', options),
  ],
  [
    'MessageQueue.receiveSync',
    ['timeout'],
    (options) => MessageQueue.open(existing.queue('x')).receiveSync(options),
  ],
  [
    'MessageQueue.receiveIntoSync',
    ['timeout'],
    (options) => MessageQueue.open(existing.queue('x')).receiveIntoSync(Buffer.alloc(8192), options),
  ],
  ['Mutex.create', ['mode', 'unlinkOnExit', 'recover'], (options) => Mutex.create(name(), options)],
  ['Mutex.open', ['owner', 'recover'], (options) => Mutex.open(existing.mutex(), options)],
  [
    'Mutex.openOrCreate',
    ['mode', 'unlinkOnExit', 'owner', 'recover'],
    (options) => Mutex.openOrCreate(name(), options),
  ],
  ['Mutex.lock', ['timeout', 'signal'], (options) => Mutex.open(existing.mutex()).lock(options)],
  ['Mutex.lockSync', ['timeout'], (options) => Mutex.open(existing.mutex()).lockSync(options)],
  ['RwLock.create', ['mode', 'unlinkOnExit', 'recover'], (options) => RwLock.create(name(), options)],
  ['RwLock.open', ['owner', 'recover'], (options) => RwLock.open(existing.rwLock(), options)],
  [
    'RwLock.openOrCreate',
    ['mode', 'unlinkOnExit', 'owner', 'recover'],
    (options) => RwLock.openOrCreate(name(), options),
  ],
  ['RwLock.read', ['timeout', 'signal'], (options) => RwLock.open(existing.rwLock()).read(options)],
  ['RwLock.readSync', ['timeout'], (options) => RwLock.open(existing.rwLock()).readSync(options)],
  ['RwLock.write', ['timeout', 'signal'], (options) => RwLock.open(existing.rwLock()).write(options)],
  ['RwLock.writeSync', ['timeout'], (options) => RwLock.open(existing.rwLock()).writeSync(options)],
  ['Condition.create', ['mode', 'unlinkOnExit'], (options) => Condition.create(name(), options)],
  ['Condition.open', ['owner'], (options) => Condition.open(existing.condition(), options)],
  [
    'Condition.openOrCreate',
    ['mode', 'unlinkOnExit', 'owner'],
    (options) => Condition.openOrCreate(name(), options),
  ],
  [
    'Barrier.create',
    ['mode', 'unlinkOnExit', 'parties'],
    (options) => Barrier.create(name(), { parties: 1, ...options }),
  ],
  ['Barrier.open', ['owner'], (options) => Barrier.open(existing.barrier(), options)],
  [
    'Barrier.openOrCreate',
    ['mode', 'unlinkOnExit', 'owner', 'parties'],
    (options) => Barrier.openOrCreate(name(), { parties: 1, ...options }),
  ],
  ['Barrier.wait', ['timeout', 'signal'], (options) => Barrier.open(existing.barrier()).wait(options)],
  ['Barrier.waitSync', ['timeout'], (options) => Barrier.open(existing.barrier()).waitSync(options)],
  [
    'a place',
    ['memory', 'offset'],
    (options) => Mutex.create({ memory: SharedMemory.create(name(), { size: 4096 }), offset: 0, ...options }),
  ],
  [
    'sysv.SharedMemory.create',
    ['size', 'mode', 'removeOnExit'],
    (options) => sysv.SharedMemory.create(uniqueKey(), { size: 1, ...options }).remove(),
  ],
  ['sysv.SharedMemory.open', ['size'], (options) => sysv.SharedMemory.open(existing.key(), options)],
  [
    'sysv.SharedMemory.openOrCreate',
    ['size', 'mode', 'removeOnExit'],
    (options) => sysv.SharedMemory.openOrCreate(uniqueKey(), { size: 1, ...options }).remove(),
  ],
  ['sysv.SharedMemory.attach', ['readOnly'], (options) => segment().attach(options).close()],
  ['sysv.SharedMemory.set', ['uid', 'gid', 'mode'], (options) => segment().set(options)],
  [
    'sysv.SemaphoreSet.create',
    ['count', 'values', 'mode', 'removeOnExit'],
    (options) => sysv.SemaphoreSet.create(uniqueKey(), { count: 1, ...options }).remove(),
  ],
  ['sysv.SemaphoreSet.open', ['count'], (options) => sysv.SemaphoreSet.open(existing.setKey(), options)],
  [
    'sysv.SemaphoreSet.operateSync',
    ['timeout'],
    (options) => set(1).operateSync({ index: 0, delta: -1 }, options),
  ],
  [
    'sysv.PreparedOperations.operateSync',
    ['timeout'],
    (options) => set(1).prepare({ index: 0, delta: -1 }).operateSync(options),
  ],
  [
    'an operation',
    ['index', 'delta', 'undo'],
    (options) => set(1).tryOperate({ index: 0, delta: -1, ...options }),
  ],
  ['sysv.SemaphoreSet.set', ['uid', 'gid', 'mode'], (options) => set(1).set(options)],
  [
    'sysv.MessageQueue.create',
    ['mode', 'maxBytes', 'removeOnExit'],
    (options) => sysv.MessageQueue.create(uniqueKey(), options).remove(),
  ],
  ['sysv.MessageQueue.trySend', ['type'], (options) => letters().trySend('', options)],
  ['sysv.MessageQueue.sendSync', ['type', 'timeout'], (options) => letters().sendSync('', options)],
  [
    'sysv.MessageQueue.tryReceive',
    ['type', 'except', 'truncate', 'maxLength'],
    (options) => letters().tryReceive(options),
  ],
  [
    'sysv.MessageQueue.receiveSync',
    ['type', 'except', 'truncate', 'maxLength', 'timeout'],
    (options) => existing.letters('x').receiveSync(options),
  ],
  [
    'sysv.MessageQueue.tryReceiveInto',
    ['type', 'except', 'truncate'],
    (options) => letters().tryReceiveInto(Buffer.alloc(8), options),
  ],
  [
    'sysv.MessageQueue.receiveIntoSync',
    ['type', 'except', 'truncate', 'timeout'],
    (options) => existing.letters('x').receiveIntoSync(Buffer.alloc(8), options),
  ],
  ['sysv.MessageQueue.set', ['uid', 'gid', 'mode', 'maxBytes'], (options) => letters().set(options)],
];

const existing = {
  memory() {
    const path = name();
    SharedMemory.create(path, { size: 4096 }).close();
    return path;
  },
  mutex() {
    const path = name();
    Mutex.create(path).close();
    return path;
  },
  rwLock() {
    const path = name();
    RwLock.create(path).close();
    return path;
  },
  condition() {
    const path = name();
    Condition.create(path).close();
    return path;
  },
  barrier() {
    const path = name();
    Barrier.create(path, { parties: 1 }).close();
    return path;
  },
  semaphore() {
    const path = name();
    Semaphore.create(path, { value: 1 }).close();
    return path;
  },
  queue(text?: string) {
    const path = name();
    using queue = MessageQueue.create(path, { maxMessages: 2 });
    if (text !== undefined) queue.trySend(text);
    return path;
  },
  letters(text: string) {
    const queue = letters();
    queue.trySend(text);
    return queue;
  },
  key() {
    const key = uniqueKey();
    removed.push(sysv.SharedMemory.create(key, { size: 1 }));
    return key;
  },
  setKey() {
    const key = uniqueKey();
    removed.push(sysv.SemaphoreSet.create(key, { count: 1 }));
    return key;
  },
};
const removed: { remove(): void }[] = [];

/** What a call threw, at once or later. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    const handle = await call();
    (handle as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
  } catch (error) {
    return error;
  } finally {
    for (const object of removed.splice(0)) object.remove();
  }
  return undefined;
}

describe.each(calls)('the options of %s', (_, known, call) => {
  test('may be left undefined, all of them that have a default', async () => {
    const needed = ['size', 'value', 'count', 'values', 'index', 'delta', 'parties', 'memory', 'offset'];
    const options = Object.fromEntries(
      known.filter((option) => !needed.includes(option)).map((option) => [option, undefined]),
    );
    expect(await thrownBy(() => call(options))).toBeUndefined();
  });

  test('are known by their names: a misspelt one is refused, with the right one', async () => {
    for (const option of known) {
      const doubled = option.slice(0, 2) + option.slice(1);
      const misspelt = [option.toUpperCase() === option ? `${option}x` : doubled, `${option}s`].filter(
        (word) => !known.includes(word),
      );
      for (const word of misspelt) {
        expect(await thrownBy(() => call({ [word]: 1 }))).toEqual(
          typeError('ERR_INVALID_ARG_VALUE', `unknown option \`${word}\`: did you mean \``),
        );
      }
      expect(await thrownBy(() => call({ [doubled]: 1 }))).toEqual(
        typeError('ERR_INVALID_ARG_VALUE', `did you mean \`${option}\`?`),
      );
    }
  });

  test('of a name that resembles none are refused, with all there are', async () => {
    const list = known.map((option) => `\`${option}\``).join(', ');
    expect(await thrownBy(() => call({ somethingElseAltogether: 1 }))).toEqual(
      typeError(
        'ERR_INVALID_ARG_VALUE',
        `unknown option \`somethingElseAltogether\`: the options are ${list}`,
      ),
    );
  });
});

test('an option that a call does not know, though another does, is refused', () => {
  expect(() => Reflect.apply(SharedMemory.create, SharedMemory, ['/x', { size: 1, readOnly: true }])).toThrow(
    typeError('ERR_INVALID_ARG_VALUE', 'unknown option `readOnly`'),
  );
  expect(() => Reflect.apply(Semaphore.open, Semaphore, ['/x', { value: 1 }])).toThrow(
    typeError('ERR_INVALID_ARG_VALUE', 'unknown option `value`'),
  );
  expect(() =>
    Reflect.apply(sysv.MessageQueue.create, sysv.MessageQueue, [0, { unlinkOnExit: true }]),
  ).toThrow(
    typeError('ERR_INVALID_ARG_VALUE', 'unknown option `unlinkOnExit`: did you mean `removeOnExit`?'),
  );
});

test.each([null, 7, 'size', true, [], [{ size: 1 }], () => {}])(
  'options have to be an object: %s is none',
  (options) => {
    const wrong = typeError('ERR_INVALID_ARG_TYPE', 'options: expected an object');
    for (const create of [SharedMemory.create, Semaphore.create, MessageQueue.create]) {
      expect(() => Reflect.apply(create, undefined, ['/x', options])).toThrow(wrong);
    }
    for (const kind of [sysv.SharedMemory, sysv.SemaphoreSet, sysv.MessageQueue]) {
      expect(() => Reflect.apply(kind.create, kind, [0, options])).toThrow(wrong);
    }
  },
);

describe('a mode', () => {
  test.each([-1, 0o1000, 0o4755, 0.5, Number.NaN])('of %s is a RangeError', (mode) => {
    const error = rangeError('`mode`: expected an integer from 0 to 511');
    expect(() => SharedMemory.create('/x', { size: 1, mode })).toThrow(error);
    expect(() => Semaphore.create('/x', { value: 1, mode })).toThrow(error);
    expect(() => MessageQueue.create('/x', { mode })).toThrow(error);
  });

  test.each(['0600', '600', 'rw', null, {}])('of %s is a TypeError', (mode) => {
    expect(() => Reflect.apply(SharedMemory.create, SharedMemory, ['/x', { size: 1, mode }])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`mode`: expected a number'),
    );
  });
});

describe('an owner', () => {
  const opens: [string, (options: object) => unknown][] = [
    ['SharedMemory', (options) => SharedMemory.open(existing.memory(), options)],
    ['Semaphore', (options) => Semaphore.open(existing.semaphore(), options)],
    ['MessageQueue', (options) => MessageQueue.open(existing.queue(), options)],
    ['Mutex', (options) => Mutex.open(existing.mutex(), options)],
    ['RwLock', (options) => RwLock.open(existing.rwLock(), options)],
    ['Condition', (options) => Condition.open(existing.condition(), options)],
    ['Barrier', (options) => Barrier.open(existing.barrier(), options)],
  ];

  test.each(opens)('of %s may be any, self or a user id', async (_, open) => {
    for (const owner of ['any', 'self', process.geteuid?.(), undefined]) {
      expect(await thrownBy(() => open({ owner }))).toBeUndefined();
    }
  });

  test.each(opens)('of %s that is another one is EPERM', async (_, open) => {
    expect(await thrownBy(() => open({ owner: 12_345 }))).toMatchObject({
      name: 'IpcError',
      code: 'EPERM',
      hint: "it belongs to another user; pass { owner: 'any' } if you trust them",
    });
  });

  test.each(opens)('of %s that is none is refused', async (_, open) => {
    for (const owner of [-1, 0.5, 2 ** 32 - 1, Number.NaN]) {
      expect(await thrownBy(() => open({ owner }))).toEqual(rangeError('`owner`'));
    }
    for (const owner of ['root', '', null, true, {}, 0n]) {
      expect(await thrownBy(() => open({ owner }))).toEqual(
        typeError('ERR_INVALID_ARG_VALUE', "`owner`: expected 'any', 'self' or a user id"),
      );
    }
  });
});
