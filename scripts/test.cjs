'use strict';
require('./bootstrap/requirements.cjs').requireTools();
require('./bootstrap/steps.cjs').prepare();

var filter = process.argv.slice(2);
// With a filter one wants the answer of that test, not of the formatter.
if (filter.length === 0) require('./checks.cjs').runChecks();
require('./bootstrap/run-job.cjs').runJob(
  process.execPath,
  [require('path').join(__dirname, '../node_modules/vitest/vitest.mjs'), 'run'].concat(filter)
);
