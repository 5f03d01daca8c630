'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { jobs } = require('./bootstrap/node-gyp.cjs');
const { attempt, command, root, timed } = require('./bootstrap/step.cjs');
const { prepare, prepareTypeScript } = require('./bootstrap/steps.cjs');

const help = `npm run fuzz -- [options]

Writes garbage over locks, channels, semaphores and memory that other processes are using, truncates and replaces their
files, and opens random files as every kind of object: in C++ on native/core, one mutation in a hundred through
the public API. Each call has to come back, with success or an errno that it may give.

  --mutations N  how many (default 20000, some 20 s)
  --seed N       of all random numbers (default: another one each time; it is printed)
  --from STEP    begin there, as a report says; users of a lock run side by side, so repeat it if need be
  --help
`;

// A step of the public API takes a few milliseconds.
const patience = 60_000;
const outOf = (sanitize) => path.join(root, 'build-fuzz', sanitize ? 'sanitized' : 'plain');

// The first because the C library trusts these bytes: Mutex and SemaphoreSet do not. The last because a forged
// owner that lives may keep it waiting, as POSIX has it.
const excluded = [
  'sysv.RobustMutex while it is locked or waited for (before an open all of it is spoilt too)',
  'truncation of a channel under the C header, which leaves SIGBUS to its program (the public API has a guard)',
  'Condition.wait, which takes its mutex again without a deadline (its parts are called one by one)',
];

const sanitizer = () =>
  attempt('g++', ['-fsanitize=address,undefined', '-xc++', '-', '-o/dev/null'], {
    input: 'int main() {}',
    stdio: 'pipe',
  }).ok
    ? 'address,undefined'
    : '';

function build() {
  // Another addon was built by whoever names it.
  if (process.env.POSIX_IPC_PREBUILD) prepareTypeScript();
  else prepare();
  const sanitize = sanitizer();
  timed(`building the fuzzer${sanitize ? ` with -fsanitize=${sanitize}` : ''}`, () =>
    command('make', ['-C', 'test/fuzz', `-j${jobs()}`, `OUT=${outOf(sanitize)}`, `SANITIZE=${sanitize}`]),
  );
  return path.join(outOf(sanitize), 'fuzz');
}

const names = [`pipc-fuzz-${process.pid}`];
let running;

// What a run that is ended in its middle would leave.
function cleanUp() {
  running?.kill('SIGKILL');
  for (const file of fs.readdirSync('/dev/shm'))
    if (names.some((name) => file.replace(/^sem\./, '').startsWith(name)))
      fs.rmSync(`/dev/shm/${file}`, { force: true });
}

function watch(program, args, { silence, onLine }) {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ASAN_OPTIONS: 'detect_leaks=0:exitcode=99',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  });
  running = child;
  names.push(`pipc-fuzz-${child.pid}-`);
  let silent = false;
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      silent = true;
      child.kill('SIGKILL');
    }, silence);
  };
  if (silence !== undefined) heard();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    if (silence !== undefined) heard();
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach(onLine);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, silent });
    });
  });
}

async function fuzzCore(program, seed, from, mutations) {
  const tally = { mutations: 0, crashes: 0, hangs: 0, others: 0 };
  let read = false;
  const ended = await watch(program, [seed, from, mutations].map(String), {
    onLine(line) {
      const found = /^(\d+) mutations, (\d+) crashes, (\d+) hangs$/.exec(line);
      if (found === null) return console.log(line);
      read = true;
      [tally.mutations, tally.crashes, tally.hangs] = found.slice(1).map(Number);
    },
  });
  if (!read) tally.crashes += 1;
  if (ended.code !== 0 && tally.crashes + tally.hangs === 0) tally.others = 1;
  return tally;
}

async function fuzzPublic(seed, from, mutations) {
  const tally = { mutations, crashes: 0, hangs: 0, others: 0 };
  const name = `/${names[0]}`;
  const to = from + mutations;
  for (let step = from; step < to; ) {
    let at = step;
    const end = Math.min(step + 500, to);
    const args = (first, last) => ['test/fuzz/public.mjs', seed, first, last, name].map(String);
    const ended = await watch(process.execPath, args(step, end), {
      silence: patience,
      onLine: (line) => {
        at = Number(line);
      },
    });
    if (ended.silent) tally.hangs += 1;
    // An error that nobody could catch ends a program too.
    else if (ended.code !== 0) tally.crashes += 1;
    const well = ended.code === 0;
    if (!well) console.log(`${JSON.stringify(ended)}; again by node ${args(at, at + 1).join(' ')}`);
    step = well ? end : at + 1;
  }
  return tally;
}

const number = (text, otherwise) => {
  if (text === undefined) return otherwise;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  console.error(`expected a number, got ${text}\n\n${help}`);
  process.exit(2);
};

async function main() {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: { mutations: text, seed: text, from: text, help: { type: 'boolean' } },
  });
  if (values.help) return console.log(help);
  const mutations = number(values.mutations, 20_000);
  const seed = number(values.seed, Date.now() % 2 ** 32);
  const from = number(values.from, 0);
  const program = build();

  process.on('exit', cleanUp);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  console.log(`seed ${seed}`);
  for (const range of excluded) console.log(`excluded: ${range}`);
  const onPublic = Math.ceil(mutations / 100);
  const core = await fuzzCore(program, seed, from, mutations - onPublic);
  const api = await fuzzPublic(seed, from, onPublic);
  const sum = (key) => core[key] + api[key];
  console.log(
    `${api.mutations} of them by the public API; ${sum('others')} errors that are none of the known`,
  );
  console.log(`${sum('mutations')} mutations, ${sum('crashes')} crashes, ${sum('hangs')} hangs`);
  process.exitCode = sum('crashes') + sum('hangs') + sum('others') === 0 ? 0 : 1;
}

main();
