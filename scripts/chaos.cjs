'use strict';
require('./bootstrap/requirements.cjs').requireTools();
const path = require('node:path');
const { root } = require('./bootstrap/step.cjs');
const { runJob } = require('./bootstrap/run-job.cjs');
const { chaosFolder, prepareChaos } = require('./bootstrap/steps.cjs');

const args = process.argv.slice(2);
// By what they are found with.
const mistakesOf = {
  locks: ['publish_before_write', 'death_unreported', 'no_second_look'],
  channel: ['no_second_look', 'commit_before_write', 'no_last_look'],
  wide: ['latest_published_early', 'broadcast_published_early', 'no_intent', 'takeover_counts_on', 'no_ring'],
};
const only = args[args.indexOf('--only') + 1];
const made = mistakesOf[only] ?? Object.values(mistakesOf).flat();
const mistakes = args.includes('--broken') ? [...new Set(made)] : [];

prepareChaos(['none', ...mistakes]);
runJob(process.execPath, [path.join(root, 'dist-chaos/main.js'), ...args], {
  env: { ...process.env, CHAOS_VICTIMS: path.join(root, chaosFolder), CHAOS_MISTAKES: mistakes.join(' ') },
});
