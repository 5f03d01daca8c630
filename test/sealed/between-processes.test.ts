import { randomBytes } from 'node:crypto';
import { MessageQueue, type MessageQueue as Posix, type Sealed, sealed, type sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { letters, name } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';

leaveNothing();

const posix = (overhead: number): [Posix, string] => {
  const path = name();
  return [MessageQueue.create(path, { maxMessages: 8, messageSize: 100 + overhead }), path];
};
const system = (): [sysv.MessageQueue, string] => {
  const queue = letters();
  return [queue, String(queue.id)];
};

describe.each([
  ['a POSIX queue', posix],
  ['a System V queue', system],
])('over %s', (_, make) => {
  const key = randomBytes(32);
  const context = 'to the reader';
  const reader = () => sealed(key, { context });
  const writer = (target: string, count: number, secret = key) =>
    start(process.execPath, [
      fixture('sealed/send.mjs'),
      target,
      String(count),
      secret.toString('hex'),
      context,
    ]);
  const sound = async (program: ReturnType<typeof writer>) =>
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });

  test('100 messages of another process come whole and in order, and none is readable underway', async () => {
    const { open, overhead } = reader();
    const [queue, target] = make(overhead);
    const program = writer(target, 100);
    for (let expected = 1; expected <= 100; expected++) {
      const { data: message } = await queue.receive();
      expect(message.includes('message')).toBe(false);
      const { data, sequence, skipped } = open(message);
      expect([data.toString(), sequence, skipped]).toEqual([`message ${expected}`, expected, 0]);
    }
    await sound(program);
  });

  test('what a third party takes out, changes, repeats, swaps or makes up is noticed', async () => {
    const { open, overhead } = reader();
    const [queue, target] = make(overhead);
    await sound(writer(target, 6));
    const [one, two, , four, five, six] = await take(queue, 6);
    const changed = Buffer.from(six);
    changed[20] ^= 1;
    await sound(writer(target, 1, randomBytes(32)));
    const [forged] = await take(queue, 1);
    for (const message of [one, two, two, five, four, changed, forged]) await queue.send(message);

    expect((await take(queue, 7)).map((message) => outcome(open, message))).toEqual([
      'message 1',
      'message 2',
      'EALREADY',
      'message 5, 2 skipped',
      'message 4, late',
      'EBADMSG',
      'EBADMSG',
    ]);
  });

  test('two writers and one that is started again are three writers', async () => {
    const { open, overhead } = reader();
    const [queue, target] = make(overhead);
    const writers = new Set<string>();
    await Promise.all([writer(target, 3), writer(target, 3)].map(sound));
    for (const message of await take(queue, 6)) {
      const { writer, skipped } = open(message);
      expect(skipped).toBe(0);
      writers.add(writer);
    }
    await sound(writer(target, 1));
    const [message] = await take(queue, 1);
    const opened = open(message);
    expect(opened).toMatchObject({ sequence: 1, skipped: 0, late: false });
    expect(writers.add(opened.writer).size).toBe(3);
    expect(() => open(message)).toThrow(ipcError('EALREADY', 'open'));
  });
});

async function take(queue: Posix | sysv.MessageQueue, count: number): Promise<Buffer[]> {
  const messages = [];
  for (let i = 0; i < count; i++) messages.push((await queue.receive({ timeout: 10_000 })).data);
  return messages;
}

function outcome(open: Sealed['open'], message: Buffer): string {
  try {
    const { data, skipped, late } = open(message);
    return `${data}${skipped > 0 ? `, ${skipped} skipped` : ''}${late ? ', late' : ''}`;
  } catch (error) {
    return (error as { code: string }).code;
  }
}
