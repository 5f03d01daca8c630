'use strict';
const { command } = require('./bootstrap/step.cjs');
const { cSources } = require('./c-sources.cjs');

command(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'check', '--write']);
const sources = cSources();
if (sources.length > 0) command(process.execPath, ['node_modules/clang-format/index.js', '-i', ...sources]);
