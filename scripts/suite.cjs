'use strict';
const { spawn } = require('node:child_process');
const path = require('node:path');
const { root } = require('./bootstrap/step.cjs');

const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

// Runs the vitest suite with this Node and environment, shows it, and reads the counts off its last line.
function runSuite({ node = process.execPath, env = {} } = {}) {
  const child = spawn(node, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Programs that the tests start by name have to get the same Node.
    env: { ...process.env, PATH: `${path.dirname(node)}:${process.env.PATH}`, ...env },
  });
  let tail = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    tail = (tail + text).slice(-4096);
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const found = closing.exec(tail.trim().split('\n').pop());
      const [passed, failed, skipped] = found ? found.slice(1).map((n) => Number(n ?? 0)) : [0, 0, 0];
      resolve({ passed, failed: code === 0 ? failed : Math.max(1, failed), skipped });
    });
  });
}

// The last line of a job: the sum of its runs.
function finish(runs) {
  const sum = (key) => runs.reduce((total, run) => total + run[key], 0);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

module.exports = { finish, runSuite };
