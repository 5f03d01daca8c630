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
  checkIdentity(object);
  const { usersOf, unreadable } = survey([object]);
  const users = usersOf(object);
  return users === undefined
    ? { users: [], unreadable: 0, known: false }
    : { users, unreadable, known: true };
}

export interface Survey {
  /** `undefined`: nothing in the kernel says who uses this object. */
  usersOf(object: ObjectIdentity): ObjectUser[] | undefined;
  unreadable: number;
}

/** One look at every process, for any number of objects. */
export function survey(objects: readonly ObjectIdentity[]): Survey {
  const found = new Map<string, ObjectUser[]>();
  for (const key of objects.map(keyOf)) if (key !== undefined) found.set(key, []);

  let unreadable = 0;
  for (const pid of found.size === 0 ? [] : pids()) {
    try {
      for (const [key, uses] of wanted(pid, found)) found.get(key)?.push(...usersIn(pid, uses));
    } catch (error) {
      if (isRefusal(error) && !isHarmless(pid)) unreadable += 1;
    }
  }
  return { usersOf: (object) => found.get(keyOf(object) ?? ''), unreadable };
}

export const describeUser = ({ pid, command, how, access }: ObjectUser): string =>
  `process ${pid} (${command}) has it ${how === 'map' ? 'mapped' : 'open'}: ${access}`;

const sysvKinds = ['sysv-shm', 'sysv-sem', 'sysv-msg'] as const;

function checkIdentity(object: ObjectIdentity): void {
  if (typeof object !== 'object' || object === null || !('id' in object || 'ino' in object)) {
    const expected = 'expected a record of list(), the stat() of a POSIX object, or { kind, id }';
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`object\`: ${expected}, got ${show(object)}`);
  }
  if (!('id' in object)) return;
  checkInteger(object.id, 'id', 0);
  checkOneOf(object.kind, 'kind', sysvKinds);
}

function keyOf(object: ObjectIdentity): string | undefined {
  if ('id' in object) return object.kind === 'sysv-shm' ? segmentKey(object.id) : undefined;
  const { dev, ino } = object;
  return dev === undefined || ino === undefined ? undefined : inodeKey(dev, ino);
}

const inodeKey = (dev: number, ino: number) => `${dev} ${ino}`;
const segmentKey = (id: number) => `segment ${id}`;

/** Those uses of a process that are looked for, by their keys. */
function wanted(pid: number, keys: ReadonlyMap<string, unknown>): Map<string, Use[]> {
  const found = new Map<string, Use[]>();
  for (const use of [...mappings(pid), ...descriptors(pid)]) {
    // A segment is mapped as `/SYSV<key> (deleted)` with its id for an inode.
    const isSegment = use.how === 'map' && use.path.startsWith('/SYSV');
    const key = isSegment ? segmentKey(use.ino) : inodeKey(use.dev, use.ino);
    if (!keys.has(key) || (isSegment && !isOfOurs(pid))) continue;
    found.set(key, [...(found.get(key) ?? []), use]);
  }
  return found;
}

/** Whether a process counts segments as this one does: each IPC namespace has its own ids. */
const isOfOurs = (pid: number) => ipcNamespace(pid) === ipcNamespace('self');

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
  } catch (error) {
    return !isRefusal(error);
  }
}
