'use strict';
const path = require('node:path');
require('./bootstrap/requirements.cjs').requireTools();
require('./bootstrap/steps.cjs').prepareBench();
require('./cmake-build.cjs').buildWithCmake('release', 'floors');
require('./bootstrap/run-job.cjs').runJob(
  process.execPath,
  [path.join(__dirname, '../dist-bench/main.js')].concat(process.argv.slice(2)),
);
