'use strict';
// Has to parse and run on Node 12: whoever has an old Node is told so by a sentence, not by a SyntaxError.
var spawnSync = require('child_process').spawnSync;

var MAJOR = 20;
var MINOR = 19;

var tools = [
  { command: process.env.CXX || 'g++', title: 'The C++ compiler', apt: 'g++' },
  { command: process.env.MAKE || 'make', title: 'make', apt: 'make' },
  { command: process.env.PYTHON || 'python3', title: 'Python 3, with which node-gyp runs,', apt: 'python3' }
];

function tooOld() {
  var version = process.versions.node.split('.').map(Number);
  return version[0] < MAJOR || (version[0] === MAJOR && version[1] < MINOR);
}

function isMissing(tool) {
  return spawnSync(tool.command.split(' ')[0], ['--version'], { stdio: 'ignore' }).status !== 0;
}

function sentences() {
  var said = [];
  if (tooOld()) {
    said.push(
      `Node.js ${MAJOR}.${MINOR} or newer is needed and this is ${process.version}: ` +
        'install one with `sudo npm install --global n && sudo n 22` and open a new shell.'
    );
  }
  if (process.platform !== 'linux') {
    said.push(`The kernel objects are Linux's and this is ${process.platform}: use a Linux virtual machine.`);
  }
  tools.filter(isMissing).forEach(function (tool) {
    said.push(
      `${tool.title} is missing (\`${tool.command}\`): install it with \`sudo apt-get install --yes ${tool.apt}\`.`
    );
  });
  return said;
}

exports.requireTools = function requireTools() {
  var said = sentences();
  if (said.length === 0) return;
  console.error(said.join('\n'));
  process.exit(1);
};
