import { readFileSync } from 'node:fs';
import { SharedMemory, struct, types } from 'posix-ipc';
import { describe, expect } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, run, start } from '../helpers/program.js';
import { stress } from '../helpers/stress.js';
import { testWith } from '../helpers/tools.js';
import { compiled } from './compile.js';

leaveNothing();

const { aligned, array, atomic, bool, bytes, f32, f64, i16, i32, i64, i8, text, u16, u32, u64, u8 } = types;
const Point = struct({ x: i32, weight: f64 });
const Sample = struct({
  a: i8,
  b: u8,
  c: i16,
  d: u16,
  e: i32,
  f: u32,
  g: i64,
  h: u64,
  single: f32,
  real: f64,
  truth: bool,
  label: text(16),
  blob: bytes(4),
  grid: array(array(i16, 3), 2),
  path: array(Point, 3),
  point: Point,
  hits: aligned(atomic(u32), 64),
  total: aligned(atomic(i64), 64),
  go: aligned(atomic(u32), 64),
});

/** As in fixtures/struct/read-text.mjs; so long that a writer overtakes a reader. */
const Page = struct({ stop: atomic(u32), label: text(16_384) });

const values = {
  a: -128,
  b: 255,
  c: -32768,
  d: 65535,
  e: -(2 ** 31),
  f: 2 ** 32 - 1,
  g: -(2n ** 63n),
  h: 2n ** 64n - 1n,
  single: Math.fround(0.1),
  real: 0.1,
  truth: true,
  label: 'déjà vu',
  blob: Buffer.of(1, 128, 255, 0),
  grid: [
    [-3, -2, -1],
    [0, 1, 2],
  ],
  path: [
    { x: 0, weight: 0 },
    { x: -1, weight: 0.5 },
    { x: -2, weight: 1 },
  ],
  point: { x: 7, weight: 0.25 },
  hits: 11,
  total: -12n,
};

const source = (file: string) => readFileSync(new URL(`c/${file}`, import.meta.url), 'utf8');
// A peer's memory is not ours to sanitize.
const env = { LD_PRELOAD: '' };
const ended = { code: 0, signal: null, stderr: '' };

function shared() {
  const memory = closing(SharedMemory.create(name(), { size: 32_768 }));
  const peer = compiled('C', source('peer.c'), { 'sample.h': Sample.cHeader('sample') });
  return { view: Sample.at(memory), path: memory.name, peer };
}

describe('a C program that includes the header', () => {
  const test = testWith('gcc');

  test('reads what is written', async () => {
    const { view, path, peer } = shared();
    view.set(values);
    const { stdout, ...how } = await run(peer, ['print', path], { env });
    expect(how).toEqual(ended);
    expect(stdout.split('\n')).toEqual([
      '-128 255 -32768 65535 -2147483648 4294967295',
      '-9223372036854775808 18446744073709551615 0.100000001 0.10000000000000001 1',
      'déjà vu|0180ff00',
      '-3 -2 -1 0 1 2 0 0 -1 0.5 -2 1 7 0.25',
      '11 -12',
      '',
    ]);
  });

  test('writes what is read', async () => {
    const { view, path, peer } = shared();
    expect(await run(peer, ['fill', path], { env })).toEqual({ ...ended, stdout: '' });
    expect(view.toObject()).toEqual({ ...values, go: 0 });
    expect([view.g, view.label, view.hits.load(), view.path.get(2).weight]).toEqual([
      values.g,
      'déjà vu',
      11,
      1,
    ]);
  });

  test('counts with us to the exact sum', async () => {
    const { view, path, peer } = shared();
    const program = start(peer, ['count', path], { env });
    await program.printed('waiting');
    const { hits, total, go } = view;
    go.store(1);
    let [ours, expected, met] = [0, 0, 0];
    // Until the other side has come between two of ours often enough, wherever the two run.
    for (
      const watchdog = Date.now() + 20_000;
      (met < 500 || ours < 500_000) && Date.now() < watchdog;
      ours++
    ) {
      const before = hits.add(1);
      total.sub(1n);
      if (before !== expected) met += 1;
      expected = before + 1;
    }
    go.store(2);
    const { stdout, ...how } = await program.ended;
    const theirs = Number(stdout.split('\n')[1]);
    expect(how).toEqual(ended);
    expect(met).toBeGreaterThanOrEqual(500);
    expect([hits.load(), total.load()]).toEqual([ours + theirs, BigInt(2 * theirs - ours)]);
  });
});

testWith('gcc')(
  'text that a peer rewrites while it is read is one of its texts, or a mixture, and ends no process',
  async () => {
    const memory = closing(SharedMemory.create(name(), { size: Page.byteLength }));
    const peer = compiled('C', source('rewrite.c'), { 'page.h': Page.cHeader('page') });
    const milliseconds = 2000 * stress;
    const watchdog = { timeout: milliseconds + 30_000 };
    const writer = start(peer, [memory.name], { ...watchdog, env });
    await writer.printed('rewriting');
    const reader = [fixture('struct/read-text.mjs'), memory.name, String(milliseconds)];
    const { stdout, ...how } = await run(process.execPath, reader, watchdog);
    Page.at(memory).stop.store(1);
    expect(await writer.ended).toMatchObject(ended);
    expect(how).toEqual(ended);
    expect(Number(stdout)).toBeGreaterThan(10);
  },
  60_000 + 2000 * stress,
);
