'use strict';
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { prepareTypeScript } = require('./bootstrap/steps.cjs');
const { root } = require('./bootstrap/step.cjs');
const { buildWithCmake, runCoreTests } = require('./cmake-build.cjs');
const { loadedBinary } = require('./loaded-binary.cjs');
const { finish, runSuite } = require('./suite.cjs');

const logs = path.join(root, '.cache/sanitize');
const libasan = () => execFileSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();

async function main() {
  prepareTypeScript();
  const home = buildWithCmake('sanitize');
  fs.rmSync(logs, { recursive: true, force: true });
  fs.mkdirSync(logs, { recursive: true });

  const options = {
    // V8 frees little at exit; and a report goes to a file, since a test may throw away a child's output.
    ASAN_OPTIONS: `detect_leaks=0:log_path=${logs}/asan`,
    // UBSan's start sets ASan's path again.
    UBSAN_OPTIONS: `print_stacktrace=1:log_path=${logs}/asan`,
    UBSAN_REPORTS: `${logs}/ubsan`,
    LD_PRELOAD: `${libasan()}:${home}/build/libubsan-report.so`,
  };
  const core = runCoreTests(home, { ...process.env, ...options });
  const env = { ...options, POSIX_IPC_PREBUILD: home, SANITIZE: 'address,undefined' };
  loadedBinary({ env, expected: `${home}/build/Release/posix_ipc.node` });
  const suite = await runSuite({ env });

  const reports = fs.readdirSync(logs);
  for (const report of reports) console.log(`${report}\n${fs.readFileSync(path.join(logs, report), 'utf8')}`);
  console.log(`${reports.length} sanitizer reports`);
  finish([core, suite, { passed: 0, failed: reports.length, skipped: 0 }]);
}

main();
