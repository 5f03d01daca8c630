import { expect, test } from 'vitest';
import { readPage, testLinks, testPrograms } from '../helpers/markdown.js';

const page = readPage('docs/locks.md');

testPrograms(page);
testLinks(page);

test('every block is a program, with its output', () => {
  expect(page.blocks.length).toBeGreaterThan(5);
  for (const { language, output } of page.blocks) {
    expect(language).toBe('js');
    expect(output).not.toBe(undefined);
  }
});
