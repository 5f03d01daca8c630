import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mutex, RwLock, SharedMemory } from 'posix-ipc';
import { expect, onTestFinished, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { lockBlock } from '../helpers/lock-block.js';
import { root } from '../helpers/markdown.js';
import { fresh } from '../helpers/peer.js';
import { testWith } from '../helpers/tools.js';

// native/core/segment/layout.h and lib/segment/block.ts describe the same bytes.
leaveNothing();

const program = `
#include <cstdio>
#include "core/segment/layout.h"
using namespace posix_ipc;
int main() {
  printf("{\\"magicWord\\": %zu, \\"ownerWord\\": %zu, \\"partiesWord\\": %zu, \\"published\\": %u,"
         " \\"blockLength\\": %zu, \\"blockAlignment\\": %zu, \\"seats\\": %zu, \\"wordsOfSeat\\": %zu, \\"share\\": %zu,"
         " \\"seatShift\\": %u, \\"numberMask\\": %u, \\"occupied\\": %u, \\"seatCount\\": %u, \\"owner\\": %u}",
         offsetof(Block, magic) / 4, offsetof(Block, word) / 4, offsetof(Block, parties) / 4, Block::published,
         sizeof(Block), block_alignment, offsetof(Block, seats) / 4, sizeof(pipc_seat_entry) / 4,
         offsetof(pipc_seat_entry, share) / 4, PIPC_SEAT_SHIFT, PIPC_NUMBER, PIPC_OCCUPIED,
         Block::seat_count, (5 + 1) << PIPC_SEAT_SHIFT | 77);
}
`;

testWith('gcc')('the two layouts of a lock are one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-layout-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [source, binary] = [join(folder, 'layout.cc'), join(folder, 'layout')];
  writeFileSync(source, program);
  execFileSync('g++', [
    '-std=c++17',
    '-I',
    join(root, 'native'),
    '-I',
    join(root, 'native/include'),
    source,
    '-o',
    binary,
  ]);
  const native = JSON.parse(execFileSync(binary, { encoding: 'utf8' }));

  const block = await import(new URL('../../dist/segment/block.js', import.meta.url).href);
  const { magicWord, ownerWord, partiesWord, published, blockLength, blockAlignment } = block;
  expect({ magicWord, ownerWord, partiesWord, published, blockLength, blockAlignment }).toEqual({
    magicWord: native.magicWord,
    ownerWord: native.ownerWord,
    partiesWord: native.partiesWord,
    published: native.published,
    blockLength: native.blockLength,
    blockAlignment: native.blockAlignment,
  });
  expect(block.shareWord(native.owner)).toBe(native.seats + 5 * native.wordsOfSeat + native.share);
  expect(block.shareOf(native.owner) >>> 0).toBe((native.occupied | 77) >>> 0);
  expect(native.seats + native.seatCount * native.wordsOfSeat).toBe(native.blockLength / 4);
});

test('what stands in a new block is what the layout says', () => {
  const { path, lock } = fresh((path) => Mutex.create(path));
  using memory = SharedMemory.open(path);
  const read = () => memory.read(0, 4096);
  const start = (block: Buffer) => block.readUInt32LE(64 + 12);
  expect(read()).toEqual(
    lockBlock({ seats: [{ seat: 0, epoch: 2 ** 31 + 1, pid: process.pid, start: start(read()) }] }),
  );
  const guard = lock.lockSync();
  expect(read().readUInt32LE(16)).toBe((1 << 20) | 1);
  guard.unlock();
  expect(read().readUInt32LE(16)).toBe(0);
  lock.close();
  // The farewell: the number stays, nobody sits there.
  expect(read().readUInt32LE(64)).toBe(1);
});

test('a reader is a flag at its seat, a writer the owner word', () => {
  const { path, lock } = fresh((path) => RwLock.create(path));
  using memory = SharedMemory.open(path);
  const words = memory.view(Uint32Array);
  const share = 16 + 1;
  const reader = lock.readSync();
  expect([words[4], words[share]]).toEqual([0, words[16]]);
  reader.unlock();
  const writer = lock.writeSync();
  expect([words[4], words[share]]).toEqual([(1 << 20) | 1, 0]);
  writer.unlock();
  expect([words[4], words[share]]).toEqual([0, 0]);
});

test('the sync points have one name each, which the code passes', () => {
  const text = (path: string) => readFileSync(join(root, 'native', path), 'utf8');
  const points = text('core/segment/sync-point.h');
  const list = points.slice(points.indexOf('sync_point_names[]'), points.indexOf('static_assert'));
  const names = [...list.matchAll(/"([\w.-]+)"/g)].map(([, name = '']) => name);
  expect(names).toContain('ring.published');
  expect(new Set(names).size).toBe(names.length);
  const files = [
    ...['channel.h', 'latest.h', 'broadcast.h'].map((file) => `include/posix-ipc/${file}`),
    'core/segment/creation.cc',
    ...['lock.cc', 'owner-word.cc', 'rw-lock.cc', 'barrier.cc', 'condition.cc'].map(
      (file) => `core/sync/${file}`,
    ),
  ];
  const code = files.map(text).join('').replaceAll('PIPC_AT(', 'at(SyncPoint::');
  for (const name of names.slice(1)) expect(code).toContain(`at(SyncPoint::${name.replace(/[.-]/g, '_')})`);
});
