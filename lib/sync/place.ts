import { refuseBusListeners } from '../bus-listeners.js';
import { argumentError, rangeError, type Subject } from '../errors.js';
import { promiseExitCleanup } from '../exit-cleanup.js';
import { Intent } from '../handle.js';
import { checkName, type Name } from '../name.js';
import { type NativeLock, type NativeLockConstructor, native } from '../native.js';
import {
  checkBoolean,
  checkInteger,
  checkMode,
  checkOptions,
  checkOwner,
  type OwnerOption,
  show,
} from '../options.js';
import { placeOf, SharedMemory } from '../posix/shared-memory.js';
import { blockAlignment, blockLength } from '../segment/block.js';

/**
 * Where a lock lies: by name, in a segment of its own in /dev/shm; or in a {@link SharedMemory}, at an offset that is a
 * multiple of 64, where it takes 4096 bytes.
 */
export type LockPlace = Name | { memory: SharedMemory; offset: number };

export interface LockCreateOptions {
  /** Permission bits of a named one, exactly: the umask takes none away. Who may use it may read and write it. 0o600. */
  mode?: number | undefined;
  /** Unlink a named one when this process ends in any way that can be caught, if this call has created it: false. */
  unlinkOnExit?: boolean | undefined;
}

/** Of a named one. */
export type LockOpenOptions = OwnerOption;

export interface LockOpenOrCreateOptions extends LockCreateOptions, LockOpenOptions {}

const known = {
  [Intent.create]: ['mode', 'unlinkOnExit'],
  [Intent.open]: ['owner'],
  [Intent.openOrCreate]: ['mode', 'unlinkOnExit', 'owner'],
} as const;

/** The options of a call that means `intent`, or none; `own` are those of its class. */
export function checkLockOptions<T extends object>(
  intent: Intent,
  options: T | undefined,
  ...own: (keyof T & string)[]
): Partial<T> {
  return checkOptions(options, [...known[intent], ...own] as (keyof T & string)[]);
}

/** What a lock has been given, and what it has found. */
export interface Obtained<T> {
  readonly native: T;
  readonly subject: Subject;
  readonly name: Name | undefined;
  readonly memory: SharedMemory | undefined;
  readonly created: boolean;
  /** The owner word of this seat. */
  readonly mine: number;
  /** The words of the block. */
  readonly words: Int32Array;
  /** The same for all handles of one lock. */
  readonly identity: string;
}

/** Options that were checked for their names, and a place that was not. */
export function obtain<T extends NativeLock>(
  make: NativeLockConstructor<T>,
  intent: Intent,
  at: LockPlace,
  options: Partial<LockOpenOrCreateOptions>,
  parties = 0,
): Obtained<T> {
  const place = check(at);
  const unlinkOnExit = checkBoolean(options.unlinkOnExit, 'unlinkOnExit', false);
  if (place.name === undefined) refuseNamedOptions(options);
  const mode = checkMode(options.mode);
  const owner = checkOwner(options.owner);
  const path = place.name ?? (place.memory as SharedMemory).name;
  const made = new make(intent, path, place.descriptor, place.offset, mode, owner, parties);
  refuseBusListeners();
  const [created, mine, start, inode] = native().answers as unknown as [number, number, number, number];
  if (unlinkOnExit && created === 1) {
    promiseExitCleanup(
      () => made.unlinkOnExit(),
      () => {
        made.close();
        SharedMemory.unlink(place.name as Name);
      },
    );
  }
  return {
    native: made,
    subject: place.subject,
    name: place.name,
    memory: place.memory,
    created: created === 1,
    mine,
    words: new Int32Array(made.buffer(), start, blockLength / 4),
    identity: `${inode}:${place.offset}`,
  };
}

interface CheckedPlace {
  readonly name: Name | undefined;
  readonly memory: SharedMemory | undefined;
  readonly descriptor: number;
  /** In the file. */
  readonly offset: number;
  readonly subject: Subject;
}

function check(at: LockPlace): CheckedPlace {
  if (typeof at === 'string') {
    return { name: checkName(at), memory: undefined, descriptor: -1, offset: 0, subject: { path: at } };
  }
  if (typeof at !== 'object' || at === null || !(at.memory instanceof SharedMemory)) {
    throw argumentError(
      'ERR_INVALID_ARG_TYPE',
      `\`at\`: expected a name such as '/lock', or { memory, offset } in a SharedMemory, got ${show(at)}`,
    );
  }
  checkOptions(at, ['memory', 'offset']);
  const { memory, offset } = at;
  checkInteger(offset, 'offset', 0, Math.max(0, memory.size - blockLength));
  const { descriptor, start } = placeOf(memory);
  if ((start + offset) % blockAlignment !== 0)
    throw rangeError(`\`offset\`: expected a multiple of ${blockAlignment}, got ${offset}`);
  if (memory.size < blockLength)
    throw rangeError(`\`memory\`: expected at least ${blockLength} bytes, got ${memory.size}`);
  return { name: undefined, memory, descriptor, offset: start + offset, subject: { path: memory.name } };
}

function refuseNamedOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const message = `\`${name}\` is of a named lock; this one has the rights of the memory it lies in`;
    throw argumentError('ERR_INVALID_ARG_VALUE', message);
  }
}
