import { expect } from 'vitest';
import type { Attempt } from '../helpers/attempt.js';

/** An attempt in which `call` was interrupted once, and made once more. */
export async function expectRetried(
  { outcome, calls }: Attempt,
  call: string,
  value: unknown,
): Promise<void> {
  expect(await outcome()).toEqual({ value });
  const made = calls().filter((line) => line.includes(` ${call}(`));
  expect(made).toHaveLength(2);
  expect(made[0]).toMatch(/= -1 EINTR .*\(INJECTED\)$/);
  expect(made[1]).toMatch(/= \d+$/);
}
