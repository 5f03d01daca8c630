import { Mutex } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { fresh, type Peer, peer } from '../helpers/peer.js';
import { fixture, run } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';

// An owner of a mutex that ends without unlocking.
leaveNothing();

const mutex = () => fresh((path) => Mutex.create(path));
const alone = ['unshare', '--pid', '--fork', '--kill-child'];
const inherited = { held: true, ownerDied: true };

async function owner(path: string, under: string[] = []): Promise<Peer> {
  const owner = await peer({ mutex: path }, { under });
  expect(await owner.ask('lockSync')).toMatchObject({ held: true, ownerDied: false });
  return owner;
}

/** Somebody was killed who had it. */
async function orphan() {
  const made = mutex();
  await (await owner(made.path)).kill();
  return made;
}

describe('an owner that was killed before', () => {
  test.each(['tryLock', 'lock', 'lockSync'] as const)('is told to the next one, by %s', async (verb) => {
    const { lock } = await orphan();
    const guard = await lock[verb]();
    expect(guard).toMatchObject(inherited);
    guard?.makeConsistent();
    guard?.unlock();
    using again = lock.lockSync();
    expect(again.ownerDied).toBe(false);
  });
});

describe('an owner that is killed during the wait', () => {
  test.each(['lock', 'lockSync'])('is told to the one who gets it: %s in another process', async (verb) => {
    const { path } = mutex();
    const dying = await owner(path);
    const heir = await peer({ mutex: path });
    const { told } = await heir.block(verb);
    await dying.kill();
    expect(await told).toMatchObject(inherited);
    expect(await heir.ask('makeConsistent')).toEqual({});
    expect(await heir.ask('unlock')).toEqual({});
    expect(await heir.ask('tryLock')).toMatchObject({ ownerDied: false });
  });

  test('is told once: those behind find it in order', async () => {
    const { path, lock } = mutex();
    const dying = await owner(path);
    const waits = Array.from({ length: 5 }, () => lock.lock());
    const elsewhere = await peer({ mutex: path });
    const { told } = await elsewhere.begin('lock');
    const finished = told.then(async ({ ownerDied }) => {
      if (ownerDied) await elsewhere.ask('makeConsistent');
      await elsewhere.ask('unlock');
      return ownerDied;
    });
    await dying.kill();
    const seen = await Promise.all(
      waits.map(async (wait) => {
        const guard = await wait;
        if (guard.ownerDied) guard.makeConsistent();
        guard.unlock();
        return guard.ownerDied;
      }),
    );
    expect([...seen, await finished].filter(Boolean)).toEqual([true]);
  });

  test('while its heir is killed too is told again', async () => {
    const { path, lock } = mutex();
    for (let death = 0; death < 3; death++) {
      const heir = await peer({ mutex: path });
      expect(await heir.ask('lock')).toMatchObject({ ownerDied: death > 0 });
      await heir.kill();
    }
    const guard = lock.lockSync();
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
  });

  test('and whose seat somebody else takes at once is told all the same', async () => {
    const { path, lock } = mutex();
    const dying = await owner(path);
    const wait = lock.lock();
    await dying.kill();
    using newcomer = Mutex.open(path);
    expect(newcomer.held).toBe(false);
    const guard = await wait;
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
  });
});

describe('unlock without makeConsistent after a death', () => {
  test('is ENOTRECOVERABLE for everybody from then on', async () => {
    const { path, lock } = await orphan();
    lock.lockSync().unlock();
    using other = Mutex.open(path);
    const refused = ipcError('ENOTRECOVERABLE', 'pthread_mutex_lock', {
      path,
      hint: expect.stringContaining('makeConsistent'),
    });
    for (const handle of [lock, other]) {
      expect(() => handle.tryLock()).toThrow(refused);
      expect(() => handle.lockSync()).toThrow(refused);
      await expect(handle.lock()).rejects.toEqual(refused);
    }
    expect((await (await peer({ mutex: path })).ask('lockSync')).code).toBe('ENOTRECOVERABLE');
    // The way out.
    Mutex.unlink(path);
    using again = Mutex.create(path);
    again.lockSync().unlock();
  });

  test.each(['lock', 'lockSync'])('is told to those who wait: %s', async (verb) => {
    const { path, lock } = await orphan();
    const guard = lock.lockSync();
    const other = await peer({ mutex: path });
    const elsewhere = await other.block(verb);
    const here = lock.lock();
    guard.unlock();
    await expect(here).rejects.toEqual(ipcError('ENOTRECOVERABLE', 'pthread_mutex_lock'));
    expect(await elsewhere.told).toEqual({ code: 'ENOTRECOVERABLE', syscall: 'pthread_mutex_lock' });
  });
});

describe('an owner may be', () => {
  test.each(['terminate', 'exit', 'exception', 'natural end'])('a worker that ends: %s', async (way) => {
    const words = ['--expose-gc', fixture('sync/end-worker.mjs'), mutex().path, way];
    const { code, stdout, stderr } = await run(process.execPath, words);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'ownerDied true\n', stderr: '' });
  });

  test('a process that ends by itself', async () => {
    const { path, lock } = mutex();
    const ending = await owner(path);
    const wait = lock.lock();
    ending.program.child.stdin.end();
    expect((await ending.program.ended).code).toBe(0);
    const guard = await wait;
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
  });

  testWith('unshare')('a process of another PID namespace, as all who use it', async () => {
    const { path, lock } = mutex();
    const one = await owner(path, alone);
    const two = await peer({ mutex: path }, { under: alone });
    expect(lock.tryLock()).toBe(undefined);
    expect((await two.ask('tryLock')).held).toBe(undefined);
    const { told } = await two.begin('lock');
    await one.kill();
    expect(await told).toMatchObject(inherited);
    const wait = lock.lock();
    await two.kill();
    const guard = await wait;
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
  });
});
