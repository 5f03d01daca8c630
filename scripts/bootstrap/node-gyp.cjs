'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

// The headers that came with this Node, so that node-gyp need not download them; undefined where there are none.
function nodeDir() {
  const dir = path.join(path.dirname(process.execPath), '..');
  return fs.existsSync(path.join(dir, 'include/node/common.gypi')) ? dir : undefined;
}

// A build must not depend on what one user's npmrc says; only the way to the network is taken from there.
function cleanEnvironment() {
  const kept = /^npm_config_(https?_?proxy|proxy|noproxy|cafile|ca)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name)),
  );
}

// A compiler takes 150 MiB for node-addon-api: half a GiB for each leaves a 2 GiB machine room.
function jobs() {
  const perJob = 512 * 1024 ** 2;
  const memory = Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.max(1, Math.min(os.availableParallelism(), Math.floor(memory / perJob)));
}

module.exports = { cleanEnvironment, jobs, nodeDir };
