'use strict';
const { prepareTypeScript } = require('./bootstrap/steps.cjs');
const { buildWithCmake, runCoreTests } = require('./cmake-build.cjs');
const { loadedBinary } = require('./loaded-binary.cjs');
const { finish, runSuite } = require('./suite.cjs');

async function main() {
  prepareTypeScript();
  const home = buildWithCmake('release');
  const env = { POSIX_IPC_PREBUILD: home };
  loadedBinary({ env, expected: `${home}/build/Release/posix_ipc.node` });
  finish([runCoreTests(home), await runSuite({ env })]);
}

main();
