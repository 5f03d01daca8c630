/** A victim on the public API. Usage: node-victim.js PREFIX SLOT SEED ROLE FOCUS. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Barrier,
  Condition,
  Mutex,
  type MutexGuard,
  type RwGuard,
  RwLock,
  Semaphore,
  SharedMemory,
} from 'posix-ipc';
import { readMessages, readSome, readToTheEnd } from './channel/node-reader.js';
import { writeMessages, writeSome, writeToTheEnd } from './channel/node-writer.js';
import * as layout from './layout.js';
import { Journal } from './node-journal.js';
import { kinds, rolesOf } from './wide/layout.js';
import { readNumbers, readNumbersToTheEnd } from './wide/node-reader.js';
import { writeNumbers, writeSomeNumbers } from './wide/node-writer.js';

const { Head, Phase, Slot, State } = layout;
const [prefix, slot, seed, role, focus] = process.argv.slice(2) as [
  `/${string}`,
  string,
  string,
  string,
  string,
];
const journal = new Journal(prefix, Number(slot), Number(seed));
const random = journal.random;

/** Nobody survives the harness, however it ends. */
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 500).unref();

/** Undefined where the call was refused for a reason that may be. */
async function allowing<T>(codes: string[], call: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined || !codes.includes(code))
      journal.fail(Head.corrupt, `${code}: ${message}`, layout.noObject, 0);
    return undefined;
  }
}

const linger = async () => {
  if (random.below(4) === 0) await sleep(random.below(3));
};
const someTimeout = () => (random.below(4) === 0 ? random.below(20) : 30_000);

function open() {
  const memory = SharedMemory.open(`${prefix}-p`);
  return {
    memory,
    mutexes: [Mutex.open(`${prefix}-m`), Mutex.open({ memory, offset: 0 })] as const,
    rwLocks: [RwLock.open(`${prefix}-r`), RwLock.open({ memory, offset: layout.blockSize })] as const,
    queue: Mutex.open(`${prefix}-q`),
    condition: Condition.open(`${prefix}-c`),
    semaphore: Semaphore.open(`${prefix}-s`),
  };
}

async function changeAndGiveBack(object: number, guard: MutexGuard | RwGuard): Promise<void> {
  journal.enter(object, guard.ownerDied);
  journal.addOne(object);
  await linger();
  if (guard.ownerDied) guard.makeConsistent();
  journal.leave(object);
  guard.unlock();
}

async function lockMutex(object: number, mutex: Mutex): Promise<void> {
  journal.is(object, Phase.acquiring);
  const timeout = someTimeout();
  const guard = await allowing(['ETIMEDOUT'], () =>
    random.below(2) === 0 ? mutex.lock({ timeout }) : mutex.lockSync({ timeout }),
  );
  if (guard !== undefined) await changeAndGiveBack(object, guard);
}

async function lockRwLock(object: number, lock: RwLock): Promise<void> {
  journal.is(object, Phase.acquiring);
  const timeout = someTimeout();
  const how = random.pick(['read', 'readSync', 'write', 'writeSync'] as const);
  const guard = await allowing(['ETIMEDOUT'], () => lock[how]({ timeout }));
  if (guard === undefined) return;
  if (guard.exclusive) return await changeAndGiveBack(object, guard);
  journal.enterToRead(object);
  await linger();
  journal.is(object, Phase.releasing);
  guard.unlock();
}

async function produceOrConsume(queue: Mutex, condition: Condition): Promise<void> {
  journal.is(layout.queue, Phase.acquiring);
  const guard = await queue.lock();
  if (random.below(2) === 0) {
    journal.enter(layout.queue, guard.ownerDied);
    journal.addOne(layout.queue);
    condition.signal();
  } else {
    await consume(guard, condition);
  }
  if (guard.ownerDied) guard.makeConsistent();
  journal.leave(layout.queue);
  guard.unlock();
}

async function consume(guard: MutexGuard, condition: Condition): Promise<void> {
  const { consumed, value, holder } = layout.Data;
  for (let late = false; ; ) {
    journal.enter(layout.queue, guard.ownerDied);
    const there = journal.data(layout.queue, consumed) < journal.data(layout.queue, value);
    if (there) journal.setData(layout.queue, consumed, journal.data(layout.queue, consumed) + 1);
    if (there || late || journal.stopped) return;
    if (guard.ownerDied) guard.makeConsistent();
    journal.setData(layout.queue, holder, 0);
    journal.is(layout.queue, Phase.waiting);
    const timeout = 1 + random.below(200);
    const signalled = await allowing(['ETIMEDOUT'], async () => {
      if (random.below(2) === 0) condition.waitSync(guard, { timeout });
      else await condition.wait(guard, { timeout });
      return true;
    });
    late = signalled !== true;
  }
}

async function waitAndPost(semaphore: Semaphore): Promise<void> {
  journal.is(layout.semaphore, Phase.acquiring);
  const timeout = random.below(5);
  const taken = await allowing(['ETIMEDOUT'], async () => {
    if (random.below(2) === 0) semaphore.waitSync({ timeout });
    else await semaphore.wait({ timeout });
    return true;
  });
  if (taken !== true) return;
  journal.is(layout.semaphore, Phase.inside);
  await linger();
  journal.is(layout.semaphore, Phase.releasing);
  semaphore.post();
}

async function makeAndUnlink(): Promise<void> {
  const name = `${prefix}-x${random.below(4)}` as const;
  const how = random.pick(['unlink', 'create', 'open', 'openOrCreate'] as const);
  const mutex = await allowing(['EEXIST', 'ENOENT'], () => Mutex[how](name) as Mutex | undefined);
  if (mutex === undefined) return;
  const guard = await allowing(['ETIMEDOUT'], () => mutex.lock({ timeout: 20 }));
  if (guard?.ownerDied) guard.makeConsistent();
  guard?.unlock();
  mutex.close();
}

async function mapAndResize(): Promise<void> {
  const memory = SharedMemory.open(`${prefix}-g`);
  const before = journal.head(layout.slotAt(journal.slot) + Slot.added + layout.memory);
  const found = memory.view(Int32Array)[journal.slot];
  if (found !== before) journal.fail(Head.lost, 'a word in memory', layout.memory, found);
  memory.resize(layout.blockSize * (1 + random.below(16)));
  memory.view(Int32Array)[journal.slot] = before + 1;
  journal.count(Slot.added + layout.memory);
  memory.close();
}

async function work(): Promise<void> {
  const tools = open();
  journal.mine(Slot.state, State.ready);
  while (!journal.stopped) {
    const what = random.below(20);
    const which = random.below(2);
    if (what < 6) await lockMutex(layout.namedMutex + which, tools.mutexes[which] as Mutex);
    else if (what < 12) await lockRwLock(layout.namedRwLock + which, tools.rwLocks[which] as RwLock);
    else if (what < 15) await produceOrConsume(tools.queue, tools.condition);
    else if (what < 17) await waitAndPost(tools.semaphore);
    else if (what < 19) await makeAndUnlink();
    else await mapAndResize();
    journal.is(layout.noObject, Phase.idle);
    journal.count(Slot.operations);
  }
}

async function comeAndPass(): Promise<void> {
  const barrier = Barrier.open(`${prefix}-b`);
  journal.mine(Slot.state, State.ready);
  while (!journal.stopped) {
    journal.mine(Slot.resetsSeen, journal.head(Head.resets));
    const stamp = journal.head(Head.deathStamp);
    journal.is(layout.barrier, Phase.waiting);
    journal.count(Slot.arrivals);
    const timeout = random.below(3) === 0 ? random.below(3) : 40;
    const result = await allowing(['ETIMEDOUT'], async () => {
      try {
        return await (random.below(2) === 0 ? barrier.wait({ timeout }) : barrier.waitSync({ timeout }));
      } catch (error) {
        if ((error as { code?: string }).code === 'EOWNERDEAD') return 'broken';
        throw error;
      }
    });
    if (result === 'broken') journal.count(Slot.toldOfDeath);
    else if (result !== undefined) {
      journal.count(result ? Slot.opened : Slot.passed);
      if (stamp !== 0 && stamp === journal.head(Head.resets) + 1)
        journal.fail(Head.unreported, 'passed a barrier of which a member had died', layout.barrier, stamp);
    }
    journal.is(layout.barrier, Phase.idle);
    if (result === 'broken') {
      await sleep(random.below(2));
      Atomics.add(journal.words, Head.resets, 1);
      barrier.reset();
      Atomics.add(journal.words, Head.resets, 1);
    }
    journal.count(Slot.operations);
  }
}

const steady = focus === 'steady';
const roles: Record<string, () => Promise<void>> = {
  work,
  barrier: comeAndPass,
  write: () => writeMessages(journal, steady),
  read: () => readMessages(journal, steady),
  'write-to-the-end': () => writeToTheEnd(journal),
  'read-to-the-end': () => readToTheEnd(journal),
  'write-some': () => writeSome(journal),
  'read-some': () => readSome(journal),
};
for (const kind of kinds) {
  const { writer, reader } = rolesOf[kind];
  roles[writer] = () => writeNumbers(journal, kind, steady);
  roles[reader] = () => readNumbers(journal, kind, steady);
  roles[`${writer}-some`] = () => writeSomeNumbers(journal, kind);
  roles[`${reader}-to-the-end`] = () => readNumbersToTheEnd(journal, kind);
}
await roles[role]?.();
journal.becomes(State.done);
process.exit(0);
