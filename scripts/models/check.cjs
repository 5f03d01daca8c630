'use strict';
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const { root } = require('../bootstrap/step.cjs');
const { readTrail } = require('./trail.cjs');

const call = promisify(execFile);
const big = { maxBuffer: 1 << 28 };

// A run of one model: spin writes a C program, pan, which visits every state. Answers with its figures, the violated
// assertion if there is one, and the steps that lead to it.
async function check({ model, flags, kind }) {
  const source = path.join(root, 'models', `${model}.pml`);
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'models-'));
  try {
    await call('spin', [...flags, '-a', source], { cwd });
    // NOREDUCE: partial order reduction gains little here, and without it `unless` and `timeout` raise no question.
    const ltl = kind === 'ltl';
    const mode = [
      ...(ltl ? ['-DNFAIR=6'] : ['-DSAFETY', '-DNOCLAIM']),
      ...(kind === 'large' ? ['-DCOLLAPSE'] : []),
    ];
    await call('gcc', ['-O2', '-w', '-DNOREDUCE', '-DMEMLIM=1000', ...mode, '-o', 'pan', 'pan.c'], { cwd });
    // -E: a process may end while it waits; at_rest() of the model judges whether it may.
    const { stdout } = await call('./pan', ['-E', '-m20000', '-w24', ...(ltl ? ['-a', '-f'] : [])], {
      cwd,
      ...big,
    });
    const result = readPan(stdout);
    const trail = path.join(cwd, `${model}.pml.trail`);
    if (fs.existsSync(trail)) {
      const replay = await call('spin', [...flags, '-t', '-p', '-g', '-k', trail, source], { cwd, ...big });
      result.trail = readTrail(replay.stdout);
    }
    return result;
  } catch (error) {
    return {
      complete: false,
      reason: `${error.message}\n${error.stdout ?? ''}`,
      states: 0,
      depth: 0,
      seconds: 0,
    };
  } finally {
    fs.rmSync(cwd, { recursive: true });
  }
}

// pan exits with 0 whatever it finds, and says "errors: 0" also when it ran out of memory or depth.
function readPan(output) {
  const number = (pattern) => Number(pattern.exec(output)?.[1] ?? 0);
  const wrong = /^pan:1: (.*) \(at depth \d+\)$/m.exec(output)?.[1];
  const unfinished = /out of memory|max search depth too small|Search not completed/.exec(output)?.[0];
  const counted = /errors: (\d+)/.exec(output);
  return {
    violated: wrong,
    complete: Boolean(counted) && (wrong !== undefined || (Number(counted[1]) === 0 && !unfinished)),
    reason: unfinished ?? 'pan gave no verdict',
    states: number(/([\d.e+]+) states, stored/),
    depth: number(/depth reached (\d+)/),
    seconds: number(/elapsed time ([\d.]+) seconds/),
  };
}

module.exports = { check };
