import { readFileSync } from 'node:fs';
import { deviceNumber } from './device.js';

/** A range of bytes that somebody has locked with fcntl(2): only a process that has the file open can. */
export interface FileLock {
  dev: number;
  ino: number;
  first: number;
  last: number;
}

/**
 * All locks of bytes. The locks of open file descriptions, which ours are, show in every PID namespace; those of processes
 * only in theirs.
 */
export function fileLocks(): FileLock[] {
  // The kernel gives the list in parts, and may pass one over when another in front of it goes in between.
  return [...new Set([...ranges(), ...ranges()])].map(parse);
}

// proc_locks(5): `7: OFDLCK ADVISORY  WRITE -1 00:1b:1234 1 1`; one that waits has `->` behind its number.
const lockLine = /^\d+: (?:POSIX|OFDLCK) +\S+ +\S+ +-?\d+ ([0-9a-f]+:[0-9a-f]+:\d+ \d+ (?:\d+|EOF))$/gm;

const ranges = () => [...readFileSync('/proc/locks', 'utf8').matchAll(lockLine)].map(([, range]) => range);

function parse(range: string): FileLock {
  const [file, first, last] = range.split(' ');
  const [major, minor, ino] = file.split(':');
  return {
    dev: deviceNumber(`${major}:${minor}`, 16),
    ino: Number(ino),
    first: Number(first),
    last: last === 'EOF' ? Number.POSITIVE_INFINITY : Number(last),
  };
}
