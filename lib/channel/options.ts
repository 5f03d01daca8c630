import { rangeError } from '../errors.js';
import { checkInteger, checkOneOf, type OwnerOption } from '../options.js';
import { leastCapacity, manyReaders, manyWriters, mostCapacity } from './layout.js';

/** How many may sit at one end at a time. */
export type Many = 'one' | 'many';

export interface ChannelCreateOptions {
  /** Bytes of messages, with 8 for each, that it holds: a power of two from 4 KiB to 1 GiB. 1 MiB. */
  capacity?: number | undefined;
  /** `'many'`: writers take turns, a message at a time. A second writer of `'one'` is `EBUSY`. `'one'`. */
  writers?: Many | undefined;
  /** `'many'`: each message goes to one of the readers. `'one'`. */
  readers?: Many | undefined;
  /** Permission bits, exactly: the umask takes none away. Who may use it may read and write it. 0o600. */
  mode?: number | undefined;
  /** Unlink it when this process ends in any way that can be caught, if this call has created it: false. */
  unlinkOnExit?: boolean | undefined;
}

export type ChannelOpenOptions = OwnerOption;

export interface ChannelOpenOrCreateOptions extends ChannelCreateOptions, ChannelOpenOptions {}

export interface SideOptions {
  /** Goes on waiting when all of the other side have gone, for the next to come: false, then it is `EPIPE`. */
  persistent?: boolean | undefined;
}

export const createOptions = ['capacity', 'writers', 'readers', 'mode', 'unlinkOnExit'] as const;
export const openOptions = ['owner'] as const;
export const openOrCreateOptions = [...createOptions, ...openOptions] as const;
export const sideOptions = ['persistent'] as const;

const defaultCapacity = 2 ** 20;

export function checkCapacity(value: unknown): number {
  if (value === undefined) return defaultCapacity;
  const capacity = checkInteger(value, 'capacity', leastCapacity, mostCapacity);
  const log = Math.log2(capacity);
  if (Number.isInteger(log)) return capacity;
  const [below, above] = [2 ** Math.floor(log), 2 ** Math.ceil(log)];
  throw rangeError(`\`capacity\`: expected a power of two, such as ${below} or ${above}, got ${capacity}`);
}

export function checkFlags({ writers, readers }: ChannelCreateOptions): number {
  const many = (value: unknown, name: string) =>
    checkOneOf<Many>(value ?? 'one', name, ['one', 'many']) === 'many';
  return (many(writers, 'writers') ? manyWriters : 0) | (many(readers, 'readers') ? manyReaders : 0);
}
