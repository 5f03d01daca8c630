'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { cleanEnvironment, jobs, nodeDir } = require('./node-gyp.cjs');
const { command, root, step } = require('./step.cjs');

const nativeSources = ['native', 'binding.gyp', 'scripts/include-dir.cjs'];
const platform = [process.platform, process.arch];
const toolchain = [...platform, process.env.CXX, process.env.CXXFLAGS, process.env.LDFLAGS];

function install() {
  // Under `npm start` this is the npm that the user called, which need not be the first on PATH.
  const npm = process.env.npm_execpath;
  const [program, first] = /npm-cli\.js$/.test(npm ?? '') ? [process.execPath, [npm]] : ['npm', []];
  step({
    name: 'install',
    title: 'installing packages',
    inputs: ['package-lock.json'],
    facts: platform,
    outputs: ['node_modules/.package-lock.json'],
    run: () => command(program, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund']),
  });
}

function compileNative() {
  step({
    name: 'native',
    title: 'compiling the native addon',
    inputs: [...nativeSources, 'package-lock.json', 'scripts/bootstrap/node-gyp.cjs'],
    facts: toolchain,
    outputs: ['build/Release/posix_ipc.node'],
    run: () => {
      const headers = nodeDir();
      const options = [`--jobs=${jobs()}`, ...(headers ? [`--nodedir=${headers}`] : [])];
      const nodeGyp = 'node_modules/node-gyp/bin/node-gyp.js';
      command(process.execPath, [nodeGyp, 'configure', 'build', ...options], { env: cleanEnvironment() });
    },
  });
}

function compileTypeScript() {
  step({
    name: 'typescript',
    title: 'compiling TypeScript',
    inputs: ['lib', 'tsconfig.json', 'package-lock.json'],
    outputs: ['dist/index.js'],
    run: () => {
      // Else the output of a deleted source would live on.
      fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true });
      command(process.execPath, ['node_modules/typescript/bin/tsc', '--pretty', 'false']);
    },
  });
}

function compileBench() {
  step({
    name: 'bench',
    title: 'compiling the benchmark',
    inputs: ['bench', 'lib', 'tsconfig.json', 'tsconfig.bench.json', 'package-lock.json'],
    outputs: ['dist-bench/main.js'],
    run: () => {
      const compiler = 'node_modules/typescript/bin/tsc';
      command(process.execPath, [compiler, '--project', 'tsconfig.bench.json', '--pretty', 'false']);
    },
  });
}

const chaosFolder = '.cache/chaos';

// The harness, and the victims in C++, each with one of the mistakes of sync-point.h or none.
function prepareChaos(mistakes) {
  prepare();
  step({
    name: 'chaos',
    title: 'compiling the harness of chaos',
    inputs: ['test/chaos', 'lib', 'tsconfig.json', 'tsconfig.chaos.json', 'package-lock.json'],
    outputs: ['dist-chaos/main.js'],
    run: () => {
      const compiler = 'node_modules/typescript/bin/tsc';
      command(process.execPath, [compiler, '--project', 'tsconfig.chaos.json', '--pretty', 'false']);
    },
  });
  for (const mistake of mistakes) {
    step({
      name: `chaos-${mistake}`,
      title: `compiling the victims of chaos, mistake: ${mistake}`,
      inputs: ['native/core', 'native/include', 'test/chaos'],
      facts: toolchain,
      outputs: [`${chaosFolder}/${mistake}/victim`],
      run: () => {
        const make = process.env.MAKE ?? 'make';
        command(make, [`--jobs=${jobs()}`, '--directory=test/chaos', `MISTAKE=${mistake}`], {
          env: cleanEnvironment(),
        });
      },
    });
  }
}

function buildPrebuilt() {
  const headers = nodeDir();
  const binary = `prebuilds/linux-${process.arch}/posix-ipc.${libc()}.node`;
  step({
    name: 'prebuilt',
    title: `building ${binary} with prebuildify`,
    inputs: [...nativeSources, 'package-lock.json'],
    facts: toolchain,
    outputs: [binary],
    run: () => {
      fs.rmSync(path.join(root, 'prebuilds'), { recursive: true, force: true });
      const args = ['--napi', '--strip', '--tag-libc', `--target=${process.versions.node}`];
      command(
        process.execPath,
        [path.join(root, 'node_modules/prebuildify/bin.js'), ...args, `--out=${root}`],
        {
          cwd: copyOfNativeSources(),
          env: {
            ...cleanEnvironment(),
            PATH: `${path.join(root, 'node_modules/.bin')}:${process.env.PATH}`,
            JOBS: String(jobs()),
            ...(headers ? { npm_config_nodedir: headers } : {}),
          },
        },
      );
    },
  });
  return path.join(root, binary);
}

// prebuildify clears build/Release, which the tests use.
function copyOfNativeSources() {
  const copy = path.join(root, '.cache/prebuild');
  fs.rmSync(copy, { recursive: true, force: true });
  for (const source of nativeSources) {
    fs.cpSync(path.join(root, source), path.join(copy, source), { recursive: true });
  }
  // What prebuildify wants to know; a whole package.json in here would be taken for one of the package's own.
  const { name, version, binary } = require('../../package.json');
  fs.writeFileSync(path.join(copy, 'package.json'), JSON.stringify({ name, version, binary }));
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

const libc = () => (fs.existsSync('/etc/alpine-release') ? 'musl' : 'glibc');

function prepareTypeScript() {
  install();
  compileTypeScript();
}

function prepare() {
  install();
  compileNative();
  compileTypeScript();
}

function prepareBench() {
  prepare();
  compileBench();
}

module.exports = {
  buildPrebuilt,
  chaosFolder,
  install,
  prepare,
  prepareBench,
  prepareChaos,
  prepareTypeScript,
};
