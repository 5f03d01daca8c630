'use strict';
const { command } = require('./bootstrap/step.cjs');
const { cSources } = require('./c-sources.cjs');

const sources = cSources();
if (sources.length > 0) command(process.execPath, ['node_modules/clang-format/index.js', '-i', ...sources]);
// Last, since it fails where a rule of the linter is broken that only a person can mend.
command(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'check', '--write']);
