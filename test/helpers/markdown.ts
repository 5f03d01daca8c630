import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from './program.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Block {
  heading: string;
  language: string;
  content: string;
  /** The block of output that follows with nothing in between. */
  output: string | undefined;
}

export interface Page {
  /** Its path in the package. */
  path: string;
  text: string;
  blocks: Block[];
}

export function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, blocks: blocksOf(text) };
}

/** Each program in JavaScript prints the block that follows it, and nothing else. */
export function testPrograms({ path, blocks }: Page): void {
  describe(`each program prints what ${path} says`, () => {
    // Programs find the package as a user's would: by its exports, from a folder of their own.
    const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-docs-'));
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules', 'posix-ipc'));
    afterAll(() => rmSync(folder, { recursive: true }));

    const programs = blocks.filter(({ language }) => language === 'js');
    test.each(programs)('$heading', async ({ heading, content, output }) => {
      const file = join(folder, `${heading.replace(/\W+/g, '-')}.mjs`);
      writeFileSync(file, content);
      const { code, stdout, stderr } = await run(process.execPath, [file]);
      expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: output ?? '' });
    });
  });
}

/** Each link to a heading, of this page or another one, leads to it, and each to a file too. */
export function testLinks({ path, text }: Page): void {
  test('every link within the package leads somewhere', () => {
    const links = [...text.matchAll(/\]\(([^)\s]*)\)/g)].map(([, target]) => target);
    for (const target of links.filter((target) => !/^\w+:/.test(target))) {
      const [file, anchor] = target.split('#');
      const to = file === '' ? path : join(dirname(path), file);
      expect(existsSync(join(root, to)), target).toBe(true);
      if (anchor !== undefined)
        expect(anchorsOf(readFileSync(join(root, to), 'utf8')), target).toContain(anchor);
    }
  });
}

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function blocksOf(text: string): Block[] {
  const found: Block[] = [];
  let heading = '';
  for (const match of text.matchAll(
    /^#+ (.*)$|^```(\w+)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```$)?/gm,
  )) {
    const [, title, language, content, output] = match;
    if (title !== undefined) heading = title;
    else found.push({ heading, language, content, output });
  }
  return found;
}
