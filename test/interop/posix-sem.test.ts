import { Semaphore } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { blocked } from '../helpers/until.js';
import { withPeers } from './peers.js';

const timeout = 20_000;

leaveNothing();

withPeers('posix-sem', (peer, test) => {
  test(`one that ${peer.language} has created is opened with its value`, async () => {
    const name = uniqueName();
    expect(await peer.lines('create', name, 3)).toEqual(['3']);
    onTestFinished(() => Semaphore.unlink(name));

    using semaphore = Semaphore.open(name);
    expect(semaphore.value).toBe(3);
    expect(semaphore.tryWait()).toBe(true);
    expect(Semaphore.openOrCreate(name, { value: 9 }).value).toBe(2);
  });

  test(`a post wakes ${peer.language}, and its post wakes us, round after round`, async () => {
    // Few enough that what it prints fits into the pipe: nobody reads while this thread is blocked.
    const rounds = 50;
    const [ping, pong] = [uniqueName(), uniqueName()].map((name) => {
      onTestFinished(() => Semaphore.unlink(name));
      return Semaphore.create(name, { value: 0 });
    });
    const program = peer.start('echo', ping.name, pong.name, rounds);
    await program.printed('waiting');
    await blocked(program.pid);

    ping.post();
    await program.printed('round 0');
    pong.waitSync({ timeout });
    expect(ping.value).toBe(0);

    await blocked(program.pid);
    for (let round = 1; round < rounds; round++) {
      expect(pong.tryWait()).toBe(false);
      ping.post();
      pong.waitSync({ timeout });
    }
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    const said = Array.from({ length: rounds }, (_, round) => `round ${round}\n`);
    expect(stdout).toBe(`waiting\n${said.join('')}`);
    expect([ping.value, pong.value]).toEqual([0, 0]);
    ping.close();
    pong.close();
  });
});
