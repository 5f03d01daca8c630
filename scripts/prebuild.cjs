'use strict';
const { buildPrebuilt, install } = require('./bootstrap/steps.cjs');
const { sha256 } = require('./loaded-binary.cjs');

install();
const binary = buildPrebuilt();
console.log(`${binary}\nsha256 ${sha256(binary)}`);
