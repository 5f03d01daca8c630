// Large messages, copied on each side: bulk.js write|read|both NAME SIZE AREA SECONDS. Each side goes round an area that no
// cache holds, as bench/floors/channel-copy.c does. Both: in one process, a message at a time.
import { Channel, type ChannelReader, type ChannelWriter } from 'posix-ipc';
import { Arrivals } from './arrivals.js';
import { Mark, marker } from './messages.js';
import { report, takePlaces, warmUp } from './stage.js';

const [role, name, size, area, seconds] = process.argv.slice(2) as [string, string, string, string, string];
const parts = Math.floor(Number(area) / Number(size));
const bytes = new Uint8Array(parts * Number(size)).fill(1);
const messages = Array.from({ length: parts }, (_, index) =>
  Buffer.from(bytes.buffer, index * Number(size), Number(size)),
);
const words = messages.map(({ buffer, byteOffset }) => new Int32Array(buffer, byteOffset, 3));

const channel = Channel.open(name);
if (role === 'write') write(channel.writer());
else if (role === 'read') read(channel.reader());
else copyAlone(channel.writer(), channel.reader());

function write(writer: ChannelWriter): void {
  takePlaces();
  const warm = send(writer, 0, performance.now() + warmUp);
  writer.sendSync(marker(warm, Mark.start));
  const next = send(writer, warm, performance.now() + 1000 * Number(seconds));
  writer.sendSync(marker(next, Mark.end));
}

function send(writer: ChannelWriter, sequence: number, until: number): number {
  let next = sequence;
  for (; performance.now() < until; next++) {
    const index = next % parts;
    (words[index] as Int32Array)[0] = next;
    while (!writer.trySend(messages[index] as Buffer));
  }
  return next;
}

function read(reader: ChannelReader): void {
  const arrivals = new Arrivals();
  takePlaces();
  for (let next = 0; !arrivals.over; next++) {
    const index = next % parts;
    while (reader.tryReceiveInto(messages[index] as Buffer) === undefined);
    // Its number, and that two words are equal: the sum of all would be one more pass over its bytes.
    arrivals.see(words[index] as Int32Array, 0, 3);
  }
  report(arrivals.report);
}

function copyAlone(writer: ChannelWriter, reader: ChannelReader): void {
  const landing = messages.map(({ length }) => Buffer.alloc(length, 1));
  takePlaces();
  const begin = performance.now() + warmUp;
  const end = begin + 1000 * Number(seconds);
  let started = performance.now();
  let first = 0;
  let next = 0;
  let wrong = 0;
  for (let now = started; now < end; now = performance.now()) {
    if (started < begin && now >= begin) {
      started = now;
      first = next;
    }
    const index = next % parts;
    const landed = landing[index] as Buffer;
    (words[index] as Int32Array)[0] = next;
    writer.trySend(messages[index] as Buffer);
    reader.tryReceiveInto(landed);
    if (landed.readInt32LE() !== next) wrong += 1;
    next += 1;
  }
  report({ messages: next - first, milliseconds: performance.now() - started, wrong });
}
