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

// ThreadSanitizer: the C++ tests of core/, then the tests whose waits have threads.
async function main() {
  prepareTypeScript();
  const home = buildWithCmake('thread');
  fs.rmSync(logs, { recursive: true, force: true });
  fs.mkdirSync(logs, { recursive: true });

  const options = { TSAN_OPTIONS: `log_path=${logs}/tsan`, LD_PRELOAD: libtsan() };
  const core = runCoreTests(home, { ...process.env, TSAN_OPTIONS: options.TSAN_OPTIONS });
  const env = { ...options, POSIX_IPC_PREBUILD: home, SANITIZE: 'thread' };
  loadedBinary({ env, expected: `${home}/build/Release/posix_ipc.node` });
  if (process.argv.length === 2) process.argv.push('test/waiting', 'test/defects/runtime.test.ts');
  const suite = await runSuite({ env });

  const reports = fs.readdirSync(logs);
  for (const report of reports) console.log(`${report}\n${fs.readFileSync(path.join(logs, report), 'utf8')}`);
  console.log(`${reports.length} reports of ThreadSanitizer`);
  finish([core, suite, { passed: 0, failed: reports.length, skipped: 0 }]);
}

main();
