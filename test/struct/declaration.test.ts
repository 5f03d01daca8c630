import { struct, types } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { rangeError, typeError } from '../helpers/thrown.js';

const { aligned, array, atomic, bytes, f32, i32, text, u64, u8 } = types;

describe('a struct is refused', () => {
  test.each([
    ['int', 'has a meaning of its own in C or C++: use another, such as int_'],
    ['template', 'has a meaning of its own'],
    ['uint8_t', 'has a meaning of its own'],
    ['linux', 'has a meaning of its own'],
    ['a-b', 'is no identifier of C'],
    ['1st', 'is no identifier of C'],
    ['größe', 'is no identifier of C'],
    ['', 'is no identifier of C'],
    ['__proto__', 'is reserved'],
    ['a__b', 'is reserved'],
    ['_Bool', 'is reserved'],
    ['set', 'is what views call a method'],
    ['toObject', 'is what views call a method'],
    ['toString', 'is what views call a method'],
  ])('for a field called %j', (field, words) => {
    const fields = Object.fromEntries([[field, i32]]);
    expect(() => struct(fields)).toThrow(typeError('ERR_INVALID_ARG_VALUE', words));
  });

  test('for what is no type', () => {
    for (const wrong of [undefined, 'i32', 4, {}, () => i32, types])
      expect(() => Reflect.apply(struct, undefined, [{ a: wrong }])).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', 'field `a`: expected a type such as types.i32'),
      );
    for (const wrong of [undefined, null, [], 'a'])
      expect(() => Reflect.apply(struct, undefined, [wrong])).toThrow(typeError('ERR_INVALID_ARG_TYPE'));
    expect(() => struct({})).toThrow(typeError('ERR_INVALID_ARG_VALUE', 'at least one'));
    expect(() => Reflect.apply(array, undefined, [aligned(i32, 64), 2])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`type`'),
    );
    expect(() => Reflect.apply(aligned, undefined, [aligned(i32, 64), 64])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`type`'),
    );
    for (const wrong of [f32, u8, text(4), array(i32, 1), undefined])
      expect(() => Reflect.apply(atomic, undefined, [wrong])).toThrow(
        typeError('ERR_INVALID_ARG_VALUE', '`type`: expected i32, u32, i64 or u64, got'),
      );
  });

  test('for an alignment that C refuses', () => {
    for (const wrong of [0, 3, 48, 8192, 0.5, -64]) {
      expect(() => aligned(u8, wrong)).toThrow(rangeError('`alignment`: expected'));
      expect(() => struct({ a: u8 }, { align: wrong })).toThrow(rangeError('`align`: expected'));
    }
    expect(() => aligned(u64, 4)).toThrow(rangeError('a power of two from 8 to 4096, got 4'));
    expect(() => struct({ a: aligned(u8, 64) }, { align: 32 })).toThrow(
      rangeError('from 64 to 4096, got 32'),
    );
    expect(() => Reflect.apply(struct, undefined, [{ a: u8 }, { aling: 64 }])).toThrow(
      typeError('ERR_INVALID_ARG_VALUE', 'did you mean `align`?'),
    );
  });

  test('for a length that is none', () => {
    for (const make of [text, bytes, (n: number) => array(u8, n)])
      for (const wrong of [0, -1, 0.5, 2 ** 30])
        expect(() => make(wrong)).toThrow(rangeError('`n`: expected'));
    const half = bytes(2 ** 29);
    expect(() => array(half, 2)).toThrow(rangeError('bytes in a struct'));
    expect(() => struct({ a: half, b: half })).toThrow(rangeError('bytes in a struct'));
  });
});

describe('a header', () => {
  const Inner = struct({ x: u8 });
  const Outer = struct({ a: Inner, b: array(Inner, 2), a_b: struct({ y: u8, z: Inner }) }, { align: 64 });

  test('declares each struct once, those within first', () => {
    const header = Outer.cHeader('outer');
    expect(header.match(/^struct \w+ \{$/gm)).toEqual([
      'struct outer_a {',
      'struct outer_a_b {',
      'struct outer {',
    ]);
    expect(header).toContain('  alignas(64) struct outer_a a;\n  struct outer_a b[2];\n');
    expect(header).toContain('static_assert(sizeof(struct outer) == 64,');
    expect(header).toContain('static_assert(offsetof(struct outer, a_b) == 3,');
  });

  test('gives no two structs one name', () => {
    const header = struct({ a: struct({ b: struct({ x: u8 }) }), a_b: Inner }).cHeader('top');
    expect(header.match(/^struct \w+ \{$/gm)).toEqual([
      'struct top_a_b {',
      'struct top_a {',
      'struct top_a_b_2 {',
      'struct top {',
    ]);
  });

  test('has a name that C and C++ take', () => {
    for (const wrong of ['class', 'a b', '', 'x__y'])
      expect(() => Outer.cHeader(wrong)).toThrow(typeError('ERR_INVALID_ARG_VALUE', '`name`'));
    expect(() => Reflect.apply(Outer.cHeader, Outer, [])).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', '`name`'),
    );
  });
});

test('the methods of a struct are its own, and `new` makes none', () => {
  const Byte = struct({ x: u8 });
  for (const stranger of [undefined, {}, Object.create(Byte), types.i32]) {
    const calls = [
      () => Reflect.apply(Byte.at, stranger, [new ArrayBuffer(1)]),
      () => Reflect.apply(Byte.cHeader, stranger, ['a']),
    ];
    for (const call of calls) expect(call).toThrow(typeError('ERR_INVALID_THIS', 'Struct'));
  }
  expect(() => Reflect.construct(Byte.constructor, [{ x: u8 }])).toThrow(
    typeError('ERR_ILLEGAL_CONSTRUCTOR', 'use posix-ipc.struct'),
  );
});
