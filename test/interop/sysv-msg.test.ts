import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sysv } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { leaveNothing, watchId } from '../helpers/leftovers.js';
import { blocked } from '../helpers/until.js';
import { withPeers } from './peers.js';

leaveNothing();

/** A file of this test alone; both sides make the key of it. */
function meetingPoint(): { path: string; key: number } {
  const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'key');
  writeFileSync(path, '');
  return { path, key: sysv.ftok(path, 'P'.charCodeAt(0)) };
}

withPeers('sysv-msg', (peer, test) => {
  test(`what ${peer.language} has sent is received, by its key, in order and by type`, async () => {
    const { path, key } = meetingPoint();
    await peer.lines('send', path, 9);
    const queue = sysv.MessageQueue.open(key);
    watchId('msg', queue.id);
    onTestFinished(() => queue.remove());

    const take = (selection?: Parameters<typeof queue.tryReceive>[0]) => {
      const message = queue.tryReceive(selection);
      return message && `${message.type} ${message.data}`;
    };
    expect(take()).toBe('1 Message-0');
    expect(take({ type: 3 })).toBe('3 Message-2');
    expect(take({ type: -2 })).toBe('1 Message-3');
    expect(take({ type: 1, except: true })).toBe('2 Message-1');
    expect([take(), take(), take(), take(), take()]).toEqual([
      '2 Message-4',
      '3 Message-5',
      '1 Message-6',
      '2 Message-7',
      '3 Message-8',
    ]);
    expect(take()).toBe(undefined);
  });

  test(`what is sent wakes ${peer.language} and is received by it, by type and in order`, async () => {
    const { path, key } = meetingPoint();
    const queue = sysv.MessageQueue.create(key);
    watchId('msg', queue.id);
    onTestFinished(() => queue.remove());
    const program = peer.start('receive', path, 15, 7);
    await program.printed('waiting');
    await blocked(program.pid);

    queue.sendSync('not for you', { type: 3 });
    await blocked(program.pid);
    const words = Array.from({ length: 15 }, (_, index) => `Größe ${index}`);
    for (const word of words) queue.sendSync(word, { type: 7 });
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(1, -1)).toEqual(words.map((word) => `7 ${word}`));
    expect(queue.tryReceive()).toEqual({ type: 3, data: Buffer.from('not for you') });
  });
});
