import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { type Tool, testWith } from '../helpers/tools.js';
import { table } from './table.js';

type Body = () => unknown;
/** A test, and what it needs of the machine beyond strace, which `injected` and `retried` bring with them. */
export type Check = Body | { tools: Tool[]; body: Body };

export const needs = (tools: Tool | Tool[], body: Body): Check => ({ tools: [tools].flat(), body });

/** The tests of one call: exactly one for each of its rows that can happen. */
export function covers(call: string, checks: Record<string, Check>): void {
  const rows = (table[call] ?? []).filter(({ how }) => how !== 'cannot happen');
  describe(call, () => {
    leaveNothing();
    test('has a test for each row of the table', () => {
      expect(Object.keys(checks).sort()).toEqual(rows.map(({ code }) => code).sort());
    });
    for (const { code, how, when } of rows) {
      const check = checks[code];
      if (check === undefined) continue;
      const { tools, body } = typeof check === 'function' ? { tools: [], body: check } : check;
      const strace: Tool[] = how === 'injected' || how === 'retried' ? ['strace'] : [];
      testWith(...tools, ...strace)(`${code} (${how}): ${when}`, async () => {
        await body();
      });
    }
  });
}
