'use strict';
// The tarball, as a stranger's machine gets it: installed elsewhere, offline, without scripts.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { cleanEnvironment, nodeDir } = require('./bootstrap/node-gyp.cjs');
const { buildPrebuilt, install } = require('./bootstrap/steps.cjs');
const { command, attempt, root, timed } = require('./bootstrap/step.cjs');
const { sha256 } = require('./loaded-binary.cjs');
const { nodeVersion } = require('./node-versions.cjs');
const { finish } = require('./suite.cjs');

const place = fs.mkdtempSync(path.join(os.tmpdir(), 'posix-ipc-pack-'));
process.on('exit', () => fs.rmSync(place, { recursive: true, force: true }));
const runs = [];

function check(title, run) {
  let problem;
  try {
    problem = run();
  } catch (error) {
    problem = error.message;
  }
  console.log(`${problem ? 'FAILED' : 'ok'}: ${title}${problem ? `\n${problem}` : ''}`);
  runs.push({ passed: problem ? 0 : 1, failed: problem ? 1 : 0, skipped: 0 });
}

function pack(source) {
  command('npm', ['pack', '--silent', '--pack-destination', place, source]);
}

function installElsewhere() {
  const home = path.join(place, 'consumer');
  fs.mkdirSync(home);
  fs.writeFileSync(path.join(home, 'package.json'), '{ "name": "consumer", "private": true }\n');
  const tarballs = fs.readdirSync(place).filter((name) => name.endsWith('.tgz'));
  // An empty cache, so that --offline proves that nothing else was needed.
  command(
    'npm',
    ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', `--cache=${place}/cache`].concat(
      tarballs.map((name) => path.join(place, name)),
    ),
    { cwd: home },
  );
  return home;
}

// The README's first program, as it stands and with `require`.
function writePrograms(home) {
  const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```(?:js|javascript|mjs|ts|typescript)\n(.*?)^```/gms)].map(
    (m) => m[1],
  );
  const program = blocks.find((block) => /from ['"]posix-ipc['"]/.test(block));
  if (!program) throw new Error('README.md has no program that imports posix-ipc');
  const required = program.replace(/^import (.*?) from (['"].*?['"]);?$/gms, (_, names, from) => {
    return `const ${names.replace(/\bas\b/g, ':').replace(/^\*\s*:/, '')} = require(${from});`;
  });
  fs.writeFileSync(path.join(home, 'program.mjs'), program);
  fs.writeFileSync(path.join(home, 'program.cjs'), `(async () => {\n${required}\n})();\n`);
  fs.writeFileSync(
    path.join(home, 'loaded.cjs'),
    `process.on('exit', () => {
      const maps = require('fs').readFileSync('/proc/self/maps', 'utf8');
      for (const file of new Set(maps.match(/\\/.*\\.node$/gm))) console.error('loaded ' + file);
    });`,
  );
}

function runProgram({ node, home, file, expected }) {
  const done = attempt(node, ['--require', './loaded.cjs', file], { cwd: home, timeout: 60_000 });
  if (!done.ok) return done.output || 'it did not end by itself';
  // The program may start others, which load it too.
  const loaded = [...new Set([...done.output.matchAll(/^loaded (.*)$/gm)].map((found) => found[1]))];
  console.log(
    `${done.stdout.trim()}\n${loaded.map((binary) => `${binary}\nsha256 ${sha256(binary)}`).join('\n')}`,
  );
  if (loaded.length !== 1) return `one binary was meant to be loaded, not ${loaded.length}`;
  if (sha256(loaded[0]) !== expected) return `not prebuildify's binary, whose sha256 is ${expected}`;
}

install();
const binary = buildPrebuilt();
timed('packing', () => {
  pack(root);
  pack(path.join(root, 'node_modules/node-gyp-build'));
});
const home = timed('installing the tarball offline', installElsewhere);
const installed = path.join(home, 'node_modules/posix-ipc');
writePrograms(home);

check('node-gyp-build is the one dependency', () => {
  const { dependencies, scripts } = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
  if (Object.keys(dependencies).join() !== 'node-gyp-build')
    return `dependencies: ${Object.keys(dependencies)}`;
  if (scripts.install || scripts.preinstall || scripts.postinstall) return 'it has an install script';
});
check('publint finds nothing', () => {
  const done = attempt(process.execPath, [
    'node_modules/publint/src/cli.js',
    '--strict',
    '--pack=false',
    installed,
  ]);
  if (!done.ok) return done.output;
});
check('a program in C finds the header of the channel', () => {
  const found = attempt(process.execPath, ['-p', "require.resolve('posix-ipc/channel.h')"], { cwd: home });
  if (!found.ok) return found.output;
  const include = path.resolve(found.stdout.trim(), '../..');
  const options = ['-Wall', '-Wextra', '-Werror', '-I', include, '-o', path.join(place, 'writer')];
  const built = attempt('gcc', [...options, path.join(root, 'examples/c/writer.c')]);
  if (!built.ok) return built.output;
});
for (const major of [20, 26]) {
  for (const file of ['program.mjs', 'program.cjs']) {
    check(`the README's program runs on Node ${major} as ${file}`, () =>
      runProgram({ node: nodeVersion(major), home, file, expected: sha256(binary) }),
    );
  }
}
check('a platform without a binary can build from the tarball', () => {
  fs.rmSync(path.join(installed, 'prebuilds'), { recursive: true });
  const nodeGyp = path.join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  const headers = nodeDir();
  const args = [nodeGyp, 'rebuild', ...(headers ? [`--nodedir=${headers}`] : [])];
  const built = attempt(process.execPath, args, { cwd: installed, env: cleanEnvironment() });
  if (!built.ok) return built.output;
  const fresh = sha256(path.join(installed, 'build/Release/posix_ipc.node'));
  return runProgram({ node: process.execPath, home, file: 'program.mjs', expected: fresh });
});
finish(runs);
