import { argumentError } from '../errors.js';
import { native } from '../native.js';
import { checkInteger, show } from '../options.js';

/** The key of an object without one: it is found by its identifier only, for instance by a child that is told it. */
export const IPC_PRIVATE = 0;

/**
 * A key made of a file's inode and device and the low eight bits of `project`, 1 to 255: ftok(3). Two files may give
 * the same key; and a file that was deleted and made again gives another.
 */
export function ftok(path: string, project: number): number {
  if (typeof path !== 'string') {
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`path\`: expected a string, got ${show(path)}`);
  }
  if (path.includes('\0')) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `\`path\`: it has a NUL character, at which the system would cut it`,
    );
  }
  return native().ftok(path, checkInteger(project, 'project', 1, 255));
}

/** A key as `ipcs` prints it, without its sign. */
export function checkKey(key: unknown): number {
  return checkInteger(key, 'key', -(2 ** 31), 2 ** 32 - 1) >>> 0;
}

/** A key by which something can be found. */
export function checkOpenKey(key: unknown): number {
  const checked = checkKey(key);
  if (checked !== IPC_PRIVATE) return checked;
  throw argumentError('ERR_INVALID_ARG_VALUE', '`key`: IPC_PRIVATE leads to no object; use fromId(id)');
}
