import { rangeError } from '../errors.js';
import { checkInteger, checkOneOf, type OwnerOption } from '../options.js';
import { leastCapacity, manyReaders, manyWriters, mostCapacity, mostValue } from './layout.js';

/** How many may sit at one end at a time. */
export type Many = 'one' | 'many';

/** Of every kind of segment. */
export interface SegmentOptions {
  /** Permission bits, exactly: the umask takes none away. Who may use it may read and write it. 0o600. */
  mode?: number | undefined;
  /** Unlink it when this process ends in any way that can be caught, if this call has created it: false. */
  unlinkOnExit?: boolean | undefined;
}

export interface ChannelCreateOptions extends SegmentOptions {
  /** Bytes of messages, with 8 for each, that it holds: a power of two from 4 KiB to 1 GiB. 1 MiB. */
  capacity?: number | undefined;
  /** `'many'`: writers take turns, a message at a time. A second writer of `'one'` is `EBUSY`. `'one'`. */
  writers?: Many | undefined;
  /** `'many'`: each message goes to one of the readers. `'one'`. */
  readers?: Many | undefined;
}

export type ChannelOpenOptions = OwnerOption;

export interface ChannelOpenOrCreateOptions extends ChannelCreateOptions, ChannelOpenOptions {}

export interface LatestCreateOptions extends SegmentOptions {
  /** Bytes of the longest value: up to 256 MiB. The segment holds four. */
  size: number;
}

export interface LatestOpenOrCreateOptions extends LatestCreateOptions, OwnerOption {}

export interface BroadcastCreateOptions extends SegmentOptions {
  /** Bytes of messages, with 16 for each, that readers may be behind: a power of two from 4 KiB to 1 GiB. 1 MiB. */
  capacity?: number | undefined;
}

export interface BroadcastOpenOrCreateOptions extends BroadcastCreateOptions, OwnerOption {}

/** `'now'`: the first message that is sent from now on; `'last'`: the last one that was sent, if there is one. */
export type From = 'now' | 'last';

export interface BroadcastReaderOptions extends SideOptions {
  /** Where this reader begins: `'now'`. */
  from?: From | undefined;
}

export interface SideOptions {
  /** Goes on waiting when all of the other side have gone, for the next to come: false, then it is `EPIPE`. */
  persistent?: boolean | undefined;
}

export const createOptions = ['capacity', 'writers', 'readers', 'mode', 'unlinkOnExit'] as const;
export const openOptions = ['owner'] as const;
export const openOrCreateOptions = [...createOptions, ...openOptions] as const;
export const sideOptions = ['persistent'] as const;

export const latestCreateOptions = ['size', 'mode', 'unlinkOnExit'] as const;
export const latestOpenOrCreateOptions = [...latestCreateOptions, ...openOptions] as const;
export const broadcastCreateOptions = ['capacity', 'mode', 'unlinkOnExit'] as const;
export const broadcastOpenOrCreateOptions = [...broadcastCreateOptions, ...openOptions] as const;
export const broadcastReaderOptions = ['persistent', 'from'] as const;

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

export function checkSize(value: unknown): number {
  return checkInteger(value, 'size', 1, mostValue);
}
