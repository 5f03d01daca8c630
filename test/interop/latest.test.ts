import { setTimeout as sleep } from 'node:timers/promises';
import { Latest } from 'posix-ipc';
import { expect } from 'vitest';
import { isWhole } from '../channel/whole.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, start } from '../helpers/program.js';
import { withPeerInC } from './peers.js';

leaveNothing();

withPeerInC('latest', (peer, test) => {
  test(`we open what ${peer.language} has made`, async () => {
    const path = name();
    expect(await peer.lines('create', path, 100)).toEqual([]);
    const latest = closing(Latest.open(path));
    expect(latest.size).toBe(100);
    expect(latest.reader().get()?.toString()).toBe('made in C');
    expect(latest.writer().set('in JavaScript')).toBe(2);
  });

  test(`${peer.language} follows what we set`, async () => {
    const path = name();
    closing(Latest.create(path, { size: 4096 }));
    start(process.execPath, [fixture('channel/latest.mjs'), 'write', path]);
    const [ready, ...values] = await peer.lines('follow', path, 300);
    expect(ready).toBe('ready');
    const versions = values.map((value) => Number(/^(\d+) whole$/.exec(value)?.[1]));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });

  for (const size of [64, 2 ** 18]) {
    test(`${peer.language} is killed while it sets values of up to ${size} bytes, again and again`, async () => {
      const path = name();
      const latest = closing(Latest.create(path, { size }));
      const reader = latest.reader();
      let last = 0;
      for (let kills = 0; kills < 100; kills++) {
        const writer = peer.start('write', path);
        await writer.printed('ready');
        for (let looks = Math.random() * 50; looks > 0; looks--) {
          expect(isWhole(reader.get() as Buffer, reader.version, latest)).toBe(true);
        }
        if (kills % 2 === 0) await sleep(Math.random() * 3);
        writer.child.kill('SIGKILL');
        await writer.ended;
        expect(isWhole(reader.get() as Buffer, reader.version, latest)).toBe(true);
        expect(reader.version).toBeGreaterThan(last);
        last = reader.version;
      }
    });
  }

  test(`two threads in ${peer.language} on one mapping: nothing is torn`, async () => {
    const path = name();
    closing(Latest.create(path, { size: 64 }));
    expect(await peer.lines('threads', path)).toEqual(['ready', '0 torn']);
  });
});
