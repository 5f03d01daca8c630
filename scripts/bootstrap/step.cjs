'use strict';
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');

// Runs a step only if its inputs changed since it last succeeded, or an output is gone.
function step({ name, title, inputs, facts = [], outputs, run }) {
  const stamp = path.join(root, '.cache', 'stamps', name);
  const wanted = fingerprint(inputs, facts);
  const present = outputs.every((output) => fs.existsSync(path.join(root, output)));
  if (present && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return;

  fs.rmSync(stamp, { force: true });
  timed(title, run);
  fs.mkdirSync(path.dirname(stamp), { recursive: true });
  fs.writeFileSync(stamp, wanted);
}

function timed(title, run) {
  const start = Date.now();
  process.stderr.write(`${title} … `);
  const result = run();
  process.stderr.write(`${((Date.now() - start) / 1000).toFixed(1)} s\n`);
  return result;
}

// Quiet while all goes well; a command that fails shows all that it printed and ends this program.
function command(program, args, options = {}) {
  const done = attempt(program, args, options);
  if (done.ok) return done.output;
  process.stderr.write(`failed: ${program} ${args.join(' ')}\n${done.output}\n`);
  process.exit(1);
}

function attempt(program, args, options = {}) {
  const done = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  const output = done.error ? done.error.message : `${done.stdout}${done.stderr}`;
  return { ok: done.status === 0, output, stdout: done.stdout };
}

function fingerprint(inputs, facts) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(facts));
  for (const file of inputs.flatMap(filesUnder)) {
    hash.update(`\0${file}\0`);
    hash.update(fs.readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}

function filesUnder(place) {
  const full = path.join(root, place);
  if (!fs.existsSync(full)) return [];
  if (!fs.statSync(full).isDirectory()) return [place];
  return fs
    .readdirSync(full)
    .sort()
    .flatMap((name) => filesUnder(path.join(place, name)));
}

module.exports = { attempt, command, filesUnder, root, step, timed };
