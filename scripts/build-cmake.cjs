'use strict';
const { buildWithCmake } = require('./cmake-build.cjs');
const { install } = require('./bootstrap/steps.cjs');

install();
buildWithCmake(process.argv[2] ?? 'release');
