'use strict';
require('./bootstrap/requirements.cjs').requireTools();
require('./bootstrap/steps.cjs').prepare();
require('./bootstrap/run-job.cjs').runJob(
  process.execPath,
  [require('path').join(__dirname, '../dist/cli/demo/main.js')].concat(process.argv.slice(2))
);
