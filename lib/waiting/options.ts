import { argumentError } from '../errors.js';
import { checkOptions, checkTimeout, show, type WaitOptions } from '../options.js';

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

const waitOptions = ['timeout', 'signal'] as const;

const forEver: CheckedWait = { timeout: Number.POSITIVE_INFINITY, signal: undefined };

/** Options that have no other fields. */
export function checkWaiting(options: Wait | undefined): CheckedWait {
  return options === undefined ? forEver : checkWaitFields(checkOptions(options, waitOptions));
}

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
