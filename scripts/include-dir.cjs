'use strict';
// Prints where node-addon-api's headers are: the installed package, or the copy that the tarball carries.
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const places = ['node_modules/node-addon-api', 'vendor/node-addon-api'];
const found = places.find((place) => fs.existsSync(path.join(root, place, 'napi.h')));
if (!found) {
  console.error("node-addon-api's headers are missing: run npm install");
  process.exit(1);
}
console.log(found);
