import { randomBytes } from 'node:crypto';
import { type SealingKeys, sealed } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

const [old, young] = [randomBytes(32), randomBytes(32)];
const before = { keys: { 1: old }, current: 1 };
const prepared = { keys: { 1: old, 2: young }, current: 1 };
const turned = { keys: { 1: old, 2: young }, current: 2 };
const after = { keys: { 2: young }, current: 2 };

describe('rotation', () => {
  test('loses nothing: both keys open, then the old one no more', () => {
    const [writer, reader] = [sealed(before), sealed(before)];
    reader.rotate(prepared);
    expect(reader.open(writer.seal('old'))).toMatchObject({ keyId: 1 });
    const underway = writer.seal('underway');
    writer.rotate(turned);
    expect(reader.open(writer.seal('new'))).toMatchObject({ keyId: 2, sequence: 1 });
    expect(reader.open(underway)).toMatchObject({ keyId: 1, data: Buffer.from('underway') });

    const late = sealed(before).seal('too late');
    reader.rotate(after);
    expect(() => reader.open(late)).toThrow(ipcError('EBADMSG', 'open'));
    expect(reader.open(writer.seal('new'))).toMatchObject({ keyId: 2, sequence: 2 });
  });

  test('begins another prefix, also with the same key', () => {
    const [writer, reader] = [sealed(before), sealed(before)];
    const first = reader.open(writer.seal('text'));
    writer.rotate(before);
    const second = reader.open(writer.seal('text'));
    expect([first.sequence, second.sequence]).toEqual([1, 1]);
    expect(second.writer).not.toBe(first.writer);
  });

  test('remembers what was opened with a key that stays', () => {
    const [writer, reader] = [sealed(before), sealed(before)];
    const message = writer.seal('text');
    reader.open(message);
    reader.rotate(turned);
    expect(() => reader.open(message)).toThrow(ipcError('EALREADY', 'open'));
  });

  test('makes room for writers: those of a dropped key are forgotten', () => {
    const reader = sealed(before, { writers: 1 });
    reader.open(sealed(before).seal('text'));
    reader.rotate(turned);
    reader.open(sealed(after).seal('text'));
    expect(() => reader.open(sealed(after).seal('text'))).toThrow(ipcError('ENOBUFS', 'open'));
    reader.rotate(before);
    reader.rotate(turned);
    expect(reader.open(sealed(after).seal('text'))).toMatchObject({ keyId: 2 });
  });

  test.each<[SealingKeys, unknown]>([
    [
      { keys: { 1: young }, current: 1 },
      typeError('ERR_INVALID_ARG_VALUE', 'the same key as before under 1'),
    ],
    [{ keys: { 2: young }, current: 1 }, typeError('ERR_INVALID_ARG_VALUE', '`current`')],
    [{ keys: {}, current: 1 }, typeError('ERR_INVALID_ARG_VALUE', '`current`')],
    [{ keys: { 1: old, 2: young }, current: 1.5 }, rangeError('`current`')],
    [young as unknown as SealingKeys, typeError('ERR_INVALID_ARG_VALUE')],
  ])('to %o is refused, and changes nothing', (keys, error) => {
    const pair = sealed(before);
    const first = pair.open(pair.seal('text'));
    expect(() => pair.rotate(keys)).toThrow(error);
    expect(pair.open(pair.seal('text'))).toMatchObject({ writer: first.writer, sequence: 2, keyId: 1 });
  });
});
