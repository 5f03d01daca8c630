'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { buildPrebuilt, prepareTypeScript } = require('./bootstrap/steps.cjs');
const { root } = require('./bootstrap/step.cjs');
const { loadedBinary } = require('./loaded-binary.cjs');
const { nodeVersion } = require('./node-versions.cjs');
const { finish, runSuite } = require('./suite.cjs');

// Fewer by POSIX_IPC_NODES='22 24', say.
const majors = (process.env.POSIX_IPC_NODES ?? '20 22 24 26').split(' ');

async function main() {
  prepareTypeScript();
  const binary = buildPrebuilt();
  // A folder without a build/Release: nothing but the binary that ships can be loaded from it.
  const home = path.join(root, '.cache/matrix');
  fs.rmSync(home, { recursive: true, force: true });
  fs.cpSync(path.join(root, 'prebuilds'), path.join(home, 'prebuilds'), { recursive: true });
  const env = { POSIX_IPC_PREBUILD: home };

  const runs = [];
  for (const major of majors) {
    const node = nodeVersion(major);
    console.log(`Node ${major}`);
    loadedBinary({ node, env, expected: path.join(home, path.relative(root, binary)) });
    runs.push(await runSuite({ node, env }));
  }
  finish(runs);
}

main();
