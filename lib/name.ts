import { argumentError } from './errors.js';
import { show } from './options.js';

/** The name of a POSIX object: a slash, then one to 255 bytes without a slash; see shm_overview(7), mq_overview(7). */
export type Name = string;

/** Its form; the length is the kernel's to judge (`ENAMETOOLONG`). */
export function checkName(name: unknown): Name {
  if (typeof name !== 'string') {
    throw argumentError(
      'ERR_INVALID_ARG_TYPE',
      `\`name\`: expected a string such as '/ring', got ${show(name)}`,
    );
  }
  const fault = faultOf(name);
  if (fault !== undefined) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `\`name\`: expected a form such as '/ring', got ${show(name)}: ${fault}`,
    );
  }
  return name;
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (!name.startsWith('/')) return 'it has to begin with a slash';
  if (name === '/') return 'nothing follows the slash';
  if (name.includes('/', 1)) return 'only the first character may be a slash';
  if (name.includes('\0')) return 'it has a NUL character, at which the system would cut it';
  if (name === '/.' || name === '/..') return 'this is a directory';
  return undefined;
}
