import { sysv } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueKey } from '../helpers/names.js';
import { until } from '../helpers/until.js';
import { withPeers } from './peers.js';

const timeout = 20_000;

leaveNothing();

withPeers('sysv-sem', (peer, test) => {
  test(`a set that ${peer.language} has created is opened with its values`, async () => {
    const key = uniqueKey();
    expect(await peer.lines('create', key, 5, 0, 32_767)).toEqual(['5', '0', '32767']);
    const set = sysv.SemaphoreSet.open(key);
    onTestFinished(() => set.remove());

    expect(set.count).toBe(3);
    expect(set.values).toEqual([5, 0, 32_767]);
  });

  test(`an operation wakes ${peer.language}, and its operation wakes us, round after round`, async () => {
    // Few enough that what it prints fits into the pipe: nobody reads while this thread is blocked.
    const rounds = 50;
    const set = sysv.SemaphoreSet.create(uniqueKey(), { count: 2 });
    onTestFinished(() => set.remove());
    const program = peer.start('echo', set.key, rounds);
    await until(() => set.waitingForIncrease(0) === 1);
    for (let round = 0; round < rounds; round++) {
      expect(set.tryOperate({ index: 1, delta: -1 })).toBe(false);
      set.operateSync({ index: 0, delta: 1 });
      set.operateSync({ index: 1, delta: -1 }, { timeout });
    }
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout).toBe(Array.from({ length: rounds }, (_, round) => `round ${round}\n`).join(''));
    expect(set.values).toEqual([0, 0]);
  });

  test(`what ${peer.language} took with SEM_UNDO comes back, and wakes us, when it is killed`, async () => {
    const set = sysv.SemaphoreSet.create(uniqueKey(), { values: [1] });
    onTestFinished(() => set.remove());
    const program = peer.start('hold', set.key);
    await program.printed('holding');
    expect(set.tryOperate({ index: 0, delta: -1 })).toBe(false);

    program.child.kill('SIGKILL');
    set.operateSync({ index: 0, delta: -1 }, { timeout });
    expect((await program.ended).signal).toBe('SIGKILL');
  });
});
