import { truncateSync } from 'node:fs';
import { expect } from 'vitest';
import { at, drained, made, pair, words } from '../channel/made.js';
import { type Outcome, outcomeOf, refused } from '../helpers/attempt.js';
import { peer } from '../helpers/peer.js';
import { fixture, start } from '../helpers/program.js';
import { blocked } from '../helpers/until.js';
import { covers } from './covers.js';

/** What a promise comes to. */
async function outcomeOfWait(wait: Promise<unknown>): Promise<Outcome> {
  try {
    await wait;
  } catch (error) {
    return outcomeOf(() => {
      throw error;
    });
  }
  return {};
}

const full = () => {
  const both = pair();
  both.writer.trySend(Buffer.alloc(4088));
  return both;
};

/** What all ways to send, or to receive, come to. */
async function expectSending({ path, writer }: ReturnType<typeof pair>, code: string, hint?: RegExp) {
  const expected = refused(code, 'send', { path }, hint);
  expect(outcomeOf(() => writer.sendSync('x', { timeout: 1000 }))).toEqual(expected);
  expect(await outcomeOfWait(writer.send('x', { timeout: 1000 }))).toEqual(expected);
}
async function expectReceiving({ path, reader }: ReturnType<typeof pair>, code: string, hint?: RegExp) {
  const expected = refused(code, 'receive', { path }, hint);
  expect(outcomeOf(() => reader.receiveSync({ timeout: 1000 }))).toEqual(expected);
  expect(await outcomeOfWait(reader.receive({ timeout: 1000 }))).toEqual(expected);
}

async function interrupted(path: string, kind: 'send' | 'receive'): Promise<void> {
  const program = start(process.execPath, [fixture('channel/listen-while-blocked.mjs'), path, kind]);
  await program.printed('waiting');
  await blocked(program.pid);
  program.child.kill('SIGTERM');
  expect((await program.ended).stdout).toContain(`EINTR ${kind}, heard SIGTERM`);
}

covers('send', {
  EAGAIN: () => {
    expect(full().writer.trySend('x')).toBe(false);
  },
  EBADF: async () => {
    const { path, writer } = full();
    const waiting = outcomeOfWait(writer.send('x'));
    writer.close();
    for (const outcome of [
      await waiting,
      outcomeOf(() => writer.trySend('x')),
      await outcomeOfWait(writer.send('x')),
    ])
      expect(outcome).toEqual(refused('EBADF', 'send', { path }, /closed/));
  },
  EBADMSG: async () => {
    const both = full();
    words(both.path)[at.head] = 2 ** 20;
    await expectSending(both, 'EBADMSG', /written into/);
  },
  EBUSY: () => {
    const { path, writer } = pair();
    const offset = writer.tryClaim(1) as number;
    for (const call of [() => writer.trySend('x'), () => writer.sendSync('x')])
      expect(outcomeOf(call)).toEqual(refused('EBUSY', 'send', { path }, /claim is open/));
    writer.abort(offset);
  },
  EINTR: async () => {
    const { path, channel } = made();
    const writer = channel.writer();
    writer.trySend(Buffer.alloc(4088));
    writer.close();
    await interrupted(path, 'send');
  },
  EMSGSIZE: () => {
    const { path, writer } = pair();
    const outcome = outcomeOf(() => writer.trySend(Buffer.alloc(4089)));
    expect(outcome).toEqual(refused('EMSGSIZE', 'send', { path }, /its capacity less 8/));
  },
  EPIPE: async () => {
    const both = full();
    both.reader.close();
    await expectSending(both, 'EPIPE', /persistent/);
  },
  ESTALE: async () => {
    const both = pair();
    truncateSync(`/dev/shm${both.path}`);
    await expectSending(both, 'ESTALE', /close this handle/);
  },
  ETIMEDOUT: async () => {
    const { path, writer } = full();
    const expected = refused('ETIMEDOUT', 'send', { path });
    expect(outcomeOf(() => writer.sendSync('x', { timeout: 1 }))).toEqual(expected);
    expect(await outcomeOfWait(writer.send('x', { timeout: 1 }))).toEqual(expected);
  },
});

covers('receive', {
  EAGAIN: () => {
    expect(pair().reader.tryReceive()).toBeUndefined();
  },
  EBADF: async () => {
    const { path, reader } = pair();
    const waiting = outcomeOfWait(reader.receive());
    reader.close();
    for (const outcome of [
      await waiting,
      outcomeOf(() => reader.tryReceive()),
      await outcomeOfWait(reader.receive()),
    ])
      expect(outcome).toEqual(refused('EBADF', 'receive', { path }, /closed/));
  },
  EBADMSG: async () => {
    const both = pair();
    both.writer.trySend('short');
    words(both.path)[8192 / 4] = 1000;
    await expectReceiving(both, 'EBADMSG', /written into/);
  },
  EBUSY: () => {
    const { path, writer, reader } = pair();
    writer.trySend('x');
    const lease = reader.leaseSync();
    for (const call of [() => reader.tryReceive(), () => reader.receiveSync()])
      expect(outcomeOf(call)).toEqual(refused('EBUSY', 'receive', { path }, /lease is held/));
    lease.release();
  },
  EINTR: async () => {
    await interrupted(made().path, 'receive');
  },
  EMSGSIZE: () => {
    const { path, writer, reader } = pair();
    writer.trySend('long');
    const outcome = outcomeOf(() => reader.tryReceiveInto(Buffer.alloc(3)));
    expect(outcome).toEqual(refused('EMSGSIZE', 'receive', { path }, /stays/));
    expect(drained(reader)).toEqual(['long']);
  },
  EPIPE: async () => {
    const { path, channel } = made();
    const writer = await peer({ channel: path, role: 'writer' });
    await writer.kill();
    await expectReceiving(
      { path, channel, reader: channel.reader() } as ReturnType<typeof pair>,
      'EPIPE',
      /persistent/,
    );
  },
  ESTALE: async () => {
    const both = pair();
    truncateSync(`/dev/shm${both.path}`);
    await expectReceiving(both, 'ESTALE', /close this handle/);
  },
  ETIMEDOUT: async () => {
    const { path, reader } = pair();
    const expected = refused('ETIMEDOUT', 'receive', { path });
    expect(outcomeOf(() => reader.receiveSync({ timeout: 1 }))).toEqual(expected);
    expect(await outcomeOfWait(reader.receive({ timeout: 1 }))).toEqual(expected);
  },
});
