import { dirname } from 'node:path';
import { fileLocks } from './file-locks.js';
import { type Listing, list } from './list.js';
import { requireLinux } from './platform.js';
import { hidesProcesses } from './process.js';
import { survey } from './processes.js';
import type { ObjectRecord, PosixRecord } from './record.js';
import { type Facts, type Judged, judge } from './verdict.js';

export interface Verdicts extends Omit<Listing, 'objects'> {
  verdicts: Judged[];
}

export interface Leak extends Judged {
  verdict: 'orphan' | 'unclaimed';
  /** The shell command that takes it away. `undefined`: it is removed already, and goes with those that have it. */
  remove: string | undefined;
}

export interface Leaks extends Omit<Listing, 'objects'> {
  leaks: Leak[];
}

/**
 * Every object of `list()` with whether somebody still has it, and how that is known. What other PID namespaces do that
 * this one does not see, such as a container that shares /dev/shm, is known only of System V segments and of locks.
 */
export function verdicts(): Verdicts {
  requireLinux('verdicts');
  const before = list();
  const facts = factsAbout(before.objects);
  // What has gone while the processes were read is left out, and so is what has come.
  const known = new Set(before.objects.map(identity));
  const { objects, ...rest } = list();
  const remaining = objects.filter((object) => known.has(identity(object)));
  return { verdicts: remaining.map((object) => ({ object, ...judge(object, facts) })), ...rest };
}

/** What nobody has any more, `orphan` before `unclaimed`: the second may be wanted again, and nothing tells. */
export function leaks(): Leaks {
  requireLinux('leaks');
  const { verdicts: all, ...rest } = verdicts();
  const found = (verdict: Leak['verdict']) =>
    all
      .filter((judged) => judged.verdict === verdict)
      .map((judged) => ({ ...judged, verdict, remove: removal(judged.object) }));
  return { leaks: [...found('orphan'), ...found('unclaimed')], ...rest };
}

function factsAbout(objects: readonly ObjectRecord[]): Facts {
  const semaphores = new Map<string, PosixRecord[]>();
  for (const object of objects) {
    if (object.kind !== 'posix-sem') continue;
    const inode = `${object.dev} ${object.ino}`;
    semaphores.set(inode, [...(semaphores.get(inode) ?? []), object]);
  }
  return { semaphores, hidden: hidesProcesses(), survey: survey(objects), locks: readableLocks() };
}

function readableLocks(): Facts['locks'] {
  try {
    return fileLocks();
  } catch {
    return undefined;
  }
}

const identity = (object: ObjectRecord) =>
  'id' in object
    ? `${object.kind} ${object.id}`
    : `${object.kind} ${object.name} ${object.dev} ${object.ino}`;

function removal(object: ObjectRecord): string | undefined {
  switch (object.kind) {
    case 'sysv-shm':
      return object.removed ? undefined : `ipcrm -m ${object.id}`;
    case 'sysv-sem':
      return `ipcrm -s ${object.id}`;
    case 'sysv-msg':
      return `ipcrm -q ${object.id}`;
    default:
      return removalOfFile(object);
  }
}

function removalOfFile({ path, ino }: PosixRecord): string {
  // The bytes of such a name are not in the record, or cannot be pasted: its inode is exact.
  if (/[\p{Cc}\uFFFD]/u.test(path)) return `find ${dirname(path)} -maxdepth 1 -inum ${ino} -delete`;
  return `rm -- ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`;
}
