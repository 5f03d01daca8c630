import { MessageQueue, Mutex, type sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { holder, killed, memory, open } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { letters, name } from '../helpers/objects.js';
import { fixture, runFixture, start } from '../helpers/program.js';
import { blocked } from '../helpers/until.js';

// Who writes or reads is killed by SIGKILL in the midst of it.
leaveNothing();

const queues = [
  {
    kind: 'posix',
    make() {
      const path = name();
      const queue = open(MessageQueue.create(path, { maxMessages: 4, messageSize: 1024 }));
      return { queue, address: path };
    },
  },
  {
    kind: 'sysv',
    make(): { queue: MessageQueue | sysv.MessageQueue; address: string } {
      const queue = letters();
      return { queue, address: String(queue.id) };
    },
  },
];

describe.each(queues)('a $kind queue', ({ kind, make }) => {
  test('whose producer is killed has whole messages, in order and without a gap', async () => {
    const { queue, address } = make();
    let last = 0;
    const check = ({ data }: { data: Buffer }) => {
      last += 1;
      const words = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
      expect([words.length, ...new Set(words)]).toEqual([256, last]);
    };
    for (const enough of [1, 20, 50, 111, 200]) {
      last = 0;
      const program = start(process.execPath, [fixture('faults/send-until-killed.mjs'), kind, address]);
      while (last < enough) check(await queue.receive());
      await killed(program);
      for (let message = queue.tryReceive(); message; message = queue.tryReceive()) check(message);
      expect(last).toBeGreaterThanOrEqual(enough);
    }
  });

  test.each(['receive', 'receiveSync'])(
    'whose consumer is killed waiting (%s) keeps what is sent',
    async (way) => {
      const { queue, address } = make();
      const words = [fixture('faults/receive-until-killed.mjs'), kind, address, way];
      const program = start(process.execPath, words);
      await queue.send('1');
      await queue.send('2');
      await program.printed('got 2');
      await blocked(program.pid);
      await killed(program);
      const rest = ['3', '4', '5'];
      for (const text of rest) await queue.send(text);
      for (const text of rest) expect(queue.tryReceive()?.data.toString()).toBe(text);
      expect(queue.tryReceive()).toBe(undefined);
    },
  );
});

describe('a buffer with a mutex', () => {
  test('whose writer dies half-way is half written, and the next owner is told', async () => {
    const shared = memory();
    const words = shared.view(Int32Array, 4096);
    const { signal } = await runFixture('faults/write-until-killed.mjs', [shared.name, '7']);
    expect(signal).toBe('SIGKILL');
    const repaired: number[] = [];
    const recover = () => {
      repaired.push(words[0], words[words.length - 1]);
      words.fill(words[0]);
    };
    const mutex = open(Mutex.open({ memory: shared, offset: 0 }, { recover }));
    using guard = mutex.lockSync();
    expect(guard.ownerDied).toBe(true);
    expect([repaired, [...new Set(words)]]).toEqual([[8, 7], [8]]);
  });

  test('is whole for whoever is not told of a death, whenever its writer is killed', async () => {
    const shared = memory();
    const words = shared.view(Int32Array, 4096);
    const mutex = open(Mutex.create({ memory: shared, offset: 0 }));
    for (let round = 0; round < 15; round++) {
      const writer = start(process.execPath, [fixture('faults/write-until-killed.mjs'), shared.name]);
      await writer.printed('writing');
      for (let look = 0; look < round; look++) {
        using _ = mutex.lockSync();
        expect(new Set(words).size).toBe(1);
      }
      await killed(writer);
      using guard = mutex.lockSync();
      if (!guard.ownerDied) expect(new Set(words).size).toBe(1);
      else guard.makeConsistent();
      words.fill(0);
    }
  });
});

test('one that waits for a mutex is killed: the next one gets it', async () => {
  const path = name();
  const mutex = open(Mutex.create(path));
  const guard = mutex.lockSync();
  const waiting = start(process.execPath, [fixture('faults/hold.mjs'), 'Mutex.lockSync', path]);
  await waiting.printed('taking');
  await blocked(waiting.pid);
  await killed(waiting);
  guard.unlock();
  const program = await holder('Mutex.lock', path);
  program.child.stdin.write('close\n');
  await program.printed('did close');
  using again = mutex.lockSync();
  expect(again.ownerDied).toBe(false);
});
