// Node.js, C and C++ at the same channels: a writer in C, then one in Node.js, send to a filter in C++, and a reader in
// Node.js, then one in C, prints what comes out of it.
//
//   node examples/channel-c.mjs
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Channel } from 'posix-ipc';

// In a project of one's own, -I"$(npm root)/posix-ipc/native/include" does it.
const header = fileURLToPath(import.meta.resolve('posix-ipc/channel.h'));
const include = dirname(dirname(header));
const sources = fileURLToPath(new URL('c/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-example-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

function build(compiler, source) {
  const program = join(folder, source);
  const words = ['-Wall', '-O2', '-I', include, '-o', program, join(sources, source)];
  console.log(`${compiler} -Wall -O2 -I native/include -o ${source.split('.')[0]} examples/c/${source}`);
  execFileSync(compiler, words, { stdio: 'inherit' });
  return (...args) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    return once(child, 'exit').then(([code, signal]) => {
      if (code !== 0) throw new Error(`${source} ended with ${code ?? signal}`);
    });
  };
}

const writer = build('gcc', 'writer.c');
const reader = build('gcc', 'reader.c');
const filter = build('g++', 'filter.cc');

const names = [1, 2].map((number) => `/example-${process.pid}-${number}`);
const create = () => names.map((name) => Channel.create(name, { capacity: 65_536, unlinkOnExit: true }));
/** The programs in C take the names away when they have read all. */
function unlink() {
  for (const name of names) {
    try {
      Channel.unlink(name);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
}

console.log('\nC to C++ to Node.js');
{
  const [, out] = create();
  const receiver = out.reader();
  const programs = [filter(...names), writer(names[0], '3')];
  // Ends when the filter has closed its writer.
  for await (const message of receiver) console.log(message.toString());
  await Promise.all(programs);
  out.close();
  unlink();
}

console.log('\nNode.js to C++ to C');
{
  const [into] = create();
  const sender = into.writer();
  const programs = [filter(...names), reader(names[1])];
  for (const number of [1, 2, 3]) await sender.send(`message ${number} from Node.js, process ${process.pid}`);
  into.close();
  await Promise.all(programs);
  unlink();
}
