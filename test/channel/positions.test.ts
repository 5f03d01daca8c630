import { Channel } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { at, drained, words } from './made.js';

// Positions count bytes and wrap at 2^32; as the words of an Int32Array they turn negative at 2^31.
leaveNothing();

describe.each([
  ['2^31', 2 ** 31],
  ['2^32', 2 ** 32],
])('positions that cross %s', (_title, boundary) => {
  /** A fresh channel that has come to just before the boundary. */
  function near(many: 'one' | 'many') {
    const path = name();
    Channel.create(path, { capacity: 4096, writers: many, readers: many }).close();
    const all = words(path);
    all[at.tail] = all[at.head] = (boundary - 3000) | 0;
    const channel = closing(Channel.open(path));
    return { channel, writer: channel.writer(), reader: channel.reader(), all };
  }

  describe.each(['one', 'many'] as const)('%s of each side', (many) => {
    test('carry messages of all lengths, in every way', async () => {
      const { channel, writer, reader, all } = near(many);
      for (let number = 0; number < 300; number++) {
        const data = Buffer.alloc((number * 37) % 600, number);
        if (number % 5 === 0) expect(writer.trySend(data)).toBe(true);
        else if (number % 5 === 1) expect(writer.trySendMany([data])).toBe(1);
        else if (number % 5 === 2) writer.sendSync(data);
        else if (number % 5 === 3) await writer.send(data);
        else {
          const offset = writer.claimSync(data.length);
          writer.block.set(data, offset);
          writer.commit(offset);
        }
        if (number % 4 === 0) expect(reader.tryReceive()).toEqual(data);
        else if (number % 4 === 1) expect(reader.receiveSync()).toEqual(data);
        else if (number % 4 === 2) expect(drained(reader)).toHaveLength(1);
        else {
          const lease = await reader.lease();
          expect(lease.read()).toEqual(data);
          lease.release();
        }
        expect(channel.stats().used).toBe(0);
      }
      expect(all[at.tail] - (boundary | 0)).toBeGreaterThan(3000);
      expect(all[at.head]).toBe(all[at.tail]);
    });

    test('are full and empty at the right time', () => {
      const { channel, writer, reader } = near(many);
      for (let round = 0; round < 30; round++) {
        let sent = 0;
        while (writer.trySend(`${sent}`.padEnd(100))) sent += 1;
        expect([sent, channel.stats().used]).toEqual([36, 36 * 112]);
        expect(drained(reader).map(Number)).toEqual(Array.from({ length: sent }, (_, index) => index));
      }
    });

    test('wake who waits for room and for messages', async () => {
      const { writer, reader } = near(many);
      const data = Buffer.alloc(2500);
      for (let round = 0; round < 6; round++) {
        await writer.send(data);
        const waiting = writer.send(data);
        expect(await reader.receive()).toHaveLength(2500);
        await waiting;
        expect(reader.receiveSync()).toHaveLength(2500);
        const receiving = reader.receive();
        writer.sendSync('soon');
        expect((await receiving).toString()).toBe('soon');
      }
    });
  });

  test('go on where the last ones of both sides have stopped', () => {
    const { channel, writer, reader } = near('one');
    for (let round = 0, [to, from] = [writer, reader]; round < 60; round++) {
      expect(to.trySendMany([`${round}`, 'x'.repeat(500)])).toBe(2);
      expect(from.tryReceive()?.toString()).toBe(`${round}`);
      to.close();
      from.close();
      [to, from] = [channel.writer(), channel.reader()];
      expect(from.tryReceive()).toHaveLength(500);
    }
  });
});
