import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { sealed } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { ipcError } from '../helpers/thrown.js';

const replayed = ipcError('EALREADY', 'open', { hint: expect.stringContaining('opened before') });
const stale = ipcError('ESTALE', 'open', { hint: expect.stringContaining('window') });
const tooMany = ipcError('ENOBUFS', 'open', { hint: expect.stringContaining('rotate()') });

/** A writer's messages, and the other end. */
function messages(count: number, options = {}) {
  const key = randomBytes(32);
  const { seal } = sealed(key);
  return {
    sent: Array.from({ length: count }, (_, index) => seal(`${index + 1}`)),
    reader: sealed(key, options),
  };
}

describe('in order', () => {
  test('nothing is skipped and nothing late', () => {
    const { sent, reader } = messages(5);
    for (const [index, message] of sent.entries()) {
      expect(reader.open(message)).toMatchObject({ sequence: index + 1, skipped: 0, late: false });
    }
  });

  test('a message that is missing is told with the next one', () => {
    const { sent, reader } = messages(6);
    const told = [0, 1, 4, 5].map((index) => reader.open(sent[index]).skipped);
    expect(told).toEqual([0, 0, 2, 0]);
  });

  test('a reader that comes later is told what was sealed before', () => {
    const { sent, reader } = messages(6);
    expect(reader.open(sent[5])).toMatchObject({ sequence: 6, skipped: 5 });
  });
});

describe('out of order', () => {
  test('a late message is opened, and told to be late', () => {
    const { sent, reader } = messages(3);
    const told = [0, 2, 1].map((index) => reader.open(sent[index]));
    expect(told.map(({ skipped, late }) => ({ skipped, late }))).toEqual([
      { skipped: 0, late: false },
      { skipped: 1, late: false },
      { skipped: 0, late: true },
    ]);
  });

  test('one that is older than the window is refused, since nobody knows whether it was opened', () => {
    const { sent, reader } = messages(5, { window: 3 });
    reader.open(sent[4]);
    expect(() => reader.open(sent[0])).toThrow(stale);
    expect(() => reader.open(sent[1])).toThrow(stale);
    expect(reader.open(sent[2])).toMatchObject({ sequence: 3, late: true });
  });

  test('a window of 1 demands strict order', () => {
    const { sent, reader } = messages(3, { window: 1 });
    reader.open(sent[0]);
    reader.open(sent[2]);
    expect(() => reader.open(sent[1])).toThrow(stale);
    expect(() => reader.open(sent[2])).toThrow(replayed);
  });
});

describe('a message that comes again', () => {
  test('is refused, at once and later', () => {
    const { sent, reader } = messages(100);
    reader.open(sent[0]);
    expect(() => reader.open(sent[0])).toThrow(replayed);
    for (const message of sent.slice(1)) reader.open(message);
    for (const message of sent) expect(() => reader.open(message)).toThrow(replayed);
  });

  test('is refused in whatever order, each is opened once, and what was told adds up', () => {
    const order = fc.array(fc.nat({ max: 39 }), { maxLength: 200 });
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 50 }), (indices, window) => {
        const { sent, reader } = messages(40, { window });
        const opened = new Set<number>();
        let newest = 0;
        let missing = 0;
        for (const sequence of indices.map((index) => index + 1)) {
          const open = () => reader.open(sent[sequence - 1]);
          // Once the window has moved past a message, either word may be the answer, but never the message.
          if (opened.has(sequence))
            expect(open).toThrow(sequence + window > newest ? replayed : /EALREADY|ESTALE/);
          else if (sequence + window <= newest) expect(open).toThrow(stale);
          else {
            const { data, late, skipped } = open();
            expect([data.toString(), late]).toEqual([`${sequence}`, sequence < newest]);
            missing += skipped - (late ? 1 : 0);
            opened.add(sequence);
            newest = Math.max(newest, sequence);
          }
        }
        expect(missing).toBe(newest - opened.size);
      }),
    );
  });

  test('is opened by another reader, which has not seen it', () => {
    const key = randomBytes(32);
    const message = sealed(key).seal('text');
    for (const reader of [sealed(key), sealed(key)]) expect(reader.open(message).sequence).toBe(1);
  });
});

describe('writers', () => {
  test('are told apart: each has its own sequence', () => {
    const key = randomBytes(32);
    const [one, other, reader] = [sealed(key), sealed(key), sealed(key)];
    const told = [one, other, one, other, other].map(({ seal }) => reader.open(seal('text')));
    expect(told.map(({ sequence }) => sequence)).toEqual([1, 1, 2, 2, 3]);
    expect(told.map(({ skipped }) => skipped)).toEqual([0, 0, 0, 0, 0]);
    expect(new Set(told.map(({ writer }) => writer)).size).toBe(2);
  });

  test('are as many as allowed, and those already known go on', () => {
    const key = randomBytes(32);
    const reader = sealed(key, { writers: 2 });
    const [one, two, three] = [sealed(key), sealed(key), sealed(key)];
    reader.open(one.seal('text'));
    reader.open(two.seal('text'));
    expect(() => reader.open(three.seal('text'))).toThrow(tooMany);
    expect(reader.open(one.seal('text')).sequence).toBe(2);
  });

  test('are those that have the key: forged messages take no place', () => {
    const key = randomBytes(32);
    const reader = sealed(key, { writers: 1 });
    for (let i = 0; i < 100; i++) {
      const forged = sealed(key).seal('text');
      forged[forged.length - 1] ^= 1;
      expect(() => reader.open(forged)).toThrow(ipcError('EBADMSG', 'open'));
    }
    expect(reader.open(sealed(key).seal('text')).sequence).toBe(1);
  });
});
