'use strict';
const { attempt, timed } = require('./bootstrap/step.cjs');
const { cSources } = require('./c-sources.cjs');

const node =
  (script, ...args) =>
  () =>
    attempt(process.execPath, [`node_modules/${script}`, ...args]);

const typesOf = (project) => node('typescript/bin/tsc', '--project', project, '--pretty', 'false');

const checks = [
  ['format and lint of TypeScript', node('@biomejs/biome/bin/biome', 'check', '--error-on-warnings')],
  ['format of C++', () => formatOfC()],
  ['types of tests', typesOf('tsconfig.check.json')],
  ['types of fixtures', typesOf('tsconfig.fixtures.json')],
  ['package.json', node('publint/src/cli.js', '--strict', '--pack=false')],
];

function formatOfC() {
  const sources = cSources();
  if (sources.length === 0) return { ok: true, output: '' };
  return attempt(process.execPath, [
    'node_modules/clang-format/index.js',
    '--dry-run',
    '--Werror',
    ...sources,
  ]);
}

// All of them, so that one run tells everything; the tests follow only when they all pass.
function runChecks() {
  let failed = 0;
  for (const [title, check] of checks) {
    const done = timed(`checking ${title}`, check);
    if (done.ok) continue;
    failed += 1;
    process.stderr.write(`${done.output}\n`);
  }
  if (failed === 0) return;
  console.error('`npm run format` puts formats right.');
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  process.exit(1);
}

module.exports = { runChecks };
