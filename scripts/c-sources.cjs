'use strict';
const { filesUnder } = require('./bootstrap/step.cjs');

const cSources = () =>
  ['native', 'test', 'bench'].flatMap(filesUnder).filter((file) => /\.(h|c|cc)$/.test(file));

module.exports = { cSources };
