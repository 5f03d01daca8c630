'use strict';
// Completes what the tarball carries: dist, the binary, and node-addon-api's headers for platforms without one.
const fs = require('node:fs');
const path = require('node:path');
const { buildPrebuilt, prepareTypeScript } = require('./bootstrap/steps.cjs');
const { root } = require('./bootstrap/step.cjs');

prepareTypeScript();
buildPrebuilt();

const from = path.join(root, 'node_modules/node-addon-api');
const to = path.join(root, 'vendor/node-addon-api');
fs.rmSync(to, { recursive: true, force: true });
fs.mkdirSync(to, { recursive: true });
for (const name of fs.readdirSync(from).filter((name) => /\.h$|^LICENSE/.test(name))) {
  fs.copyFileSync(path.join(from, name), path.join(to, name));
}
