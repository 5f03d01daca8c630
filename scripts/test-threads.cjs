'use strict';
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { prepareTypeScript } = require('./bootstrap/steps.cjs');
const { root } = require('./bootstrap/step.cjs');
const { buildWithCmake, runCoreTests } = require('./cmake-build.cjs');
const { loadedBinary } = require('./loaded-binary.cjs');
const { finish, runSuite } = require('./suite.cjs');

const logs = path.join(root, '.cache/threads');
const libtsan = () => execFileSync('g++', ['-print-file-name=libtsan.so'], { encoding: 'utf8' }).trim();

// V8 races with itself, to its eyes, also in what our callbacks call. Ours is an access that our code makes: the first
// frame that is not of the sanitizer. It follows descriptors by their numbers too, and knows nothing of mq_open(3).
const isOurs = (report) =>
  !report.includes('Location is file descriptor') &&
  report
    .split('\n\n')
    .filter((stack) => /(read|write) of size/i.test(stack))
    .some((stack) => {
      const frames = stack.split('\n').filter((line) => /^ +#\d/.test(line));
      return /posix_ipc\.node|native\/core/.test(frames.find((frame) => !frame.includes('libtsan')) ?? '');
    });

// ThreadSanitizer holds signals back while a thread blocks, so those tests have to do without it.
const waiting = () =>
  fs
    .readdirSync(path.join(root, 'test/waiting'))
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('signals'))
    .map((file) => `test/waiting/${file}`);

// ThreadSanitizer: the C++ tests of core/, then the tests whose waits have threads.
async function main() {
  prepareTypeScript();
  const home = buildWithCmake('thread');
  fs.rmSync(logs, { recursive: true, force: true });
  fs.mkdirSync(logs, { recursive: true });

  // Node and the test runner were built without it and are full of races to its eyes: what counts is where we have a part.
  const options = { TSAN_OPTIONS: `log_path=${logs}/tsan exitcode=0`, LD_PRELOAD: libtsan() };
  const suppressions = path.join(root, 'test/sanitize/threads.supp');
  const coreOptions = { TSAN_OPTIONS: `log_path=${logs}/core suppressions=${suppressions}` };
  const core = runCoreTests(home, { ...process.env, ...coreOptions });
  const env = { ...options, POSIX_IPC_PREBUILD: home, SANITIZE: 'thread' };
  loadedBinary({ env, expected: `${home}/build/Release/posix_ipc.node` });
  if (process.argv.length === 2) process.argv.push(...waiting());
  const suite = await runSuite({ env });

  const reports = fs
    .readdirSync(logs)
    .flatMap((file) => fs.readFileSync(path.join(logs, file), 'utf8').split(/^={18}$/m))
    .filter(isOurs);
  for (const report of reports) console.log(report);
  console.log(`${reports.length} reports of ThreadSanitizer`);
  finish([core, suite, { passed: 0, failed: reports.length, skipped: 0 }]);
}

main();
