// Many writers, one reader: writers.js write NAME ID BATCH SECONDS | read NAME WRITERS. bench/floors/channel-writers.c is the
// same in C.
import { Channel, type ChannelReader, type ChannelWriter } from 'posix-ipc';
import { Crowd } from './crowd.js';
import { Mark, marker } from './messages.js';
import { report, takePlaces, warmUp } from './stage.js';

const size = 64;
/** Messages between two looks at the clock. */
const turnsPerLook = 1024;

const [role, name, ...rest] = process.argv.slice(2) as [string, string, ...string[]];
const channel = Channel.open(name);
if (role === 'write') write(channel.writer(), rest.map(Number) as [number, number, number]);
else read(channel.reader(), Number(rest[0]));

function write(writer: ChannelWriter, [id, batch, seconds]: [number, number, number]): void {
  const messages = Array.from({ length: batch }, () => Buffer.from(new ArrayBuffer(size)));
  const words = messages.map(({ buffer }) => new Int32Array(buffer));
  for (const each of words) each[1] = id;
  const only = messages[0] as Buffer;
  const send = (sequence: number, until: number) => {
    let next = sequence;
    do {
      for (let turn = 0; turn < turnsPerLook; turn += batch) {
        for (let index = 0; index < batch; index++) (words[index] as Int32Array)[0] = (next + index) | 0;
        if (batch === 1) writer.sendSync(only);
        else writer.sendManySync(messages);
        next = (next + batch) | 0;
      }
    } while (performance.now() < until);
    return next;
  };
  takePlaces();
  const begin = performance.now() + warmUp;
  const warm = send(0, begin);
  writer.sendSync(marker(warm, Mark.start, { id }));
  const next = send(warm, begin + 1000 * seconds);
  writer.sendSync(marker(next, Mark.end, { id }));
  report({ rings: writer.rings });
}

function read(reader: ChannelReader, writers: number): void {
  const crowd = new Crowd(writers);
  takePlaces();
  const first = reader.leaseSync();
  const words = new Int32Array(first.bytes.buffer);
  first.putBack();
  const visit = (_block: Buffer, offset: number, length: number) =>
    crowd.see(words, offset >> 2, length >> 2);
  while (!crowd.over) {
    // Asleep where there is nothing: the writers need the CPU.
    if (reader.drain(visit) === 0) reader.leaseSync().putBack();
  }
  report(crowd.report);
}
