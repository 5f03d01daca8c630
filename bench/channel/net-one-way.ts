// The same over a Unix socket, each message after its length: net-one-way.js write NAME BATCH SECONDS | read NAME.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Arrivals } from './arrivals.js';
import { GarbageWatch } from './garbage-watch.js';
import { batchSize, frameHeader, marker, prepareMessages } from './messages.js';
import { type Sender, sendFor } from './send-for.js';
import { report, takePlaces } from './stage.js';

/** Messages between two looks at the clock. */
const turnsPerLook = 64;
/** A power of two, and more than a stream takes in before it asks to stop: until then their bytes have to stay. */
const frames = 4096;

const [role, name, batch, seconds] = process.argv.slice(2) as [string, string, string, string];
// In the abstract namespace, unix(7): nothing is left of it.
const path = `\0${name}`;
if (role === 'write') await write();
else await read();

async function write(): Promise<void> {
  const socket = connect(path);
  await once(socket, 'connect');
  const next = Number(batch) === 1 ? singleFrames() : joinedFrames();
  takePlaces();
  await sendFor(Number(seconds), {
    send: (sequence, until) => pump(socket, next, { sequence, until }),
    mark: (sequence, code) => socket.write(marker(sequence, code, { header: frameHeader })),
  });
  socket.end();
}

type NextChunk = (sequence: number) => Buffer;

function singleFrames(): NextChunk {
  const { buffers, words } = prepareMessages(frames, frameHeader);
  return (sequence) => {
    (words[sequence & (frames - 1)] as Int32Array)[0] = sequence;
    return buffers[sequence & (frames - 1)] as Buffer;
  };
}

function joinedFrames(): NextChunk {
  const { buffers, words } = prepareMessages(frames, frameHeader);
  return (sequence) => {
    const first = sequence & (frames - 1);
    for (let index = 0; index < batchSize; index++)
      (words[first + index] as Int32Array)[0] = sequence + index;
    // A write of its own for each between cork() and uncork() costs more.
    return Buffer.concat(buffers.slice(first, first + batchSize));
  };
}

/** Writes until the stream asks to wait, and goes on when it has drained. */
function pump(
  socket: Socket,
  next: NextChunk,
  { sequence, until }: { sequence: number; until: number },
): ReturnType<Sender['send']> {
  const messagesPerChunk = Number(batch);
  return new Promise((resolve) => {
    let number = sequence;
    const go = () => {
      do {
        for (let turn = 0; turn < turnsPerLook; turn++) {
          const more = socket.write(next(number));
          number += messagesPerChunk;
          if (!more) {
            socket.once('drain', go);
            return;
          }
        }
      } while (performance.now() < until);
      resolve(number);
    };
    go();
  });
}

async function read(): Promise<void> {
  const arrivals = new Arrivals();
  const watch = new GarbageWatch();
  const server = createServer().listen(path);
  await once(server, 'listening');
  const connection = once(server, 'connection') as Promise<[Socket]>;
  takePlaces();
  const [socket] = await connection;
  const area = new Uint8Array(2 ** 20);
  const words = new Int32Array(area.buffer);
  let filled = 0;
  socket.on('data', (chunk) => {
    area.set(chunk, filled);
    filled += chunk.length;
    let at = 0;
    while (filled - at >= frameHeader) {
      const length = words[at >> 2] as number;
      if (filled - at < frameHeader + length) break;
      arrivals.see(words, (at + frameHeader) >> 2, length >> 2);
      at += frameHeader + length;
    }
    area.copyWithin(0, at, filled);
    filled -= at;
  });
  await once(socket, 'close');
  server.close();
  const { started, ended } = arrivals;
  report({ ...arrivals.report, readerRings: 0, readerGarbage: await watch.between(started, ended) });
}
