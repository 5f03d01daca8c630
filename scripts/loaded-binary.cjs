'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { command, root } = require('./bootstrap/step.cjs');

const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');

// What a process has loaded is what the kernel says it has mapped.
const program = `
  const { SharedMemory } = await import('posix-ipc');
  try { SharedMemory.open('/posix-ipc-loaded-binary'); } catch {}
  const maps = (await import('node:fs')).readFileSync('/proc/self/maps', 'utf8');
  console.log([...new Set(maps.match(/\\/.*\\.node$/gm))].join('\\n'));
`;

// Names the addon that posix-ipc loads under this Node and environment; ends the run unless it is the expected one.
function loadedBinary({ node = process.execPath, env = {}, expected }) {
  const args = ['--input-type=module', '--eval', program];
  const loaded = command(node, args, { cwd: root, env: { ...process.env, ...env } }).trim();
  console.log(`loaded ${loaded}\nsha256 ${sha256(loaded)}`);
  if (fs.realpathSync(expected) === loaded) return;
  console.error(`but ${expected} was meant`);
  process.exit(1);
}

module.exports = { loadedBinary, sha256 };
