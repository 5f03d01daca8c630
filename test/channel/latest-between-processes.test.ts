import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Latest } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, type Program, start } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { blocked, until } from '../helpers/until.js';
import { isWhole, setWide, wide, wordsOf } from './whole.js';

leaveNothing();

async function started(role: string, path: string): Promise<Program> {
  const program = start(process.execPath, [fixture('channel/latest.mjs'), role, path]);
  await program.printed('ready');
  return program;
}

function made(size: number) {
  const path = name();
  return { path, latest: closing(Latest.create(path, { size })) };
}

describe.each([64, 4096, 2 ** 20])(
  'values of up to %s bytes that another process sets without a pause',
  (size) => {
    test('are never torn, and never older than the one before', async () => {
      const { path, latest } = made(size);
      const reader = latest.reader();
      await started('write', path);
      const target = Buffer.alloc(size);
      let last = 0;
      for (let changes = 0, count = 0; changes < 300; count++) {
        if (count % 100 === 0) await setImmediate();
        const length = count % 2 === 0 ? undefined : reader.getInto(target);
        const value = length === undefined ? reader.get() : target.subarray(0, length);
        if (value === undefined) continue;
        expect(isWhole(value, reader.version, latest)).toBe(true);
        expect(reader.version).toBeGreaterThanOrEqual(last);
        changes += Number(reader.version > last);
        last = reader.version;
      }
    });
  },
);

test('a writer that is killed while it fills a value leaves the one before, and the next goes on from there', async () => {
  const { path, latest } = made(2 ** 20);
  const reader = latest.reader({ persistent: true });
  let last = 0;
  for (let kills = 0; kills < 12; kills++) {
    const writer = await started('write', path);
    await until(() => latest.stats().version > last);
    await sleep(Math.random() * 20);
    writer.child.kill('SIGKILL');
    await writer.ended;
    const value = reader.get() as Buffer;
    expect(isWhole(value, reader.version, latest)).toBe(true);
    expect(reader.version).toBeGreaterThan(last);
    last = reader.version;
  }
  expect(latest.writer().version).toBe(last);
});

test('a reader asleep in another process is woken by a value, and told when the writer closes or is killed', async () => {
  const { path, latest } = made(64);
  const writer = latest.writer();
  const [first, second] = [await started('sleep', path), await started('sleep', path)];
  for (const { pid } of [first, second]) await blocked(pid);
  await sleep(250); // the timed looks are over
  writer.set('twelve bytes');
  expect(writer.rings).toBe(1);
  for (const program of [first, second]) expect((await program.ended).stdout).toBe('ready\n12\n');

  const third = await started('sleep', path);
  await blocked(third.pid);
  writer.close();
  expect((await third.ended).stdout).toBe('ready\nEPIPE\n');

  const reader = latest.reader();
  const killed = await started('write', path);
  await reader.next();
  killed.child.kill('SIGSTOP');
  const waiting = (async () => {
    for (;;) await reader.next();
  })();
  waiting.catch(() => {});
  killed.child.kill('SIGKILL');
  await expect(waiting).rejects.toEqual(ipcError('EPIPE', 'next'));
});

test('a reader that is stopped while 2^32 values go by gets the newest', async () => {
  const { path, latest } = made(64);
  const words = wordsOf(path);
  const follower = await started('follow', path);
  const set = () => {
    const writer = latest.writer();
    writer.set(pattern(writer.version + 1));
    const { version } = writer;
    writer.close();
    return version;
  };
  await follower.printed(`${set()} whole\n`);
  follower.child.kill('SIGSTOP');
  // As if 2^32 had been set: the low word is the same again.
  const version = set() + 2 ** 32 - 1;
  expect(version).toBe(2 ** 32 + 1);
  const cells = new Int32Array(pattern(version).buffer);
  words.set(cells, (8192 + (version % 4) * 128 + 8) / 4);
  words[(8192 + (version % 4) * 128) / 4] = cells.byteLength;
  setWide(words, wide.counter, version);
  latest.writer().close();
  follower.child.kill('SIGCONT');
  await follower.printed(`${version} whole\n`);

  function pattern(number: number): Uint8Array {
    const first = Math.imul(number, 7919);
    const count = 1 + ((first >>> 0) % (latest.size / 4));
    return new Uint8Array(Int32Array.from({ length: count }, (_, index) => first + index).buffer);
  }
});

test('a second writer is told which process sits there; when that one is killed, it sits there at once', async () => {
  const { path, latest } = made(64);
  const writer = await started('write', path);
  await until(() => latest.stats().version > 1);
  expect(() => latest.writer()).toThrow(
    ipcError('EBUSY', 'writer', { hint: `process ${writer.pid} is its writer` }),
  );
  writer.child.kill('SIGKILL');
  await writer.ended;
  expect(latest.writer().set('one')).toBeGreaterThan(1);
});
