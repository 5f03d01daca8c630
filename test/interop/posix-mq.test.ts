import { MessageQueue } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { blocked, until } from '../helpers/until.js';
import { withPeers } from './peers.js';

leaveNothing();

withPeers('posix-mq', (peer, test) => {
  test(`what ${peer.language} has sent is received, the highest priority first and in order within one`, async () => {
    const name = uniqueName();
    await peer.lines('send', name, 8);
    onTestFinished(() => MessageQueue.unlink(name));

    using queue = MessageQueue.open(name, { access: 'read' });
    expect([queue.maxMessages, queue.messageSize, queue.length]).toEqual([10, 64, 8]);
    const received = Array.from({ length: 8 }, () => queue.receiveSync({ timeout: 0 }));
    expect(received.map(({ data, priority }) => `${priority} ${data}`)).toEqual([
      '2 Message-2',
      '2 Message-5',
      '1 Message-1',
      '1 Message-4',
      '1 Message-7',
      '0 Message-0',
      '0 Message-3',
      '0 Message-6',
    ]);
    expect(queue.tryReceive()).toBe(undefined);
  });

  test(`what is sent wakes ${peer.language} and is received by it, whole and in order`, async () => {
    const name = uniqueName();
    using queue = MessageQueue.create(name, { maxMessages: 10, messageSize: 64 });
    onTestFinished(() => MessageQueue.unlink(name));
    const program = peer.start('receive', name, 30);
    await program.printed('waiting');
    await blocked(program.pid);

    const expected = Array.from({ length: 30 }, (_, index) => `${index % 3} Größe ${index}`);
    // One at a time, so that no priority overtakes another.
    for (const [index, line] of expected.entries()) {
      await until(() => queue.length === 0);
      queue.sendSync(line.slice(2), { priority: index % 3 });
    }
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(1, -1)).toEqual(expected);
  });
});
