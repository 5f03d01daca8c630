import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPage, root, testLinks, testPrograms } from '../helpers/markdown.js';
import { run } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

const demo = join(root, 'dist/cli/demo/main.js');
const page = readPage('README.md');
const programs = page.blocks.filter(({ language }) => language === 'js');
const commands = page.blocks.filter(({ language }) => language === 'sh');

testPrograms(page);
testLinks(page);

describe('each command', () => {
  const lines = commands.flatMap(({ content, output }) =>
    content
      .trim()
      .split('\n')
      .map((line) => ({ line: line.replace(/ +#.*/, ''), output })),
  );

  test.each(lines)('$line is a script of the package', ({ line }) => {
    const [, script] = /^npm (?:run )?(\S+)/.exec(line) ?? [];
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(Object.keys(scripts)).toContain(script);
  });

  for (const { line, output } of lines) {
    if (output === undefined) continue;
    testWith('ipcs')(`${line} prints what the README shows`, async () => {
      const [, words] = /^npm start -- (.*)$/.exec(line) ?? [];
      const { code, stdout } = await run(process.execPath, [demo, ...words.split(' ')]);
      expect(code).toBe(0);
      expect(masked(stdout)).toBe(masked(output));
    });
  }
});

test('every block is a program, a command, or the output of one', () => {
  expect(programs.length).toBeGreaterThan(5);
  expect(page.blocks.filter((block) => !programs.includes(block) && !commands.includes(block))).toEqual([]);
});

// What differs from run to run and from machine to machine: numbers, dates, users, and the width of columns.
function masked(output: string): string {
  return output
    .replace(/ \w{3} +\d+ \d\d:\d\d /g, ' DATE ')
    .replace(/^( +-rw-------) +\d+ \S+ +\S+ +/gm, '$1 OWNER ')
    .replace(/^( +0x\w+ +\d+ +)\S+/gm, '$1OWNER')
    .replace(/^ +processes that could not be looked into: \d+\n/gm, '')
    .replace(/0x\w+/g, 'KEY')
    .replace(/\d+(\.\d+)?/g, 'N')
    .replace(/─+/g, '─')
    .replace(/ +/g, ' ')
    .trim();
}
