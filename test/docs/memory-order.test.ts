import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPage, root, testLinks } from '../helpers/markdown.js';

const page = readPage('docs/memory-order.md');

testLinks(page);

test('it tells of every sync point of the code, and of no other', () => {
  const points = readFileSync(join(root, 'native/core/segment/sync-point.h'), 'utf8');
  const list = points.slice(points.indexOf('sync_point_names[]'), points.indexOf('static_assert'));
  const names = [...list.matchAll(/"([\w.-]+)"/g)].map(([, name]) => name);
  const told = [...page.text.matchAll(/^\| `([\w-]+\.[\w-]+)` \|/gm)].map(([, name]) => name);
  expect(told.sort()).toEqual(names.filter((name) => name !== 'start').sort());
});
