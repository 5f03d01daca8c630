'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { jobs, nodeDir, cleanEnvironment } = require('./bootstrap/node-gyp.cjs');
const { attempt, command, root, timed } = require('./bootstrap/step.cjs');

const sanitizers = { release: '', sanitize: 'address,undefined', thread: 'thread' };

// Builds into build-cmake/VARIANT/build, so that POSIX_IPC_PREBUILD=build-cmake/VARIANT loads it. Everything, or a target.
function buildWithCmake(variant, target) {
  const home = path.join(root, 'build-cmake', variant);
  const headers = nodeDir();
  timed(`building ${target ?? 'all'} of build-cmake/${variant} with cmake-js`, () =>
    command(
      process.execPath,
      [
        'node_modules/cmake-js/bin/cmake-js',
        'build',
        `--out=${home}/build`,
        `--parallel=${jobs()}`,
        ...(target ? [`--target=${target}`] : []),
        `--CDSANITIZE=${sanitizers[variant]}`,
        ...(headers ? [`--CDNODE_INCLUDE_DIR=${path.join(headers, 'include/node')}`] : []),
      ],
      { env: cleanEnvironment() },
    ),
  );
  if (variant === 'release') {
    fs.copyFileSync(path.join(home, 'build/compile_commands.json'), path.join(root, 'compile_commands.json'));
  }
  return home;
}

// The C++ tests of core/; their number, since ctest calls it no failure when there is none.
function runCoreTests(home, env = process.env) {
  const done = timed('running the C++ tests of core', () =>
    attempt('ctest', ['--output-on-failure'], { cwd: path.join(home, 'build'), env }),
  );
  if (!done.ok) console.error(done.output);
  const failed = Number(/(\d+) tests? failed/.exec(done.output)?.[1] ?? 0);
  const all = Number(/ out of (\d+)/.exec(done.output)?.[1] ?? 0);
  return { passed: all - failed, failed: done.ok ? failed : Math.max(1, failed), skipped: 0 };
}

module.exports = { buildWithCmake, runCoreTests };
