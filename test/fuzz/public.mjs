import fs from 'node:fs';
import { Barrier, Condition, inspect, Mutex, RwLock, Semaphore, SharedMemory } from 'posix-ipc';
import { liveChannel, spoiltChannel } from './public-channel.mjs';
import { attempt, awaited, begin, below, bytes, interesting, oneIn, oneOf } from './random.mjs';

// SEED FROM TO NAME: the steps [FROM, TO) on the public API. Says each step before it begins.
const [seed, from, to] = process.argv.slice(2, 5).map(Number);
const name = process.argv[5];
const file = `/dev/shm${name}`;
const semaphoreFile = `/dev/shm/sem.${name.slice(1)}`;
const blockLength = 4096;
const kinds = [Mutex, Condition, RwLock, Barrier];

function write(descriptor, length) {
  if (oneIn(100)) return fs.ftruncateSync(descriptor, below(2 * length));
  const value = Buffer.alloc(4);
  value.writeUInt32LE(interesting());
  // Mostly the words that all look at.
  const words = length === blockLength && !oneIn(3) ? 8 : length / 4;
  fs.writeSync(descriptor, value, 0, 4, 4 * below(words));
}

function lockBlock(kind) {
  const block = Buffer.alloc(blockLength);
  block.writeUInt32LE(0x43504950, 0);
  block.writeUInt32LE((kind | (1 << 8) | (252 << 16)) >>> 0, 4);
  block.writeUInt32LE(2, 20);
  return block;
}

async function useGuard(guard) {
  if (guard === undefined) return;
  if (guard.ownerDied) attempt(() => guard.makeConsistent());
  attempt(() => guard.unlock());
}

const wait = { timeout: 0.5 };
const uses = [
  [Mutex, (lock) => lock.tryLock()],
  [Mutex, (lock) => lock.lockSync(wait)],
  [Mutex, (lock) => lock.lock(wait)],
  [RwLock, (lock) => lock.tryRead()],
  [RwLock, (lock) => lock.tryWrite()],
  [RwLock, (lock) => lock.readSync(wait)],
  [RwLock, (lock) => lock.writeSync(wait)],
  [RwLock, (lock) => lock.read(wait)],
  [RwLock, (lock) => lock.write(wait)],
  [Barrier, (lock) => void lock.waitSync(wait)],
  [Barrier, (lock) => lock.wait(wait).then(() => undefined)],
  [Barrier, (lock) => void (lock.broken && lock.reset())],
  [Condition, (lock) => void lock.signal()],
  [Semaphore, (semaphore) => void semaphore.post()],
  [Semaphore, (semaphore) => void semaphore.tryWait()],
  [Semaphore, (semaphore) => void semaphore.waitSync(wait)],
  [Semaphore, (semaphore) => semaphore.wait(wait).then(() => undefined)],
  [Semaphore, (semaphore) => void semaphore.value],
  [SharedMemory, (memory) => void memory.bytes().reduce((sum, byte) => sum + byte, 0)],
  [SharedMemory, (memory) => void memory.stat()],
];

async function use(handle) {
  const [, call] = oneOf(uses.filter(([kind]) => handle instanceof kind));
  await useGuard(await awaited(Promise.resolve(attempt(() => call(handle)))));
}

function openAs(kind, memory) {
  if (kind === SharedMemory || kind === Semaphore) return attempt(() => kind.open(name));
  const place = memory && oneIn(2) ? { memory, offset: 64 * below(4) } : name;
  if (oneIn(2)) return attempt(() => kind.open(place));
  return attempt(() => kind.openOrCreate(place, kind === Barrier ? { parties: 2 } : {}));
}

async function close(handle) {
  attempt(() => handle?.close());
}

/** A random file, opened as everything. */
async function randomFile() {
  const content = oneIn(3) ? bytes(below(6000)) : lockBlock(1 + below(4));
  fs.writeFileSync(file, content, { mode: 0o600 });
  const semaphore = Buffer.alloc(32);
  semaphore.writeUInt32LE(below(3), 0);
  semaphore.writeUInt32LE(128, 8);
  fs.writeFileSync(semaphoreFile, semaphore, { mode: 0o600 });
  for (const [path, length] of [
    [file, blockLength],
    [semaphoreFile, 32],
  ]) {
    const descriptor = fs.openSync(path, 'r+');
    for (let times = below(5); times > 0; times--) write(descriptor, length);
    fs.closeSync(descriptor);
  }
  const memory = openAs(SharedMemory);
  for (const kind of [...kinds, Semaphore]) {
    const handle = openAs(kind, memory);
    if (handle !== undefined) await use(handle);
    await close(handle);
  }
  if (memory !== undefined) await use(memory);
  await close(memory);
  if (oneIn(20)) attempt(() => inspect.list());
}

/** A lock under which words change between its calls. */
async function liveLock() {
  const kind = 1 + below(4);
  fs.writeFileSync(file, lockBlock(kind), { mode: 0o600 });
  const handles = [1, 2].map(() => attempt(() => kinds[kind - 1].open(name)));
  const descriptor = fs.openSync(file, 'r+');
  for (let times = 0; times < 5; times++) {
    const pending = handles.map(use);
    write(descriptor, blockLength);
    await Promise.all(pending);
  }
  fs.closeSync(descriptor);
  for (const handle of handles) await close(handle);
}

const rounds = [
  randomFile,
  liveLock,
  () => liveChannel(name, file),
  () => (oneIn(2) ? liveChannel(name, file) : spoiltChannel(name, file)),
];

for (let step = from; step < to; step++) {
  console.log(step);
  begin(seed, step);
  await oneOf(rounds)();
  for (const path of [file, semaphoreFile]) fs.rmSync(path, { force: true });
}
