'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { root } = require('../bootstrap/step.cjs');

const models = path.join(root, 'models');

const step = /^ *(\d+):\tproc +(\d+) \(([^):]*).*?\) (\S+):(\d+) \(state \d+\)\t\[(.*)\]$/;
const value = /^\t\t(\S+) = (\S+)$/;

const sources = new Map();
function sourceLine(file, number) {
  if (!sources.has(file)) sources.set(file, fs.readFileSync(file, 'utf8').split('\n'));
  return sources.get(file)[number - 1] ?? '';
}

// The sync point that a line bears at its end, as in `word = 0;   /* [mutex.unlocked] */`.
const pointOf = (line) => /\/\* (\[[a-z.,[\] -]+\])/.exec(line)?.[1] ?? '';

// Books that spin keeps of its own loops, and bookkeeping of ours, say nothing about the protocol.
const isDull = (statement) =>
  /^(DO|IF|sub-sequence|else|break|\.\(goto\)|goto .*|1|\(1\)|[ikpr] = .*)$/.test(statement);

// spin's replay (`spin -t -p -g`) as a table: the step, who took it, its sync point, the statement, and what it changed.
function readTrail(text) {
  const now = new Map();
  const rows = [];
  let row = null;
  for (const line of text.split('\n')) {
    const found = step.exec(line);
    if (found) {
      const [, number, pid, name, file, at, statement] = found;
      const point = pointOf(sourceLine(file, Number(at)));
      row = {
        number,
        who: `${name} ${pid}`,
        where: `${path.relative(models, file)}:${at}`,
        point,
        statement,
        changed: [],
      };
      rows.push(row);
      continue;
    }
    const global = value.exec(line);
    if (!global || !row || (now.get(global[1]) ?? '0') === global[2]) continue;
    row.changed.push(`${global[1]} = ${global[2]}`);
    now.set(global[1], global[2]);
  }
  // Of what is one step to the others, its first statement and those that change something.
  const starts = (at) => rows[at].number !== rows[at - 1]?.number;
  return rows
    .filter((one, at) => one.changed.length > 0 || (!isDull(one.statement) && (one.point || starts(at))))
    .map(format);
}

const format = ({ number, who, where, point, statement, changed }) =>
  [
    number.padStart(5),
    who.padEnd(12),
    where.padEnd(21),
    point.padEnd(19),
    statement.slice(0, 60).padEnd(60),
    changed.join(', '),
  ]
    .join(' ')
    .trimEnd();

module.exports = { readTrail };
