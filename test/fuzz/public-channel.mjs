import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Channel } from 'posix-ipc';
import { attempt, awaited, below, bytes, interesting, oneIn, oneOf } from './random.mjs';

const capacity = 4096;
const dataStart = 8192;
const size = dataStart + capacity;
const wait = { timeout: 0.5 };
const positions = [1024, 1056];
/** Positions, bells and owner words. */
const shared = [...positions, 1088, 1089, 1120, 1121, 1152, 1184];

const target = Buffer.alloc(capacity);
const length = () => oneOf([0, 1, 8, capacity - 8, capacity - 7, below(900), below(900)]);
const message = () => Buffer.alloc(length(), 'x');

function inside(block, offset, length) {
  if (offset < dataStart || length > capacity || offset + length > block.length)
    throw new Error(`${length} bytes at ${offset} of ${block.length}`);
}

function fill(writer, at) {
  if (at === undefined) return;
  inside(writer.block, at, 0);
  writer.block[at] = 1;
  if (oneIn(8)) return;
  attempt(() => (oneIn(4) ? writer.abort(at) : writer.commit(at)));
}

function look(lease) {
  if (lease === undefined) return;
  const { byteOffset, length } = lease.bytes;
  inside({ length: dataStart + 2 * capacity }, byteOffset, length);
  lease.text();
  lease.read();
  attempt(() => (oneIn(4) ? lease.putBack() : lease.release()));
}

function drain(reader) {
  let count = 0;
  reader.drain((block, offset, length) => {
    inside(block, offset, length);
    count += 1;
    if (count > capacity / 8) throw new Error('a drain of more messages than there is room for');
  });
}

async function iterate(reader) {
  for await (const _ of reader.messages(wait)) if (oneIn(4)) break;
}

const writes = [
  (writer) => writer.trySend(message()),
  (writer) => writer.sendSync(message(), wait),
  (writer) => writer.send(message(), wait),
  (writer) => writer.trySendMany([message(), message(), message()]),
  (writer) => writer.sendMany([message(), message(), message()], wait),
  (writer) => writer.sendManySync([message(), message(), message()], wait),
  (writer) => fill(writer, writer.tryClaim(length())),
  (writer) => fill(writer, writer.claimSync(length(), wait)),
  (writer) => writer.claim(length(), wait).then((at) => fill(writer, at)),
];
const reads = [
  (reader) => reader.tryReceive(),
  (reader) => reader.receiveSync(wait),
  (reader) => reader.receive(wait),
  (reader) => reader.tryReceiveInto(target),
  (reader) => reader.receiveIntoSync(target.subarray(below(capacity)), wait),
  (reader) => reader.receiveInto(target, wait),
  drain,
  (reader) => look(reader.tryLease()),
  (reader) => look(reader.leaseSync(wait)),
  (reader) => reader.lease(wait).then(look),
  iterate,
];

/** Asks of a side what it is asked of a good one; gives a promise of its end. */
const use = (side, ways) => awaited(Promise.resolve(attempt(() => oneOf(ways)(side))));

function write(descriptor) {
  if (oneIn(200)) return fs.ftruncateSync(descriptor, below(2 * size));
  const value = Buffer.alloc(4);
  const kind = below(8);
  const words = Buffer.alloc(dataStart);
  fs.readSync(descriptor, words, 0, dataStart, 0);
  const [tail, head] = positions.map((position) => words.readUInt32LE(4 * position));
  if (kind < 3) {
    const near = oneOf([tail, head, head + capacity, head - capacity]) + 8 * below(5) - 16;
    value.writeInt32LE((oneIn(3) ? interesting() : near + below(oneOf([1, 1, 8]))) | 0);
    return fs.writeSync(descriptor, value, 0, 4, 4 * oneOf(positions));
  }
  value.writeUInt32LE(oneIn(2) ? interesting() : (capacity + below(40) - 20) >>> 0);
  const at = oneOf([tail, head, 8 * below(capacity / 8)]) & (capacity - 8);
  if (kind < 5) return fs.writeSync(descriptor, value, 0, 4, dataStart + at);
  if (kind < 7) return fs.writeSync(descriptor, value, 0, 4, 4 * oneOf(shared));
  return fs.writeSync(descriptor, bytes(1 + below(32)), 0, undefined, below(size - 32));
}

// A thread that rewrites words while a call looks at them: what is right when it is checked is wrong when it is used.
const round = new Int32Array(new SharedArrayBuffer(4));
let rewriter;

async function rewritten(name, body) {
  rewriter ??= new Worker(new URL('public-rewriter.mjs', import.meta.url), { workerData: round });
  rewriter.unref();
  rewriter.postMessage({ name, round: Atomics.load(round, 0) });
  await body();
  // A thread that comes late finds its round over.
  Atomics.add(round, 0, 1);
}

async function meet(channel, descriptor) {
  const sides = [];
  for (let times = 0; times < 2; times++) {
    const writer = attempt(() => channel.writer({ persistent: oneIn(2) }));
    const reader = attempt(() => channel.reader({ persistent: oneIn(2) }));
    if (writer !== undefined) sides.push([writer, writes]);
    if (reader !== undefined) sides.push([reader, reads]);
  }
  for (let times = 0; times < 8; times++) {
    const pending = sides.map(([side, ways]) => use(side, ways));
    if (descriptor !== undefined) write(descriptor);
    attempt(() => channel.stats());
    await Promise.all(pending);
  }
}

/** A channel under which words change, between calls and during them. */
export async function liveChannel(name, file) {
  const many = () => oneOf(['one', 'many']);
  const channel = Channel.create(name, { capacity, writers: many(), readers: many() });
  if (oneIn(4)) {
    await rewritten(name, () => meet(channel));
  } else {
    const descriptor = fs.openSync(file, 'r+');
    await meet(channel, descriptor);
    fs.closeSync(descriptor);
  }
  attempt(() => channel.close());
}

/** A file that was a channel, opened as one. */
export async function spoiltChannel(name, file) {
  Channel.create(name, { capacity }).close();
  const descriptor = fs.openSync(file, 'r+');
  for (let times = below(4); times > 0; times--) write(descriptor);
  const value = Buffer.alloc(4);
  value.writeUInt32LE(interesting());
  fs.writeSync(descriptor, value, 0, 4, 4 * below(16));
  fs.closeSync(descriptor);
  const channel = attempt(() => (oneIn(2) ? Channel.open(name) : Channel.openOrCreate(name)));
  if (channel === undefined) return;
  await meet(channel);
  attempt(() => channel.close());
}
