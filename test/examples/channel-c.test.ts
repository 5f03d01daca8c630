import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { root } from '../helpers/markdown.js';
import { start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

testWith('gcc', 'no sanitizer')(
  'programs in C, C++ and Node.js pass messages on through channels',
  async () => {
    const program = start(process.execPath, [join(root, 'examples/channel-c.mjs')], {
      timeout: 120_000,
      input: '',
    });
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const passed = stdout.matchAll(/^MESSAGE (\d) FROM (C|NODE\.JS), PROCESS \d+$/gm);
    expect([...passed].map(([, number, from]) => `${number} ${from}`)).toEqual([
      ...['1 C', '2 C', '3 C'],
      ...['1 NODE.JS', '2 NODE.JS', '3 NODE.JS'],
    ]);
    expect(readdirSync('/dev/shm').filter((name) => name.includes(`example-${program.pid}-`))).toEqual([]);
  },
  130_000,
);
