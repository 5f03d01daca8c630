import * as fc from 'fast-check';
import { struct, types } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { rangeError, typeError } from '../helpers/thrown.js';

const { atomic, bool, f32, f64, i16, i32, i64, i8, u16, u32, u64, u8 } = types;

const numbers = { i8, u8, i16, u16, i32, u32 };
const Numbers = struct({ ...numbers, i64, u64, f32, f64, truth: bool });
const Words = struct({ hits: atomic(u32), big: atomic(i64) });

describe('a number', () => {
  const ends = {
    i8: [-128, 127],
    u8: [0, 255],
    i16: [-32768, 32767],
    u16: [0, 65535],
    i32: [-(2 ** 31), 2 ** 31 - 1],
    u32: [0, 2 ** 32 - 1],
  } as const;

  test.each(Object.entries(ends))('%s keeps its ends, and refuses what is beyond', (key, [least, most]) => {
    const view = Numbers.at(new ArrayBuffer(Numbers.byteLength));
    const field = key as keyof typeof ends;
    for (const value of [least, most]) {
      view[field] = value;
      expect(view[field]).toBe(value);
    }
    for (const value of [least - 1, most + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => Reflect.set(view, field, value)).toThrow(
        rangeError(`\`${field}\`: expected an integer from`),
      );
    }
    for (const value of ['1', 1n, true, null, undefined, {}, Symbol('1')]) {
      expect(() => Reflect.set(view, field, value)).toThrow(
        typeError('ERR_INVALID_ARG_TYPE', `\`${field}\``),
      );
    }
    expect(view[field]).toBe(most);
  });

  test.each([
    ['i64', -(2n ** 63n), 2n ** 63n - 1n],
    ['u64', 0n, 2n ** 64n - 1n],
  ] as const)('%s is a bigint', (field, least, most) => {
    const view = Numbers.at(new ArrayBuffer(Numbers.byteLength));
    for (const value of [least, most]) {
      view[field] = value;
      expect(view[field]).toBe(value);
    }
    for (const value of [least - 1n, most + 1n]) {
      expect(() => Reflect.set(view, field, value)).toThrow(
        rangeError(`\`${field}\`: expected a bigint from`),
      );
    }
    expect(() => Reflect.set(view, field, 1)).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', 'expected a bigint, got 1'),
    );
    expect(view[field]).toBe(most);
  });

  test('of floating point keeps every double, and rounds to a float', () => {
    const view = Numbers.at(new ArrayBuffer(Numbers.byteLength));
    fc.assert(
      fc.property(fc.double(), fc.float(), (double, float) => {
        view.f64 = double;
        view.f32 = float;
        expect([view.f64, view.f32]).toEqual([double, float]);
      }),
    );
    view.f32 = 0.1;
    expect(view.f32).toBe(Math.fround(0.1));
    view.f32 = Number.NEGATIVE_INFINITY;
    expect(view.f32).toBe(Number.NEGATIVE_INFINITY);
    expect(() => Reflect.set(view, 'f32', 1e39)).toThrow(rangeError('`f32`: expected a number that a float'));
    expect(() => Reflect.set(view, 'f64', '1')).toThrow(typeError('ERR_INVALID_ARG_TYPE'));
  });

  test('that is not a number keeps its bits while others are written and all are read', () => {
    const memory = new ArrayBuffer(Numbers.byteLength);
    const view = Numbers.at(memory);
    const signalling = 0x7ff0_0000_dead_beefn;
    const bits = new BigUint64Array(memory, Numbers.layout.f64.offset, 1);
    bits[0] = signalling;
    view.set({ f32: 1, i64: 1n, truth: true });
    expect([view.f64, view.toObject().f64]).toEqual([Number.NaN, Number.NaN]);
    expect(bits[0]).toBe(signalling);
  });

  test('of truth is written as 0 or 1, and anything but 0 is true', () => {
    const memory = new Uint8Array(Numbers.byteLength);
    const view = Numbers.at(memory);
    const { offset } = Numbers.layout.truth;
    view.truth = true;
    expect(memory[offset]).toBe(1);
    memory[offset] = 2;
    expect(view.truth).toBe(true);
    view.truth = false;
    expect(memory[offset]).toBe(0);
    expect(() => Reflect.set(view, 'truth', 1)).toThrow(
      typeError('ERR_INVALID_ARG_TYPE', 'expected a boolean'),
    );
  });
});

describe('an atomic', () => {
  test.each([
    ['i32', i32],
    ['u32', u32],
  ] as const)('%s gives what was there before', (_, type) => {
    const { word } = struct({ word: atomic(type) }).at(new ArrayBuffer(4));
    word.store(12);
    expect([word.add(3), word.sub(1), word.and(6), word.or(9), word.exchange(5)]).toEqual([
      12, 15, 14, 6, 15,
    ]);
    expect([word.compareExchange(4, 1), word.load()]).toEqual([5, 5]);
    expect([word.compareExchange(5, 1), word.load()]).toEqual([5, 1]);
  });

  test.each([
    ['i64', i64],
    ['u64', u64],
  ] as const)('%s takes bigints', (_, type) => {
    const { word } = struct({ word: atomic(type) }).at(new ArrayBuffer(8));
    word.store(2n ** 40n);
    expect([word.add(3n), word.load()]).toEqual([2n ** 40n, 2n ** 40n + 3n]);
    expect([word.compareExchange(2n ** 40n + 3n, 1n), word.load()]).toEqual([2n ** 40n + 3n, 1n]);
    expect(() => Reflect.apply(word.add, word, [1])).toThrow(typeError('ERR_INVALID_ARG_TYPE', 'a bigint'));
  });

  test('wraps around as in C, but takes no operand beyond its type', () => {
    const { hits, big } = Words.at(new ArrayBuffer(Words.byteLength));
    hits.sub(1);
    expect(hits.load()).toBe(2 ** 32 - 1);
    hits.add(2);
    expect(hits.load()).toBe(1);
    big.store(2n ** 63n - 1n);
    big.add(1n);
    expect(big.load()).toBe(-(2n ** 63n));
    const calls = ['store', 'add', 'sub', 'and', 'or', 'exchange', 'compareExchange'] as const;
    for (const call of calls) {
      for (const value of [-1, 2 ** 32, 0.5])
        expect(() => Reflect.apply(hits[call], hits, [value, 1])).toThrow(rangeError('expected an integer'));
      expect(() => Reflect.apply(hits[call], hits, ['1', 1])).toThrow(typeError('ERR_INVALID_ARG_TYPE'));
    }
    expect(() => Reflect.apply(hits.compareExchange, hits, [1, -1])).toThrow(rangeError('`replacement`'));
    expect(hits.load()).toBe(1);
  });
});
