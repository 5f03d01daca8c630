'use strict';
const { spawnSync } = require('node:child_process');
const os = require('node:os');
const { check } = require('./models/check.cjs');
const { finish } = require('./suite.cjs');
const models = require('../models/runs.cjs');

const help = `npm run models [-- [model…] [--trails]]

Runs the Promela models of locks and channels with spin: ${Object.keys(models).join(', ')}.
Each has to hold in every setting, and each broken variant has to be found.

  --trails   also print the steps that lead to the fault of each broken variant
  --help     this text`;

const flagsOf = (settings) =>
  settings
    .split(' ')
    .filter(Boolean)
    .map((one) => `-D${one}`);

function runsOf(model) {
  const { holds, broken } = models[model];
  return [
    ...holds.map(([title, settings, kind]) => ({
      model,
      title: kind === 'ltl' ? `${title}, ltl` : title,
      flags: flagsOf(settings),
      kind,
    })),
    ...broken.map(([variant, settings, by, kind]) => {
      const flags = [...flagsOf(settings), `-DBROKEN_${variant}`];
      return { model, title: `broken: ${variant}`, flags, by, kind };
    }),
  ];
}

function verdict({ by }, { complete, reason, violated }) {
  if (!complete) return { good: false, text: `NO VERDICT: ${reason}` };
  if (by === undefined)
    return violated ? { good: false, text: `FAILS: ${violated}` } : { good: true, text: 'holds' };
  if (violated === undefined) return { good: false, text: 'NOT FOUND' };
  return violated.includes(by)
    ? { good: true, text: 'found as it must' }
    : { good: false, text: `FOUND FOR ANOTHER REASON: ${violated}` };
}

async function runOne(run, showTrails) {
  const result = await check(run);
  const { good, text } = verdict(run, result);
  const figures = [
    run.model.padEnd(10),
    run.title.padEnd(46),
    `${result.states} states`.padStart(16),
    `depth ${result.depth}`.padStart(10),
    `${result.seconds.toFixed(1)} s`.padStart(7),
  ];
  console.log(`${figures.join(' ')}  ${text}`);
  if (result.trail && (showTrails || !good)) console.log(`${result.trail.join('\n')}\n${result.violated}\n`);
  return { passed: Number(good), failed: Number(!good), skipped: 0 };
}

async function main(args) {
  if (args.includes('--help')) return console.log(help);
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = [
    ...names.filter((name) => !models[name]),
    ...args.filter((arg) => /^--(?!trails$)/.test(arg)),
  ];
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(' ')}\n\n${help}`);
    process.exitCode = 2;
    return;
  }
  if (spawnSync('spin', ['-V']).error) {
    console.error(
      'spin is not installed: `npm run setup:tools` installs it (Debian and Ubuntu: package spin).',
    );
    process.exitCode = 1;
    return;
  }

  const waiting = (names.length > 0 ? names : Object.keys(models)).flatMap(runsOf);
  const done = [];
  const worker = async () => {
    for (let run = waiting.shift(); run; run = waiting.shift())
      done.push(await runOne(run, args.includes('--trails')));
  };
  await Promise.all(Array.from({ length: Math.min(4, os.availableParallelism()) }, worker));
  finish(done);
}

main(process.argv.slice(2));
