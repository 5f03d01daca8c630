import { Mutex, type MutexGuard, type RwGuard, RwLock } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { closing, fresh, peer } from '../helpers/peer.js';
import { typeError } from '../helpers/thrown.js';

leaveNothing();

interface Recoverable extends Disposable {
  lock(): Promise<MutexGuard | RwGuard>;
}

const kinds = [
  {
    what: 'a mutex',
    make: (path: string) => void Mutex.create(path).close(),
    dying: (path: string) => peer({ mutex: path }),
    verb: 'lockSync',
    open: (path: string, recover?: () => void) => closing(Mutex.open(path, { recover })),
  },
  {
    what: 'a read-write lock',
    make: (path: string) => void RwLock.create(path).close(),
    dying: (path: string) => peer({ rwLock: path }),
    verb: 'writeSync',
    open(path: string, recover?: () => void) {
      const lock = closing(RwLock.open(path, { recover }));
      return Object.assign(lock, { lock: () => lock.write() });
    },
  },
];

describe.each(kinds)('recover of $what', ({ make, dying, verb, open }) => {
  /** The name of one whose owner was killed. */
  async function orphan(): Promise<string> {
    const { path } = fresh((path) => {
      make(path);
      return { [Symbol.dispose]() {} };
    });
    const owner = await dying(path);
    await owner.ask(verb);
    await owner.kill();
    return path;
  }

  test('is called before the guard is handed over, which is in order then', async () => {
    const path = await orphan();
    let calls = 0;
    const lock: Recoverable = open(path, () => {
      calls += 1;
    });
    const guard = await lock.lock();
    expect([calls, guard.ownerDied]).toEqual([1, true]);
    guard.unlock();
    const next = await lock.lock();
    expect([calls, next.ownerDied]).toEqual([1, false]);
    next.unlock();
  });

  test('that throws refuses the lock, and the next one is told again', async () => {
    const path = await orphan();
    const broken = new Error('cannot be put right');
    const failing: Recoverable = open(path, () => {
      throw broken;
    });
    for (let attempt = 0; attempt < 3; attempt++) await expect(failing.lock()).rejects.toBe(broken);
    const other = await dying(path);
    expect(await other.ask(verb)).toMatchObject({ ownerDied: true });
    await other.ask('makeConsistent');
    await other.ask('unlock');
    const guard = await failing.lock();
    expect(guard.ownerDied).toBe(false);
    guard.unlock();
  });

  test('that throws leaves it to the next one who waits', async () => {
    const path = await orphan();
    const other = await dying(path);
    expect(await other.ask(verb)).toMatchObject({ ownerDied: true });
    const failing: Recoverable = open(path, () => {
      throw new Error('cannot be put right');
    });
    const refused = Promise.allSettled([failing.lock(), failing.lock()]);
    const heir = await dying(path);
    await other.kill();
    const failed = { status: 'rejected', reason: new Error('cannot be put right') };
    expect(await refused).toEqual([failed, failed]);
    expect(await heir.ask(verb)).toMatchObject({ ownerDied: true });
  });

  test('may not be asynchronous', async () => {
    const path = await orphan();
    const lock: Recoverable = open(path, async () => {});
    await expect(lock.lock()).rejects.toEqual(typeError('ERR_INVALID_ARG_VALUE', 'asynchronous'));
    const guard = await open(path).lock();
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
  });

  test('is not called where nobody died', async () => {
    const { path } = fresh((path) => {
      make(path);
      return { [Symbol.dispose]() {} };
    });
    const lock: Recoverable = open(path, () => expect.unreachable());
    (await lock.lock()).unlock();
  });

  test('has to be a function', () => {
    for (const recover of [null, 7, 'recover', {}]) {
      for (const Class of [Mutex, RwLock]) {
        for (const verb of ['create', 'open', 'openOrCreate'] as const) {
          expect(() => Reflect.apply(Class[verb], Class, ['/x', { recover }])).toThrow(
            typeError('ERR_INVALID_ARG_TYPE', '`recover`: expected a function'),
          );
        }
      }
    }
  });
});
