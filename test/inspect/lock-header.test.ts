import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLock } from '../../lib/inspect/lock-header.js';
import { lockBlock } from '../helpers/lock-block.js';

describe('the block of a lock', () => {
  test.each([
    [1, 'mutex'],
    [2, 'condition'],
    [3, 'rwLock'],
    [4, 'barrier'],
  ])('of kind %i is a %s with 252 seats', (kind, name) => {
    expect(decodeLock(lockBlock({ kind }))).toEqual({ kind: name, seats: 252, taken: [] });
  });

  test('tells who took a seat last, and whether he has left it', () => {
    const seats = [
      { seat: 0, epoch: 0x8000_0001, pid: 12, start: 0xffff_fff0 },
      { seat: 3, epoch: 7, pid: 4_194_304, start: 5 },
      { seat: 251, epoch: 0x800f_ffff, pid: 1, start: 0 },
    ];
    expect(decodeLock(lockBlock({ seats }))?.taken).toEqual([
      { seat: 0, pid: 12, start: 0xffff_fff0, occupied: true },
      { seat: 3, pid: 4_194_304, start: 5, occupied: false },
      { seat: 251, pid: 1, start: 0, occupied: true },
    ]);
  });

  test('is found in a view of other bytes', () => {
    const bytes = Buffer.concat([Buffer.alloc(3), lockBlock({ kind: 3 }), Buffer.alloc(1)]);
    expect(decodeLock(bytes.subarray(3, 4099))?.kind).toBe('rwLock');
  });

  test.each<[string, (block: Buffer) => Buffer]>([
    ['without its magic', (block) => block.fill(0, 0, 4)],
    ['of an unknown kind', (block) => block.fill(5, 4, 5)],
    ['of no kind', (block) => block.fill(0, 4, 5)],
    ['of another version', (block) => block.fill(2, 5, 6)],
    ['with another number of seats', (block) => block.fill(253, 6, 7)],
    ['cut off', (block) => block.subarray(0, 4095)],
    ['with more behind it', (block) => Buffer.concat([block, Buffer.alloc(1)])],
    ['without a byte', () => Buffer.alloc(0)],
  ])('%s is none', (_, change) => {
    expect(decodeLock(change(lockBlock({})))).toBe(undefined);
  });

  test('may hold anything: decoding never fails', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4088, maxLength: 4088 }), (noise) => {
        const block = lockBlock({});
        block.set(noise, 8);
        const taken = decodeLock(block)?.taken ?? [];
        expect(taken.every(({ seat, pid }) => seat < 252 && pid >= 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
