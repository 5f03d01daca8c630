import { randomBytes } from 'node:crypto';
import { Channel, SharedMemory } from 'posix-ipc';
import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, run } from '../helpers/program.js';
import { stress } from '../helpers/stress.js';

// What docs/memory-order.md says of the engine, tried on this one: no standard promises it for memory that is no
// SharedArrayBuffer.
leaveNothing();

test('nobody sees a position before its record, and of two that store and look one sees the other', async () => {
  const path = name();
  closing(SharedMemory.create(path, { size: 4096 }));
  const { stdout, stderr } = await run(
    process.execPath,
    [fixture('channel/litmus.mjs'), path, String(1500 * stress)],
    { timeout: 30_000 + 1500 * stress },
  );
  const { rounds, ...faults } = JSON.parse(stdout || `{"stderr": ${JSON.stringify(stderr)}}`);
  expect(faults).toEqual({ stale: 0, both: 0, code: 0 });
  expect(rounds).toBeGreaterThan(10);
});

test('a payload keeps every bit, also those of signalling NaNs', () => {
  const channel = closing(Channel.create(name(), { capacity: 2 ** 16 }));
  const [writer, reader] = [channel.writer(), channel.reader()];
  const into = Buffer.alloc(4096);
  for (const length of [8, 64, 256, 264, 4096]) {
    for (let round = 0; round < 50; round++) {
      const bytes = randomBytes(length);
      // Every double in it a NaN, mostly a signalling one.
      for (let at = 0; at < length; at += 8) bytes.writeUInt16LE(0x7ff0 | (bytes[at] & 7), at + 6);
      const doubles = new Float64Array(new Uint8Array(bytes).buffer);
      for (const data of [bytes, doubles]) {
        writer.trySend(data);
        expect(reader.tryReceive()?.equals(bytes)).toBe(true);
        writer.trySend(data);
        expect(reader.tryReceiveInto(into)).toBe(length);
        expect(into.subarray(0, length).equals(bytes)).toBe(true);
        writer.trySendMany([data]);
        reader.drain((block, offset) => {
          expect(block.subarray(offset, offset + length).equals(bytes)).toBe(true);
        });
      }
    }
  }
});
