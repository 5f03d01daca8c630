'use strict';
const { filesUnder } = require('./bootstrap/step.cjs');

const cSources = () =>
  ['native', 'test', 'bench', 'examples'].flatMap(filesUnder).filter((file) => /\.(h|c|cc)$/.test(file));

module.exports = { cSources };
