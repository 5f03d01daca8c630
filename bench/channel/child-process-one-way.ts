// The same over the IPC channel of child_process: child-process-one-way.js write BATCH SECONDS CPU; it starts its own reader,
// on that CPU.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Arrivals } from './arrivals.js';
import { GarbageWatch } from './garbage-watch.js';
import { batchSize, marker, prepared, prepareMessages } from './messages.js';
import { type Sender, sendFor } from './send-for.js';
import { report, takePlaces } from './stage.js';

/** Messages, or arrays of them, between two looks at the clock. */
const turnsPerLook = 64;

const [role, batch, seconds, cpu] = process.argv.slice(2) as [string, string, string, string];
const { buffers, words } = prepareMessages();
if (role === 'write') await write();
else await read();

async function write(): Promise<void> {
  const program = [process.execPath, import.meta.filename, 'read'];
  const child = spawn('taskset', ['-c', cpu, ...program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  await once(child, 'message');
  takePlaces();
  await sendFor(Number(seconds), {
    send: (sequence, until) => pump(child, { sequence, until }),
    mark: (sequence, code) => child.send(marker(sequence, code)),
  });
  await once(child, 'exit');
}

function next(sequence: number): Buffer | Buffer[] {
  const first = sequence & (prepared - 1);
  if (Number(batch) === 1) {
    (words[first] as Int32Array)[0] = sequence;
    return buffers[first] as Buffer;
  }
  for (let index = 0; index < batchSize; index++) (words[first + index] as Int32Array)[0] = sequence + index;
  return buffers.slice(first, first + batchSize);
}

/** Sends until it is told that too much is unsent, and goes on when all of it is sent. */
function pump(
  child: ChildProcess,
  { sequence, until }: { sequence: number; until: number },
): ReturnType<Sender['send']> {
  const messagesPerSend = Number(batch);
  return new Promise((resolve, reject) => {
    let number = sequence;
    let unsent = 0;
    const sent = (error: Error | null) => {
      if (error) reject(error);
      unsent -= 1;
      if (unsent === 0) go();
    };
    const go = () => {
      if (performance.now() >= until) {
        resolve(number);
        return;
      }
      for (let turn = 0; turn < turnsPerLook; turn++) {
        unsent += 1;
        const more = child.send(next(number), sent);
        number += messagesPerSend;
        if (!more) return;
      }
    };
    go();
  });
}

async function read(): Promise<void> {
  const arrivals = new Arrivals();
  const watch = new GarbageWatch();
  const landing = new Uint8Array(128);
  const landed = new Int32Array(landing.buffer);
  // What is decoded need not begin at a whole word.
  const see = (message: Uint8Array) => {
    landing.set(message);
    arrivals.see(landed, 0, message.length >> 2);
  };
  process.on('message', (message: Uint8Array | Uint8Array[]) => {
    if (Array.isArray(message)) message.forEach(see);
    else see(message);
    if (arrivals.over) process.disconnect();
  });
  process.send?.('ready');
  await once(process, 'disconnect');
  const { started, ended } = arrivals;
  report({ ...arrivals.report, readerRings: 0, readerGarbage: await watch.between(started, ended) });
}
