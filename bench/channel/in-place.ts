// What a message costs that is written and read where it lies: in-place.js NAME SIZE SECONDS. Both seats are in this process;
// nobody touches the bytes.
import { Channel, type Lease } from 'posix-ipc';
import { report, takePlaces, warmUp } from './stage.js';

/** Messages between two looks at the clock. */
const turnsPerLook = 10_000;

const [name, length, seconds] = process.argv.slice(2) as [string, string, string];
const channel = Channel.open(name);
const writer = channel.writer();
const reader = channel.reader();
const size = Number(length);
takePlaces();
passFor(warmUp);
report({ nanoseconds: passFor(1000 * Number(seconds)) });

/** Nanoseconds of a message. */
function passFor(milliseconds: number): number {
  const started = performance.now();
  let count = 0;
  let now = started;
  for (; now - started < milliseconds; now = performance.now()) {
    for (let turn = 0; turn < turnsPerLook; turn++) {
      writer.commit(writer.tryClaim(size) as number);
      (reader.tryLease() as Lease).release();
    }
    count += turnsPerLook;
  }
  return (1e6 * (now - started)) / count;
}
