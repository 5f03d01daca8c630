import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Channel } from 'posix-ipc';
import { afterAll, beforeAll, expect } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { root } from '../helpers/markdown.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

leaveNothing();

// A sanitizer's library is for the addon: gcc's program has none.
const env = { LD_PRELOAD: '' };
const test = testWith('gcc');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'posix-ipc-send-many-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The program in C: it sends `count` numbers, `batch` at a time, each call for so many milliseconds. */
function sending(channel: Channel, count: number, batch: number, milliseconds: number) {
  const source = join(root, 'test/fixtures/channel/send-many.c');
  const program = join(folder, 'send-many');
  const options = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-U_GNU_SOURCE', '-O1'];
  execFileSync('gcc', [...options, '-I', join(root, 'native/include'), source, '-o', program], {
    env: { ...process.env, ...env },
  });
  return start(program, [channel.name, ...[count, batch, milliseconds].map(String)], { env });
}

// A channel of 4 KiB holds 256 such records.
for (const writers of ['one', 'many'] as const) {
  test(`pipc_send_many() sends more than there is room for, in order, to a reader that reads: ${writers}`, async () => {
    const channel = closing(Channel.create(name(), { capacity: 4096, writers }));
    const reader = channel.reader();
    const program = sending(channel, 6400, 64, -1);
    await program.printed('ready');
    const numbers: number[] = [];
    for await (const message of reader) numbers.push(message.readUInt32LE());
    expect(numbers).toEqual(Array.from({ length: 6400 }, (_, number) => number));
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'ready\n6400 all\n' });
  });

  test(`pipc_send_many() tells how many went before its time was over, and the next call why: ${writers}`, async () => {
    const channel = closing(Channel.create(name(), { capacity: 4096, writers }));
    const reader = channel.reader();
    const program = sending(channel, 300, 60, 20);
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'ready\n256 ETIMEDOUT\n' });
    const numbers: number[] = [];
    for (let next = reader.tryReceive(); next !== undefined; next = reader.tryReceive())
      numbers.push(next.readUInt32LE());
    expect(numbers).toEqual(Array.from({ length: 256 }, (_, number) => number));
  });
}
