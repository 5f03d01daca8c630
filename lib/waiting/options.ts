import { argumentError } from '../errors.js';
import { checkTimeout, show, type WaitOptions } from '../options.js';

/** How long a promise waits, and what ends it before. */
export interface Wait extends WaitOptions {
  /** Rejects with the signal's reason, untouched; unless the kernel had given the item before. */
  signal?: AbortSignal | undefined;
}

export interface CheckedWait {
  /** Milliseconds, `Infinity` for ever. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

const forEver: CheckedWait = { timeout: Number.POSITIVE_INFINITY, signal: undefined };

/** The two fields of options whose names were checked. */
export function checkWaitFields(options: Wait | undefined): CheckedWait {
  if (options === undefined) return forEver;
  const { signal } = options;
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`signal\`: expected an AbortSignal, got ${show(signal)}`);
  }
  return { timeout: checkTimeout(options.timeout), signal };
}

/** Of any realm. */
function isAbortSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}
