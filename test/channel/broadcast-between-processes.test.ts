import { setTimeout as sleep } from 'node:timers/promises';
import { Broadcast } from 'posix-ipc';
import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, type Program, start } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { blocked, until } from '../helpers/until.js';
import { isWholeMessage, pattern, setWide, wide, wordsOf } from './whole.js';

leaveNothing();

async function started(role: string, path: string): Promise<Program> {
  const program = start(process.execPath, [fixture('channel/broadcast.mjs'), role, path]);
  await program.printed('ready');
  return program;
}

function made(capacity: number) {
  const path = name();
  return { path, broadcast: closing(Broadcast.create(path, { capacity })) };
}

test.each([4096, 2 ** 20])(
  'of a writer without a pause, in a ring of %s bytes, each message is whole, or told as lost',
  async (capacity) => {
    const { path, broadcast } = made(capacity);
    const reader = broadcast.reader();
    await started('write', path);
    let expected = 0;
    for (let count = 0; count < 5000; count++) {
      const { data, number, lost } = reader.receiveSync();
      expect(isWholeMessage(data, number, broadcast)).toBe(true);
      expect(number).toBe(expected + lost);
      expected = number + 1;
    }
    expect(reader.lost).toBe(expected - 5000);
  },
);

test('a writer that is killed costs no number and damages nothing that is read afterwards', async () => {
  const { path, broadcast } = made(2 ** 16);
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
  for (let kills = 0; kills < 12; kills++) {
    const writer = await started('write', path);
    await until(receive);
    await sleep(Math.random() * 10);
    writer.child.kill('SIGKILL');
    await writer.ended;
    while (receive());
    const next = broadcast.writer();
    expect(received + reader.lost).toBe(next.sent);
    next.close();
  }
});

test('a reader asleep in another process is woken by a message, and told when the writer closes or is killed', async () => {
  const { path, broadcast } = made(4096);
  const writer = broadcast.writer();
  const [first, second] = [await started('sleep', path), await started('sleep', path)];
  for (const { pid } of [first, second]) await blocked(pid);
  await sleep(250); // the timed looks are over
  writer.send('hello');
  expect(writer.rings).toBe(1);
  for (const program of [first, second]) expect((await program.ended).stdout).toBe('ready\nhello\n');
  const third = await started('sleep', path);
  await blocked(third.pid);
  writer.close();
  expect((await third.ended).stdout).toBe('ready\nEPIPE\n');

  const reader = broadcast.reader();
  const killed = await started('write', path);
  await reader.receive();
  killed.child.kill('SIGKILL');
  const all = (async () => {
    for await (const _ of reader);
  })();
  await expect(all).rejects.toEqual(ipcError('EPIPE', 'receive'));
});

test('a reader that is stopped for more than a lap is told exactly how many messages it has lost', async () => {
  const { path, broadcast } = made(4096);
  const writer = broadcast.writer();
  const follower = await started('follow', path);
  const send = () => {
    writer.send(pattern(writer.sent, broadcast));
    return writer.sent - 1;
  };
  for (let round = 0; round < 3; round++) {
    const before = send();
    await follower.printed(new RegExp(`^${before} lost \\d+ whole$`, 'm'));
    follower.child.kill('SIGSTOP');
    let last = before;
    for (let count = 0; count < 1000 + round; count++) last = send();
    follower.child.kill('SIGCONT');
    await follower.printed(`\n${last} lost ${last - before - 1} whole\n`);
  }
});

test('a reader that is stopped while 2^32 bytes and messages go by is told exactly how many it has lost', async () => {
  const { path, broadcast } = made(4096);
  const words = wordsOf(path);
  const follower = await started('follow', path);
  const first = broadcast.writer();
  first.send(pattern(0, broadcast));
  first.close();
  await follower.printed('0 lost 0 whole\n');
  await blocked(follower.pid);
  follower.child.kill('SIGSTOP');
  // As if that many had been sent: after one more of 32 bytes the low word of the tail is the same again.
  const tail = (words[wide.tail] as number) - 32 + 2 ** 32;
  const number = 2 ** 32 + 1;
  words.set([0, 0, number | 0, 1], (8192 + (tail % 4096)) / 4);
  for (const at of [wide.newest, wide.intent, wide.tail]) setWide(words, at, tail);
  const writer = broadcast.writer();
  expect(writer.sent).toBe(number);
  const before = words[wide.tail];
  writer.send(pattern(number, broadcast));
  expect(words[wide.tail]).toBe((before as number) + 32);
  follower.child.kill('SIGCONT');
  await follower.printed(`\n${number} lost ${number - 1} whole\n`);
});
