import { describe, expect, test } from 'vitest';
import { readPage, testLinks, testPrograms } from '../helpers/markdown.js';

/** How many programs each page has at least. */
const guides = {
  'docs/channel.md': 6,
  'docs/choosing.md': 4,
  'docs/errors.md': 4,
  'docs/latest-and-broadcast.md': 3,
  'docs/locks.md': 6,
  'docs/objects.md': 4,
  'docs/sealed.md': 2,
  'docs/security.md': 4,
  'docs/structs.md': 5,
  'docs/waiting.md': 3,
};

describe.each(Object.entries(guides))('%s', (path, least) => {
  const page = readPage(path);

  testPrograms(page);
  testLinks(page);

  test('every block is a program, with its output', () => {
    expect(page.blocks.length).toBeGreaterThanOrEqual(least);
    for (const { language, output } of page.blocks) {
      expect(language).toBe('js');
      expect(output).not.toBe(undefined);
    }
  });
});
