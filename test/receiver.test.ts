import {
  Barrier,
  Broadcast,
  Channel,
  Condition,
  Latest,
  MessageQueue,
  Mutex,
  RwLock,
  Semaphore,
  SharedMemory,
  struct,
  sysv,
  types,
} from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing } from './helpers/leftovers.js';
import { attached, letters, name, robustMutex, segment, set } from './helpers/objects.js';
import { closing } from './helpers/peer.js';
import { typeError } from './helpers/thrown.js';

leaveNothing();

interface Borrowed {
  name: string;
  call(receiver: unknown): unknown;
}

/** Every method and getter that objects of a class have, its base classes' too. */
function methodsOf(object: object): Borrowed[] {
  const borrowed: Borrowed[] = [];
  for (let prototype = Object.getPrototypeOf(object); prototype !== Object.prototype; ) {
    for (const key of Reflect.ownKeys(prototype)) {
      const { value, get } = Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor;
      const method = get ?? value;
      if (key === 'constructor' || typeof method !== 'function') continue;
      borrowed.push({
        name: `${prototype.constructor.name}.${String(key)}`,
        call: (receiver) => Reflect.apply(method, receiver, []),
      });
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return borrowed;
}

function guardOf(lock: () => Disposable): object {
  const guard = lock();
  onTestFinished(() => guard[Symbol.dispose]());
  return guard;
}

function leased(channel: Channel): Disposable {
  channel.writer().trySend('text');
  return channel.reader().leaseSync();
}

const view = () =>
  struct({ x: types.i32, hits: types.atomic(types.u32), list: types.array(types.u8, 2) }).at(
    new ArrayBuffer(12),
  );

const classes: [string, () => object][] = [
  ['SharedMemory', () => SharedMemory.create(name(), { size: 1 })],
  ['Semaphore', () => Semaphore.create(name(), { value: 0 })],
  ['MessageQueue', () => MessageQueue.create(name(), { maxMessages: 1, messageSize: 1 })],
  ['Mutex', () => closing(Mutex.create(name()))],
  ['MutexGuard', () => guardOf(() => closing(Mutex.create(name())).lockSync())],
  ['RwLock', () => closing(RwLock.create(name()))],
  ['RwGuard', () => guardOf(() => closing(RwLock.create(name())).writeSync())],
  ['Condition', () => closing(Condition.create(name()))],
  ['Barrier', () => closing(Barrier.create(name(), { parties: 2 }))],
  ['Channel', () => closing(Channel.create(name(), { capacity: 4096 }))],
  ['ChannelWriter', () => closing(Channel.create(name(), { capacity: 4096 })).writer()],
  ['ChannelReader', () => closing(Channel.create(name(), { capacity: 4096 })).reader()],
  ['Lease', () => guardOf(() => leased(closing(Channel.create(name(), { capacity: 4096 }))))],
  ['Latest', () => closing(Latest.create(name(), { size: 1 }))],
  ['LatestWriter', () => closing(Latest.create(name(), { size: 1 })).writer()],
  ['LatestReader', () => closing(Latest.create(name(), { size: 1 })).reader()],
  ['Broadcast', () => closing(Broadcast.create(name(), { capacity: 4096 }))],
  ['BroadcastWriter', () => closing(Broadcast.create(name(), { capacity: 4096 })).writer()],
  ['BroadcastReader', () => closing(Broadcast.create(name(), { capacity: 4096 })).reader()],
  ['sysv.SharedMemory', () => segment()],
  ['sysv.Attachment', () => attached()],
  ['sysv.RobustMutex', () => robustMutex()],
  ['sysv.RobustMutexGuard', () => guardOf(() => robustMutex().lockSync())],
  ['sysv.SemaphoreSet', () => set(0)],
  ['sysv.MessageQueue', () => letters()],
  ['a view of a struct', () => view()],
  ['Atomic', () => view().hits],
  ['ArrayView', () => view().list],
  ['sysv.PreparedOperations', () => set(0).prepare({ index: 0, delta: 1 })],
];

describe.each(classes)('a method borrowed from %s', (_, make) => {
  test('by an object of no class of ours, or by none, is ERR_INVALID_THIS', async () => {
    const object = make();
    const strangers = [undefined, null, 7, 'text', {}, Object.create(object), { id: 1, size: 2, close() {} }];
    const methods = methodsOf(object);
    expect(methods).not.toEqual([]);
    for (const method of methods) {
      for (const stranger of strangers) {
        await expect(async () => method.call(stranger), method.name).rejects.toEqual(
          typeError('ERR_INVALID_THIS', 'Value of "this" must be of type'),
        );
      }
    }
  });
});

test('a method borrowed from one class by an object of another one leaves that one alone', async () => {
  const objects = classes.map(([title, make]) => ({ title, object: make() }));
  for (const { title, object } of objects) {
    // What a common base class has is no borrowing.
    const own = Object.getPrototypeOf(object);
    for (const method of methodsOf(object)) {
      if (!method.name.startsWith(`${own.constructor.name}.`)) continue;
      for (const other of objects) {
        if (other.title === title) continue;
        await expect(
          async () => method.call(other.object),
          `${title} ${method.name} of ${other.title}`,
        ).rejects.toEqual(typeError('ERR_INVALID_THIS'));
      }
    }
  }
});

test('a method of one System V kind borrowed by another kind is ERR_INVALID_THIS', () => {
  const { attach, lockPages, unlockPages } = sysv.SharedMemory.prototype;
  const { value, tryOperate, waitingForZero } = sysv.SemaphoreSet.prototype;
  const { trySend, set: change } = sysv.MessageQueue.prototype;
  const wrong = typeError('ERR_INVALID_THIS');
  for (const stranger of [set(0), letters()]) {
    for (const method of [attach, lockPages, unlockPages]) {
      expect(() => Reflect.apply(method, stranger, [])).toThrow(wrong);
    }
  }
  for (const stranger of [segment(), letters()]) {
    for (const method of [value, waitingForZero]) {
      expect(() => Reflect.apply(method, stranger, [0])).toThrow(wrong);
    }
    expect(() => Reflect.apply(tryOperate, stranger, [{ index: 0, delta: 1 }])).toThrow(wrong);
  }
  for (const stranger of [segment(), set(0)]) {
    expect(() => Reflect.apply(trySend, stranger, ['text'])).toThrow(wrong);
    expect(() => Reflect.apply(change, stranger, [{}])).toThrow(wrong);
  }
});

test.each(classes)('new %s is refused: objects come from create, open and openOrCreate', (_, make) => {
  const { constructor: kind } = make();
  for (const words of [[], [Symbol('posix-ipc')], [{}, {}]]) {
    expect(() => Reflect.construct(kind, words)).toThrow(
      typeError('ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor'),
    );
  }
});
