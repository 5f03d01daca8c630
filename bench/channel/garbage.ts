// How often garbage is collected while messages pass: garbage.js NAME MESSAGES. Both seats are in this process.
import { Channel } from 'posix-ipc';
import { GarbageWatch } from './garbage-watch.js';
import { report, takePlaces } from './stage.js';

/** Sent before they are received. */
const inARow = 64;
const size = 64;

const [name, messages] = process.argv.slice(2) as [string, string];
const channel = Channel.open(name);
const writer = channel.writer();
const reader = channel.reader();
const message = Buffer.alloc(size, 1);
const into = Buffer.alloc(size);
let received = 0;
const visit = (_block: Buffer, _offset: number, length: number) => {
  received += length / size;
};

const pairs = {
  'trySend + drain': (count: number) => {
    for (let sent = 0; sent < count; sent += inARow) {
      for (let index = 0; index < inARow; index++) writer.trySend(message);
      reader.drain(visit);
    }
  },
  'tryClaim, commit + tryReceiveInto': (count: number) => {
    const { block } = writer;
    for (let sent = 0; sent < count; sent += inARow) {
      for (let index = 0; index < inARow; index++) {
        const at = writer.tryClaim(size) as number;
        block[at] = index;
        writer.commit(at);
      }
      while (reader.tryReceiveInto(into) !== undefined) received += 1;
    }
  },
};

takePlaces();
const watch = new GarbageWatch();
const collections: Record<string, number> = {};
const count = Math.ceil(Number(messages) / inARow) * inARow;
for (const [title, pass] of Object.entries(pairs)) {
  // The compiler's own work is done by then.
  pass(count / 10);
  received = 0;
  const from = performance.now();
  pass(count);
  collections[title] = await watch.between(from, performance.now());
  if (received !== count) throw new Error(`${title}: ${received} of ${count} messages`);
}
report({ messages: count, collections });
