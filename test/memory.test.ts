import { type Memory, SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from './helpers/leftovers.js';
import { attached, name } from './helpers/objects.js';
import { rangeError, typeError } from './helpers/thrown.js';

leaveNothing();

const kinds: [string, (size: number) => Memory][] = [
  ['shared memory', (size) => SharedMemory.create(name(), { size })],
  ['an attachment', (size) => attached(size)],
];

describe.each(kinds)('the bytes of %s', (_, make) => {
  test('are all zero at first', () => {
    using memory = make(10_000);
    expect(memory.size).toBe(10_000);
    expect(memory.readOnly).toBe(false);
    expect(memory.read(0, 10_000).every((byte) => byte === 0)).toBe(true);
  });

  test('are one ArrayBuffer, the same at every look', () => {
    using memory = make(4096);
    expect(memory.buffer).toBeInstanceOf(ArrayBuffer);
    expect(memory.buffer.byteLength).toBe(4096);
    expect(memory.buffer).toBe(memory.buffer);
  });

  test('are seen by every view as soon as they are written', () => {
    using memory = make(16);
    const bytes = memory.bytes();
    const words = memory.view(Uint32Array);
    words[1] = 0x04030201;
    expect([...bytes.subarray(4, 8)]).toEqual([1, 2, 3, 4]);
    memory.write(4, 'ABCD');
    expect(words[1]).toBe(0x44434241);
    expect(memory.readText(4, 4)).toBe('ABCD');
  });

  test('are viewed from an offset on, to the end or for a length', () => {
    using memory = make(100);
    const lengths = [
      memory.bytes(),
      memory.bytes(40),
      memory.bytes(40, 10),
      memory.bytes(100),
      memory.bytes(0, 0),
    ];
    expect(lengths.map((view) => [view.byteOffset, view.length])).toEqual([
      [0, 100],
      [40, 60],
      [40, 10],
      [100, 0],
      [0, 0],
    ]);
  });

  test('are viewed as elements of every width, as many as fit', () => {
    using memory = make(103);
    const types = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
    ];
    for (const type of types) {
      const width = type.BYTES_PER_ELEMENT;
      const view = memory.view<InstanceType<typeof type>>(type, 8);
      expect(view).toBeInstanceOf(type);
      expect([view.byteOffset, view.length]).toEqual([8, Math.floor(95 / width)]);
      expect(memory.view<InstanceType<typeof type>>(type, 16, 2).byteLength).toBe(2 * width);
    }
  });

  test('are copied out: the copy does not follow', () => {
    using memory = make(8);
    memory.write(0, 'original');
    const copy = memory.read(0, 8);
    memory.write(0, 'replaced');
    expect(copy.toString()).toBe('original');
    expect(Buffer.isBuffer(copy)).toBe(true);
    expect(copy.buffer.byteLength).toBe(8); // not a part of a pool that others see
  });

  test('are written from a string, in UTF-8, or from any view', () => {
    using memory = make(32);
    memory.write(0, 'é€😀');
    expect(memory.readText(0, 9)).toBe('é€😀');
    memory.write(0, 'a\0b');
    expect(memory.readText(0, 3)).toBe('a\0b');
    memory.write(8, new Float64Array([Math.PI]));
    expect(memory.view(Float64Array, 8, 1)[0]).toBe(Math.PI);
    memory.write(16, new DataView(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2));
    expect([...memory.read(15, 4)]).toEqual([64, 1, 2, 0]);
    memory.write(20, new Uint8Array(new SharedArrayBuffer(2)).fill(7));
    expect([...memory.read(20, 2)]).toEqual([7, 7]);
    memory.write(32, '');
  });

  test('may be written from a view of themselves that overlaps', () => {
    using memory = make(4096);
    const bytes = memory.bytes();
    for (const distance of [1, 3, 64, 100]) {
      for (const forward of [true, false]) {
        for (let index = 0; index < 4096; index++) bytes[index] = index % 251;
        const from = bytes.subarray(forward ? 0 : distance, forward ? 4096 - distance : 4096);
        const expected = Buffer.from(from);
        memory.write(forward ? distance : 0, from);
        expect(memory.read(forward ? distance : 0, expected.length).equals(expected)).toBe(true);
      }
    }
  });

  test('that are no text read as text with replacement characters', () => {
    using memory = make(4);
    memory.write(0, Uint8Array.of(0x41, 0xff, 0xc3, 0x42));
    expect(memory.readText(0, 4)).toBe('A��B');
  });

  test('beyond the end are refused and stay untouched', () => {
    using memory = make(16);
    memory.write(0, '0123456789abcdef');
    const outside: [string, () => unknown][] = [
      ['offset', () => memory.bytes(17)],
      ['length', () => memory.bytes(1, 16)],
      ['length', () => memory.read(0, 17)],
      ['offset', () => memory.read(17, 0)],
      ['length', () => memory.readText(16, 1)],
      ['length', () => memory.write(1, '0123456789abcdef')],
      ['offset', () => memory.write(2 ** 32, 'x')],
      ['offset', () => memory.view(Int32Array, 20)],
      ['length', () => memory.view(Int32Array, 4, 4)],
    ];
    for (const [argument, call] of outside) {
      expect(call).toThrow(rangeError(`\`${argument}\`: expected an integer from 0 to`));
    }
    expect(memory.readText(0, 16)).toBe('0123456789abcdef');
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 53)])(
    'are not found at offset, nor for length, %s',
    (odd) => {
      using memory = make(16);
      const calls = [
        () => memory.bytes(odd),
        () => memory.bytes(0, odd),
        () => memory.read(odd, 1),
        () => memory.read(0, odd),
        () => memory.readText(odd, 1),
        () => memory.write(odd, 'x'),
        () => memory.view(Uint8Array, odd),
        () => memory.view(Uint8Array, 0, odd),
      ];
      for (const call of calls) expect(call).toThrow(rangeError('expected an integer'));
    },
  );

  test('want numbers, data and constructors where these are expected', () => {
    using memory = make(16);
    const wrong: [() => unknown, string][] = [
      [() => Reflect.apply(memory.bytes, memory, ['0']), '`offset`: expected a number'],
      [() => Reflect.apply(memory.bytes, memory, [0n]), '`offset`: expected a number, got 0n'],
      [() => Reflect.apply(memory.bytes, memory, [null]), '`offset`: expected a number'],
      [() => Reflect.apply(memory.read, memory, []), '`offset`: expected a number'],
      [() => Reflect.apply(memory.write, memory, [0]), '`data`: expected a string or an ArrayBufferView'],
      [() => Reflect.apply(memory.write, memory, [0, 7]), '`data`: expected a string or an ArrayBufferView'],
      [
        () => Reflect.apply(memory.write, memory, [0, [1, 2]]),
        '`data`: expected a string or an ArrayBufferView',
      ],
      [() => Reflect.apply(memory.write, memory, [0, new ArrayBuffer(1)]), '`data`: expected'],
      [() => Reflect.apply(memory.view, memory, []), '`TypedArray`: expected a constructor'],
      [() => Reflect.apply(memory.view, memory, [DataView]), '`TypedArray`: expected a constructor'],
      [() => Reflect.apply(memory.view, memory, [{ BYTES_PER_ELEMENT: 1 }]), '`TypedArray`: expected'],
    ];
    for (const [call, words] of wrong) expect(call).toThrow(typeError('ERR_INVALID_ARG_TYPE', words));
    expect(() => memory.view(Int32Array, 2)).toThrow(rangeError('`offset`: expected a multiple of 4, got 2'));
  });

  test('are gone with close: every view taken before has length 0', () => {
    const memory = make(64);
    const { buffer } = memory;
    const views = [memory.bytes(), memory.bytes(8, 8), memory.view(Float64Array), new Uint8Array(buffer, 3)];
    const data = new DataView(buffer);
    const node = Buffer.from(buffer);
    memory.close();
    expect(buffer.byteLength).toBe(0);
    expect([...views, node].map((view) => view.length)).toEqual([0, 0, 0, 0, 0]);
    for (const view of views) {
      view[0] = 1;
      expect(view[0]).toBeUndefined();
      expect(() => view.fill(1)).toThrow(TypeError);
    }
    expect(() => data.getInt8(0)).toThrow(TypeError);
  });
});
