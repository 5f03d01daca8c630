'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { command, root, timed } = require('./bootstrap/step.cjs');

// The Node of a major version as npm has it: a package with the program and no install script.
function nodeVersion(major) {
  const name = `node-linux-${process.arch}`;
  const home = path.join(root, '.cache/node', String(major));
  const node = path.join(home, 'node_modules', name, 'bin/node');
  if (!fs.existsSync(node)) {
    fs.mkdirSync(home, { recursive: true });
    timed(`installing Node ${major}`, () =>
      command('npm', [
        'install',
        '--no-save',
        '--no-audit',
        '--no-fund',
        '--prefix',
        home,
        `${name}@${major}`,
      ]),
    );
  }
  return node;
}

module.exports = { nodeVersion };
