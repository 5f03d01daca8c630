import { Channel, SharedMemory } from 'posix-ipc';
import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';

leaveNothing();

const capacity = 4096;
const firstLength = 8192 / 4;

function fresh(many: 'one' | 'many') {
  const channel = closing(Channel.create(name(), { capacity, writers: many, readers: many }));
  const words = closing(SharedMemory.open(channel.name)).view(Int32Array);
  return { words, writer: channel.writer(), reader: channel.reader() };
}

for (const many of ['one', 'many'] as const) {
  test(`a lease is released as it was taken, whatever became of its length: ${many}`, () => {
    const { words, writer, reader } = fresh(many);
    for (const text of ['first', 'second', 'third']) writer.trySend(Buffer.from(text));
    const lease = reader.tryLease();
    for (const length of [1000, -1, 20]) words[firstLength] = length;
    expect(lease?.text()).toBe('first');
    lease?.release();
    expect(String(reader.tryReceive())).toBe('second');
  });

  test(`a drain shows also what came after a single message was received: ${many}`, () => {
    const { writer, reader } = fresh(many);
    for (const text of ['first', 'second']) writer.trySend(Buffer.from(text));
    reader.tryReceive();
    writer.trySend(Buffer.from('third'));
    const seen: string[] = [];
    reader.drain((block, offset, length) => seen.push(block.toString('utf8', offset, offset + length)));
    expect(seen).toEqual(['second', 'third']);
  });
}
