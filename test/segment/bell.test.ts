import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Condition, Mutex } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { fresh, peer } from '../helpers/peer.js';
import { until } from '../helpers/until.js';
import { testWithoutInotify } from '../helpers/without-inotify.js';

leaveNothing();

/** The watches of this process's inotify instances. */
function watches(): number {
  return readdirSync('/proc/self/fd')
    .filter((number) => {
      try {
        return readlinkSync(`/proc/self/fd/${number}`) === 'anon_inode:inotify';
      } catch {
        return false;
      }
    })
    .map((number) => readFileSync(`/proc/self/fdinfo/${number}`, 'utf8').match(/^inotify /gm)?.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}

const instances = () =>
  readdirSync('/proc/self/fd').filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === 'anon_inode:inotify';
    } catch {
      return false;
    }
  }).length;

describe('the event loop', () => {
  test('has one inotify instance for all locks, and a watch for each that is waited for', async () => {
    const all = Array.from({ length: 5 }, () => fresh((path) => Mutex.create(path)));
    const guards = all.map(({ lock }) => lock.lockSync());
    const handles = all.map(({ path }) => Mutex.open(path));
    const before = [watches(), instances()];
    const waits = handles.map((handle) => handle.lock());
    expect(watches()).toBe(before[0] + 5);
    expect(instances()).toBe(Math.max(1, before[1]));
    for (const guard of guards) guard.unlock();
    for (const wait of waits) (await wait).unlock();
    for (const handle of handles) handle.close();
    expect(watches()).toBe(before[0]);
  });

  test('has one watch for several handles of one lock, which all hear of it', async () => {
    const { path, lock } = fresh((path) => Mutex.create(path));
    const other = await peer({ mutex: path });
    await other.ask('lock');
    const handles = [lock, Mutex.open(path), Mutex.open(path)];
    const before = watches();
    const waits = handles.map(async (handle) => (await handle.lock()).unlock());
    expect(watches()).toBe(before + 1);
    await other.ask('unlock');
    await Promise.all(waits);
    for (const handle of handles) handle.close();
  });

  test('is not woken by what others do with a lock that nobody waits for', async () => {
    const { path, lock } = fresh((path) => Mutex.create(path));
    const other = await peer({ mutex: path });
    const guard = lock.lockSync();
    const { told } = await other.begin('lock', { timeout: 30 });
    expect((await told).code).toBe('ETIMEDOUT');
    guard.unlock();
    for (let round = 0; round < 3; round++) {
      await other.ask('lock');
      await other.ask('unlock');
    }
    lock.lockSync().unlock();
  });

  test('sleeps while it waits: no look comes without cause', async () => {
    const { path, lock } = fresh((path) => Condition.create(path));
    const mutex = fresh((path) => Mutex.create(path));
    const waiting = await peer({ condition: path, mutex: mutex.path });
    await waiting.ask('lock');
    const { told } = await waiting.begin('wait');
    await sleep(200);
    const switches = () =>
      Number(
        /^voluntary_ctxt_switches:\s+(\d+)/m.exec(
          readFileSync(`/proc/${waiting.program.pid}/status`, 'utf8'),
        )?.[1],
      );
    const before = switches();
    await sleep(1000);
    expect(switches() - before).toBeLessThanOrEqual(2);
    lock.signal();
    expect(await told).toEqual({});
  });
});

describe('a watch', () => {
  test('ends with the handle that was forgotten', async () => {
    const { path, lock } = fresh((path) => Mutex.create(path));
    const guard = lock.lockSync();
    const before = watches();
    await Mutex.open(path)
      .lock({ timeout: 5 })
      .catch(() => {});
    guard.unlock();
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    await until(() => {
      gc();
      // What happens at the file is heard by nobody, and the watch is taken away.
      using _ = Mutex.open(path);
      return watches() === before;
    });
  });
});

testWithoutInotify(
  'sync/without-inotify.mjs',
  'ETIMEDOUT\nunlocked false false\nsignalled\npassed false\nownerDied true\nownerDied true\nEOWNERDEAD\n',
);
