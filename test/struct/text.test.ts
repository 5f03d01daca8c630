import * as fc from 'fast-check';
import { struct, types } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { rangeError, typeError } from '../helpers/thrown.js';

const { bytes, text, u32 } = types;

const Rich = struct({ label: text(8), blob: bytes(4), next: u32 });
const rich = () => Rich.at(new ArrayBuffer(Rich.byteLength));

describe('text', () => {
  test('is UTF-8 and padded with NULs', () => {
    const view = rich();
    view.label = 'long...';
    view.label = 'é€';
    expect(view.label).toBe('é€');
    view.label = '';
    expect(view.label).toBe('');
    const memory = new Uint8Array(Rich.byteLength).fill(1);
    Rich.at(memory).label = 'é€';
    expect([...memory.subarray(0, 9)]).toEqual([0xc3, 0xa9, 0xe2, 0x82, 0xac, 0, 0, 0, 1]);
  });

  test('is refused where it would be cut or changed', () => {
    const view = rich();
    view.label = '1234567';
    expect(() => Reflect.set(view, 'label', '12345678')).toThrow(
      rangeError('`label`: expected at most 7 bytes of UTF-8 and a NUL, got 8'),
    );
    expect(() => Reflect.set(view, 'label', '€€€')).toThrow(rangeError('got 9'));
    for (const odd of ['a\0b', '\ud800', 'x\udc00'])
      expect(() => Reflect.set(view, 'label', odd)).toThrow(
        typeError('ERR_INVALID_ARG_VALUE', 'without NUL'),
      );
    expect(() => Reflect.set(view, 'label', 1)).toThrow(typeError('ERR_INVALID_ARG_TYPE'));
    expect(view.label).toBe('1234567');
  });

  test('of a peer ends at a NUL or with the field, and what is no UTF-8 is replaced', () => {
    const memory = new Uint8Array(Rich.byteLength).fill(0x41);
    const view = Rich.at(memory);
    expect(view.label).toBe('AAAAAAAA');
    memory.set([0x42, 0xff, 0xc3, 0]);
    expect(view.label).toBe('B\ufffd\ufffd');
  });

  test('of any characters comes back', () => {
    const Line = struct({ label: text(64) });
    const view = Line.at(new ArrayBuffer(64));
    const characters = fc.string({ unit: 'binary', maxLength: 15 }).filter((each) => !each.includes('\0'));
    fc.assert(
      fc.property(characters, (label) => {
        view.label = label;
        expect(view.label).toBe(label);
        expect(view.toObject()).toEqual({ label });
      }),
    );
  });
});

describe('bytes', () => {
  test('are copied in and out', () => {
    const view = rich();
    const mine = Uint8Array.of(1, 2, 3, 4);
    view.blob = mine;
    mine[0] = 9;
    const copy = view.blob;
    copy[1] = 9;
    expect([...view.blob]).toEqual([1, 2, 3, 4]);
  });

  test('have to be as many as the field has, whatever they say of themselves', () => {
    const view = rich();
    view.next = 7;
    for (const length of [0, 3, 5])
      expect(() => Reflect.set(view, 'blob', new Uint8Array(length))).toThrow(rangeError('expected 4 bytes'));
    for (const wrong of ['abcd', [1, 2, 3, 4], new Uint32Array(1), new ArrayBuffer(4)])
      expect(() => Reflect.set(view, 'blob', wrong)).toThrow(typeError('ERR_INVALID_ARG_TYPE', 'Uint8Array'));
    class Liar extends Uint8Array {
      override get length() {
        return 4;
      }
      override *[Symbol.iterator](): ArrayIterator<number> {
        yield* new Uint8Array(1000).fill(255);
      }
    }
    expect(() => Reflect.set(view, 'blob', new Liar(100))).toThrow(rangeError('expected 4 bytes, got 100'));
    view.blob = new Liar(4);
    expect([...view.blob]).toEqual([0, 0, 0, 0]);
    expect(view.next).toBe(7);
  });
});
