// Two processes, a writer and a reader: one-way.js write NAME BATCH SECONDS | read NAME. bench/floors/channel-one-way.c is the
// same in C.
import { Channel, type ChannelReader, type ChannelWriter } from 'posix-ipc';
import { Arrivals } from './arrivals.js';
import { GarbageWatch } from './garbage-watch.js';
import { batchSize, marker, prepared, prepareMessages } from './messages.js';
import { type Sender, sendFor } from './send-for.js';
import { report, takePlaces } from './stage.js';

/** Messages between two looks at the clock. */
const turnsPerLook = 65_536;

const [role, name, batch, seconds] = process.argv.slice(2) as [string, string, string, string];
const channel = Channel.open(name);
if (role === 'write') await write(channel.writer());
else await read(channel.reader());

async function write(writer: ChannelWriter): Promise<void> {
  const send = Number(batch) === 1 ? singly(writer) : inBatches(writer);
  takePlaces();
  await sendFor(Number(seconds), {
    send,
    mark: (sequence, code) => writer.sendSync(marker(sequence, code)),
    rings: () => writer.rings,
  });
}

function singly(writer: ChannelWriter): Sender['send'] {
  const { buffers, words } = prepareMessages();
  return (sequence, until) => {
    let next = sequence;
    do {
      for (let turn = 0; turn < turnsPerLook; turn++) {
        const index = next & (prepared - 1);
        const message = buffers[index] as Buffer;
        (words[index] as Int32Array)[0] = next;
        while (!writer.trySend(message));
        next = (next + 1) | 0;
      }
    } while (performance.now() < until);
    return next;
  };
}

function inBatches(writer: ChannelWriter): Sender['send'] {
  const { buffers, words } = prepareMessages();
  // Of each batch what is left of it after so many messages: a slice of its own each time would be garbage.
  const batches = Array.from({ length: prepared / batchSize }, (_, index) => {
    const whole = buffers.slice(index * batchSize, (index + 1) * batchSize);
    return whole.map((_, sent) => whole.slice(sent));
  });
  return (sequence, until) => {
    let next = sequence;
    do {
      for (let turn = 0; turn < turnsPerLook; turn += batchSize) {
        const first = next & (prepared - 1);
        for (let index = 0; index < batchSize; index++)
          (words[first + index] as Int32Array)[0] = (next + index) | 0;
        const rest = batches[first / batchSize] as Buffer[][];
        for (let sent = 0; sent < batchSize; ) sent += writer.trySendMany(rest[sent] as Buffer[]);
        next = (next + batchSize) | 0;
      }
    } while (performance.now() < until);
    return next;
  };
}

async function read(reader: ChannelReader): Promise<void> {
  const arrivals = new Arrivals();
  const watch = new GarbageWatch();
  takePlaces();
  const words = wordsOf(reader);
  const visit = (_block: Buffer, offset: number, length: number) =>
    arrivals.see(words, offset >> 2, length >> 2);
  while (!arrivals.over) reader.drain(visit);
  const { started, ended } = arrivals;
  report({
    ...arrivals.report,
    readerRings: reader.rings,
    readerGarbage: await watch.between(started, ended),
  });
}

/** The words of the block in which messages lie: the first message tells. */
function wordsOf(reader: ChannelReader): Int32Array {
  const lease = reader.leaseSync();
  const words = new Int32Array(lease.bytes.buffer);
  lease.putBack();
  return words;
}
