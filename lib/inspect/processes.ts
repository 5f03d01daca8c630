import { argumentError } from '../errors.js';
import { checkInteger, checkOneOf, show } from '../options.js';
import { requireLinux } from './platform.js';
import {
  type Access,
  command,
  descriptors,
  holdsNothing,
  ipcNamespace,
  mappings,
  pids,
  type Use,
  union,
} from './process.js';
import type { ObjectKind } from './record.js';

/** A POSIX object by its inode, as its `stat()` and its record tell it, or a System V one by kind and id. */
export type ObjectIdentity =
  | { kind?: ObjectKind; dev: number | undefined; ino: number | undefined }
  | { kind: 'sysv-shm' | 'sysv-sem' | 'sysv-msg'; id: number };

export interface ObjectUser {
  pid: number;
  /** How the process was called, arguments included. */
  command: string;
  how: 'map' | 'descriptor';
  /** What the process can do to the object. A private mapping reads it: what is written there stays there. */
  access: Access;
}

export interface ObjectUsers {
  users: ObjectUser[];
  /** Processes that this one may not look into. They may use it too. */
  unreadable: number;
  /** False where nothing in the kernel says who uses it: nobody holds a System V semaphore set or queue open. */
  known: boolean;
}

/** Which processes have an object mapped or open. Found by inode: a name may by now mean another object. */
export function processes(object: ObjectIdentity): ObjectUsers {
  requireLinux('processes');
  const search = searchFor(object);
  if (search === undefined) return { users: [], unreadable: 0, known: false };

  const users: ObjectUser[] = [];
  let unreadable = 0;
  for (const pid of pids()) {
    try {
      users.push(...usersIn(pid, search(pid)));
    } catch (error) {
      if (isRefusal(error) && !isHarmless(pid)) unreadable += 1;
    }
  }
  return { users, unreadable, known: true };
}

const sysvKinds = ['sysv-shm', 'sysv-sem', 'sysv-msg'] as const;
type Search = (pid: number) => Use[];

function searchFor(object: ObjectIdentity): Search | undefined {
  if (typeof object !== 'object' || object === null || !('id' in object || 'ino' in object)) {
    const expected = 'expected a record of list(), the stat() of a POSIX object, or { kind, id }';
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`object\`: ${expected}, got ${show(object)}`);
  }
  if (!('id' in object)) return posix(object);
  checkInteger(object.id, 'id', 0);
  return checkOneOf(object.kind, 'kind', sysvKinds) === 'sysv-shm' ? segment(object.id) : undefined;
}

function posix({ dev, ino }: { dev: number | undefined; ino: number | undefined }): Search | undefined {
  if (dev === undefined || ino === undefined) return undefined;
  return (pid) => [...mappings(pid), ...descriptors(pid)].filter((use) => use.dev === dev && use.ino === ino);
}

// A segment is mapped as `/SYSV<key> (deleted)` with its id for an inode; each IPC namespace counts its own ids.
function segment(id: number): Search {
  const namespace = ipcNamespace('self');
  return (pid) => {
    const found = mappings(pid).filter((use) => use.ino === id && use.path.startsWith('/SYSV'));
    return found.length > 0 && ipcNamespace(pid) === namespace ? found : [];
  };
}

// One user for all maps of a process, one for all its descriptors.
function usersIn(pid: number, uses: Use[]): ObjectUser[] {
  const users: ObjectUser[] = [];
  for (const { how, access } of uses) {
    const known = users.find((user) => user.how === how);
    if (known) known.access = union(known.access, access);
    else users.push({ pid, command: command(pid), how, access });
  }
  return users;
}

function isRefusal(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code !== 'ENOENT' && code !== 'ESRCH'; // these: it has ended while it was read
}

// Others' kernel threads and zombies refuse us too, but there is nothing in them to see.
function isHarmless(pid: number): boolean {
  try {
    return holdsNothing(pid);
  } catch {
    return true;
  }
}
