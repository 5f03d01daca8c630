import { afterEach, expect, test, vi } from 'vitest';
import { Spin } from '../../lib/segment/spin.js';

afterEach(() => {
  vi.restoreAllMocks();
});

interface Looking {
  load(words: Int32Array, index: number): number;
}

/** How often a wait looks at a word that becomes 0 with the look of that number, and whether it saw that. */
function wait(spin: Spin, free: number): { looks: number; seen: boolean } {
  let looks = 0;
  vi.spyOn(Atomics as Looking, 'load').mockImplementation(() => (++looks < free ? 1 : 0));
  const seen = spin.until0(new Int32Array(1), 0);
  return { looks, seen };
}

test('a wait looks longer after each one that was worth it', () => {
  const spin = new Spin();
  expect(wait(spin, 64)).toEqual({ looks: 64, seen: true });
  expect(wait(spin, 128)).toEqual({ looks: 128, seen: true });
  for (let hit = 0; hit < 10; hit++) wait(spin, 1);
  expect(wait(spin, Number.POSITIVE_INFINITY)).toEqual({ looks: 1024, seen: false });
});

test('what never comes is not looked for, but for one wait in sixteen', () => {
  const spin = new Spin();
  const looks = Array.from({ length: 68 }, () => wait(spin, Number.POSITIVE_INFINITY).looks);
  expect(looks.slice(0, 4)).toEqual([64, 32, 16, 8]);
  expect(looks.slice(4).filter((count) => count > 0)).toEqual([1024, 1024, 1024, 1024]);
});

test('after a bad start it finds what takes a little longer', () => {
  const spin = new Spin();
  for (let miss = 0; miss < 100; miss++) wait(spin, Number.POSITIVE_INFINITY);
  const seen = Array.from({ length: 32 }, () => wait(spin, 300).seen);
  expect(seen.slice(16)).toEqual(Array(16).fill(true));
});
