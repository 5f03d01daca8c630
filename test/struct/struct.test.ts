import { inspect } from 'node:util';
import { SharedMemory, struct, types } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { attached, name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { rangeError, typeError } from '../helpers/thrown.js';

leaveNothing();

const { aligned, array, atomic, bytes, i16, i32, i64, text, u32, u8 } = types;

const Point = struct({ x: i32, y: i32 });
const Rich = struct({
  label: text(8),
  blob: bytes(4),
  hits: aligned(atomic(u32), 64),
  big: atomic(i64),
  point: Point,
  path: array(Point, 3),
  grid: array(array(i16, 3), 2),
  words: array(atomic(u32), 2),
  tail: u8,
});
const rich = () => Rich.at(new ArrayBuffer(Rich.byteLength));

describe('an array', () => {
  test('has elements, in order, and a plain copy', () => {
    const { grid, path, words } = rich();
    grid.get(1).set(2, -7);
    path.get(2).y = 5;
    path.set(0, { x: 1 });
    words.get(1).add(4);
    words.set(0, 3);
    expect(grid.toArray()).toEqual([
      [0, 0, 0],
      [0, 0, -7],
    ]);
    expect([...path].map((point) => point.toObject())).toEqual([
      { x: 1, y: 0 },
      { x: 0, y: 0 },
      { x: 0, y: 5 },
    ]);
    expect([grid.length, words.length, words.toArray()]).toEqual([2, 2, [3, 4]]);
  });

  test('refuses what is outside, and what is no element', () => {
    const { grid } = rich();
    for (const index of [-1, 2, 0.5, Number.NaN]) {
      expect(() => grid.get(index)).toThrow(rangeError('`index`: expected an integer from 0 to 1'));
      expect(() => grid.set(index, [1, 2, 3])).toThrow(rangeError('`index`'));
    }
    expect(() => grid.set(0, [1, 2])).toThrow(rangeError('`value`: expected 3 values, got 2'));
    expect(() => grid.get(0).set(0, 2 ** 15)).toThrow(rangeError('`value`: expected an integer'));
    expect(() => Object.assign(grid, [[1, 2, 3]])).toThrow(TypeError);
    expect(
      grid
        .toArray()
        .flat()
        .every((each) => each === 0),
    ).toBe(true);
  });
});

describe('a view', () => {
  const values = {
    label: 'all',
    blob: Buffer.from('four'),
    hits: 1,
    big: -2n,
    point: { x: 3, y: 4 },
    path: [
      { x: 5, y: 6 },
      { x: 7, y: 8 },
      { x: 9, y: 10 },
    ],
    grid: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    words: [11, 12],
    tail: 255,
  };

  test('takes many values at once, and gives them all', () => {
    const view = rich();
    view.set(values);
    expect(view.toObject()).toEqual(values);
    view.set({ point: { y: 0 }, words: Uint32Array.of(1, 2) as unknown as number[] });
    view.set({});
    expect(view.toObject()).toEqual({ ...values, point: { x: 3, y: 0 }, words: [1, 2] });
  });

  test('gives a copy that does not follow', () => {
    const view = rich();
    view.set(values);
    const copy = view.toObject();
    view.set({
      hits: 0,
      blob: Buffer.alloc(4),
      point: { x: 0 },
      grid: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    });
    expect(copy).toEqual(values);
  });

  test.each([
    [{ tail: 1, label: 'too long for it' }, '`label`: expected at most 7 bytes'],
    [{ tail: 1, point: { x: 2 ** 31 } }, '`point.x`: expected an integer'],
    [{ tail: 1, path: [{}, {}, { y: 'a' }] }, "`path[2].y`: expected a number, got 'a'"],
    [
      {
        tail: 1,
        grid: [
          [1, 2, 3],
          [1, 2, 0.5],
        ],
      },
      '`grid[1][2]`: expected an integer',
    ],
    [{ tail: 1, words: [1] }, '`words`: expected 2 values, got 1'],
    [{ tail: 1, words: { length: 2 } }, '`words`: expected an array'],
    [{ tail: 1, hits: undefined }, '`hits`: expected a number, got undefined'],
    [{ tail: 1, point: { z: 1 } }, 'unknown field `point.z`: the fields are `x`, `y`'],
    [{ tail: 1, point: 5 }, '`point`: expected an object with fields, got 5'],
    [{ tail: 1, Tail: 1 }, 'unknown field `Tail`'],
    [[], '`values`: expected an object with fields, got an array'],
    [undefined, '`values`: expected an object with fields'],
  ])('writes nothing of %j', (given, words) => {
    const view = rich();
    expect(() => Reflect.apply(view.set, view, [given])).toThrow(
      expect.objectContaining({ message: expect.stringContaining(words) }),
    );
    expect(view.tail).toBe(0);
  });

  test('is not taken for values, since its fields are not its own', () => {
    const [one, other] = [rich(), rich()];
    expect(() => Reflect.apply(one.set, one, [other])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', 'got a view: give its toObject()'),
    );
  });

  test('has no other properties, and those that are no plain values are not assigned', () => {
    const view = rich();
    expect(() => Object.assign(view, { tial: 1 })).toThrow(TypeError);
    expect(() => Reflect.set(view, 'hits', 1)).toThrow(
      typeError(
        'ERR_INVALID_ARG_VALUE',
        '`hits` cannot be assigned: use its own methods, or view.set({ hits: … })',
      ),
    );
    for (const part of ['point', 'path', 'grid', 'words'])
      expect(() => Reflect.set(view, part, 1)).toThrow(
        typeError('ERR_INVALID_ARG_VALUE', 'cannot be assigned'),
      );
  });

  test('gives the same objects at every look', () => {
    const view = rich();
    expect(view.hits).toBe(view.hits);
    expect(view.point).toBe(view.point);
    expect(view.grid).toBe(view.grid);
  });

  test('is shown with its values', () => {
    const view = Point.at(Int32Array.of(1, 2));
    expect(inspect(view)).toBe('struct { x: 1, y: 2 }');
    expect(inspect(rich().hits)).toBe('Atomic { value: 0 }');
    expect(inspect(rich().words)).toBe('array [ 0, 0 ]');
  });
});

describe('a place', () => {
  test.each([
    ['a SharedMemory', () => closing(SharedMemory.create(name(), { size: 4096 }))],
    ['an attachment', () => attached()],
    ['an ArrayBuffer', () => new ArrayBuffer(4096)],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(4096)],
    ['a typed array', () => new Uint16Array(2048)],
    ['a DataView', () => new DataView(new ArrayBuffer(4096))],
  ])('is in %s, and others there see the same', (_, make) => {
    const memory = make();
    const [one, other] = [Rich.at(memory, 1024), Rich.at(memory, 1024)];
    one.set({ label: 'seen', point: { x: -1 } });
    one.hits.add(3);
    expect([other.label, other.point.x, other.hits.load()]).toEqual(['seen', -1, 3]);
    expect(Rich.at(memory).toObject().hits).toBe(0);
  });

  test('counts from where a typed array begins', () => {
    const buffer = new ArrayBuffer(64);
    Point.at(new Uint8Array(buffer, 5), 3).x = 7;
    expect(new Int32Array(buffer)[2]).toBe(7);
    expect(() => Point.at(new Uint8Array(buffer, 5))).toThrow(
      rangeError('`offset`: expected a multiple of 4, got 0, behind the 5 bytes before the view'),
    );
  });

  test('is aligned as the struct is, and inside', () => {
    const memory = new ArrayBuffer(4096);
    expect(() => Rich.at(memory, 32)).toThrow(rangeError('`offset`: expected a multiple of 64, got 32'));
    for (const offset of [4096 - Rich.byteLength + 64, 4096, -64, 0.5])
      expect(() => Rich.at(memory, offset)).toThrow(rangeError('`offset`: expected an integer from 0 to'));
    expect(() => Rich.at(new ArrayBuffer(64))).toThrow(
      rangeError(`\`memory\`: expected at least ${Rich.byteLength} bytes, got 64`),
    );
    Rich.at(memory, 4096 - Rich.byteLength);
    for (const odd of [undefined, null, 1, {}, []])
      expect(() => Reflect.apply(Rich.at, Rich, [odd])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', '`memory`'),
      );
  });
});
