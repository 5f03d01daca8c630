import { setTimeout as sleep } from 'node:timers/promises';
import { Broadcast } from 'posix-ipc';
import { expect } from 'vitest';
import { isWholeMessage, pattern, setWide, wide, wordsOf } from '../channel/whole.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, start } from '../helpers/program.js';
import { withPeerInC } from './peers.js';

leaveNothing();

withPeerInC('broadcast', (peer, test) => {
  test(`we open what ${peer.language} has made`, async () => {
    const path = name();
    expect(await peer.lines('create', path, 8192)).toEqual([]);
    const broadcast = closing(Broadcast.open(path));
    expect(broadcast.capacity).toBe(8192);
    const message = broadcast.reader({ from: 'last' }).tryReceive();
    expect(message).toEqual({ data: Buffer.from('made in C'), number: 0, lost: 0 });
    expect(broadcast.writer().sent).toBe(1);
  });

  test(`${peer.language} follows what we send`, async () => {
    const path = name();
    closing(Broadcast.create(path, { capacity: 2 ** 14 }));
    start(process.execPath, [fixture('channel/broadcast.mjs'), 'write', path]);
    const [ready, ...messages] = await peer.lines('follow', path, 1000);
    expect(ready).toBe('ready');
    let expected: number | undefined;
    for (const message of messages) {
      const [, number, lost] = (/^(\d+) lost (\d+) whole$/.exec(message) ?? []).map(Number);
      expect(number).toBe((expected ?? number - lost) + lost);
      expected = number + 1;
    }
  });

  test(`${peer.language}, lapped, is given the last message also where a writer has died before the end of its next`, async () => {
    const path = name();
    const broadcast = closing(Broadcast.create(path, { capacity: 4096 }));
    const words = wordsOf(path);
    const writer = broadcast.writer();
    const follower = peer.start('follow', path, 2);
    await follower.printed('ready');
    const send = () => writer.send(pattern(writer.sent, broadcast));
    send();
    await follower.printed('0 lost 0 whole\n');
    follower.child.kill('SIGSTOP');
    for (let count = 0; count < 300; count++) send();
    const tail = words[wide.tail] as number;
    writer.send('never');
    setWide(words, wide.tail, tail);
    follower.child.kill('SIGCONT');
    expect((await follower.ended).stdout).toBe('ready\n0 lost 0 whole\n300 lost 299 whole\n');
  });

  test(`${peer.language} is killed while it sends, again and again`, async () => {
    const path = name();
    const broadcast = closing(Broadcast.create(path, { capacity: 2 ** 14 }));
    const reader = broadcast.reader();
    let received = 0;
    let expected = 0;
    const receive = () => {
      const message = reader.tryReceive();
      if (message === undefined) return false;
      expect(isWholeMessage(message.data, message.number, broadcast)).toBe(true);
      expect(message.number).toBe(expected + message.lost);
      expected = message.number + 1;
      received += 1;
      return true;
    };
    for (let kills = 0; kills < 100; kills++) {
      const writer = peer.start('write', path);
      await writer.printed('ready');
      for (let looks = Math.random() * 50; looks > 0; looks--) receive();
      if (kills % 2 === 0) await sleep(Math.random() * 3);
      writer.child.kill('SIGKILL');
      await writer.ended;
      while (receive());
      const next = broadcast.writer();
      expect(received + reader.lost).toBe(next.sent);
      next.close();
    }
    expect(received).toBeGreaterThan(100);
  });

  test(`two threads in ${peer.language} on one mapping: nothing is torn, each message is received or told as lost`, async () => {
    const path = name();
    closing(Broadcast.create(path, { capacity: 2 ** 14 }));
    expect(await peer.lines('threads', path)).toEqual(['ready', '0 torn, all']);
  });
});
