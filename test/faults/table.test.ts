import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../helpers/markdown.js';
import { type Row, table } from './table.js';

/** The rows of the fault table of the research on eight other systems: who has them all has thought of what happens. */
const faults = [
  'owner killed while it holds a lock',
  'producer dies mid-write',
  'consumer dies',
  'peer truncates',
  'shared-memory file system full',
  'attach during creation',
  'name collision, permission',
  'leftovers after a crash',
  'PID reuse',
  'containers',
  'fork',
  'threads',
];

const references = Object.values(table)
  .flat()
  .flatMap(({ shown }) => Object.entries(shown))
  .flatMap(([file, titles]) => titles.map((title) => [file, title] as const));

/** Titles as they stand in the source, but with %s for what a template puts in. */
const titleIn = (file: string) => {
  const text = readFileSync(join(root, file), 'utf8');
  if (file.endsWith('.cc')) return new Set([...text.matchAll(/^void (\w+)\(/gm)].map(([, title]) => title));
  const first = /(?:\b(?:test|test\.each(?:<.*?>)?\([\s\S]*?\)|testWith\([^)]*\)))\(\s*(['`"])(.*?)\1,/g;
  return new Set([...text.matchAll(first)].map(([, , title]) => title.replace(/\$\{.*?\}/g, '%s')));
};

describe('the table of faults', () => {
  test('has a row for every fault, and no other', () => {
    expect(Object.keys(table)).toEqual(faults);
    for (const [fault, rows] of Object.entries(table)) expect(rows.length, fault).toBeGreaterThan(0);
  });

  test('names for each row the tests that show it, which are there', () => {
    for (const rows of Object.values(table)) {
      for (const { to, shown } of rows) expect(Object.values(shown).flat().length, to).toBeGreaterThan(0);
    }
    const titles = new Map(references.map(([file]) => [file, titleIn(file)]));
    expect(references.filter(([file, title]) => !titles.get(file)?.has(title))).toEqual([]);
  });

  test('names every test of this folder', () => {
    const here = readdirSync(import.meta.dirname).filter((file) => /^(?!table).*\.test\.ts$/.test(file));
    const named = new Set(references.map(([, title]) => title));
    for (const file of here) {
      const titles = titleIn(`test/faults/${file}`);
      expect(titles.size, file).toBeGreaterThan(0);
      expect(
        [...titles].filter((title) => !named.has(title)),
        file,
      ).toEqual([]);
    }
  });

  test('is what docs/security.md shows (UPDATE_DOCS=1 writes it there)', () => {
    const page = join(root, 'docs/security.md');
    const [before, , after] = readFileSync(page, 'utf8').split(/^<!-- (?:\/)?table -->\n/m);
    const lines = Object.entries(table).flatMap(([fault, rows]) => rows.map((row) => line(fault, row)));
    const shown = `| | to | |\n|---|---|---|\n${lines.join('')}`;
    const expected = `${before}<!-- table -->\n\n${shown}\n<!-- /table -->\n${after}`;
    if (process.env.UPDATE_DOCS) writeFileSync(page, expected);
    expect(readFileSync(page, 'utf8')).toBe(expected);
  });
});

const line = (fault: string, { to, outcome }: Row) => `| ${fault} | ${to} | ${outcome} |\n`;
