import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { root } from '../helpers/markdown.js';
import { testWith } from '../helpers/tools.js';

// native/include/posix-ipc/*.h and lib/channel/layout.ts describe the same bytes.
const words = {
  magicWord: 'magic',
  tailWord: 'tail',
  headWord: 'head',
  filledSleepersWord: 'filled.sleepers',
  emptiedSleepersWord: 'emptied.sleepers',
  writerWord: 'writer',
  readerWord: 'reader',
  counterWord: 'wide[0]',
  wideTailWord: 'wide[PIPC_TAIL]',
  intentWord: 'wide[PIPC_INTENT]',
  newestWord: 'wide[PIPC_NEWEST]',
};
const numbers = {
  published: 'PIPC_PUBLISHED',
  dataStart: 'PIPC_DATA',
  recordHeader: 'PIPC_RECORD',
  messageHeader: 'PIPC_MESSAGE',
  cells: 'PIPC_CELLS',
  mostValue: 'PIPC_MOST_VALUE',
  overtakings: 'PIPC_OVERTAKEN',
  leastCapacity: 'PIPC_LEAST_CAPACITY',
  mostCapacity: 'PIPC_MOST_CAPACITY',
  manyWriters: 'PIPC_MANY_WRITERS',
  manyReaders: 'PIPC_MANY_READERS',
};

const kinds = { channel: 'PIPC_CHANNEL', latest: 'PIPC_LATEST', broadcast: 'PIPC_BROADCAST' };
const sizes = [1, 56, 57, 1000, 2 ** 28];
const lengths = [0, 1, 7, 8, 9, 100, 4088, 2 ** 30 - 8];
const fields = [
  ...Object.entries(words).map(([name, field]) => [name, `offsetof(pipc_header, ${field}) / 4`]),
  ...Object.entries(numbers),
  ...lengths.map((length) => [`record ${length}`, `pipc_record_size(${length})`]),
  ...lengths.map((length) => [`message ${length}`, `pipc_message_size(${length})`]),
  ...sizes.map((size) => [`cell ${size}`, `pipc_cell_size(${size})`]),
  ...Object.entries(kinds).map(([name, kind]) => [`mapped ${name}`, `pipc_mapped_size(${kind}, ${1 << 28})`]),
  ...Object.entries(kinds),
];

for (const compiler of ['gcc -std=c11 -x c', 'g++ -std=c++11']) {
  testWith('gcc')(
    `the two layouts of a channel, a latest value and a broadcast are one: ${compiler}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-layout-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const source = join(folder, 'layout.c');
      const lines = fields.map(
        ([name, value]) => `printf("%s %llu\\n", "${name}", (unsigned long long)(${value}));`,
      );
      const header = '#define _GNU_SOURCE\n#include <posix-ipc/latest.h>\n#include <posix-ipc/broadcast.h>';
      writeFileSync(source, `${header}\nint main(void) {\n${lines.join('\n')}\n}\n`);
      const [command = '', ...options] = compiler.split(' ');
      const warnings = [
        '-Wall',
        '-Wextra',
        '-Wpedantic',
        '-Wconversion',
        '-Wshadow',
        '-Werror',
        '-U_GNU_SOURCE',
      ];
      execFileSync(command, [
        ...options,
        ...warnings,
        '-I',
        join(root, 'native/include'),
        source,
        '-o',
        join(folder, 'layout'),
      ]);
      const said = execFileSync(join(folder, 'layout'), { encoding: 'utf8' }).trim().split('\n');

      const layout = await import(new URL('../../dist/channel/layout.js', import.meta.url).href);
      const { Kind } = await import(new URL('../../dist/native.js', import.meta.url).href);
      const ours = [
        ...[...Object.keys(words), ...Object.keys(numbers)].map((name) => `${name} ${layout[name]}`),
        ...lengths.map((length) => `record ${length} ${layout.recordSize(length)}`),
        ...lengths.map((length) => `message ${length} ${layout.messageSize(length)}`),
        ...sizes.map((size) => `cell ${size} ${layout.cellSize(size)}`),
        ...Object.keys(kinds).map((name) => `mapped ${name} ${layout.mappedSize(Kind[name], 2 ** 28)}`),
        ...Object.keys(kinds).map((name) => `${name} ${Kind[name]}`),
      ];
      expect(ours).toEqual(said);
    },
  );
}
