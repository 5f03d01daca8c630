import { channel } from 'node:diagnostics_channel';
import type { Subject } from '../errors.js';

/** What the two channels publish: a wait that found nothing at once, and its end. */
export interface WaitEvent extends Subject {
  /** The method: `receive`, `wait`, … */
  readonly operation: string;
  /** At the end: why it was not successful. */
  readonly error?: unknown;
}

/** Names of diagnostics_channel. */
export const waitStart = channel('posix-ipc:wait:start');
export const waitEnd = channel('posix-ipc:wait:end');
