import { argumentError } from '../errors.js';
import { show } from '../options.js';

/** Sets right what a dead owner left, before the lock is handed over. Not asynchronous. */
export type Recover = () => void;

export interface RecoverOption {
  /**
   * Called when the last owner died, by whoever gets the lock next, before it gets it. When it returns, all is in order;
   * what it throws refuses the lock, and the next one is told of the death again.
   */
  recover?: Recover | undefined;
}

export function checkRecover(value: unknown): Recover | undefined {
  if (value === undefined || typeof value === 'function') return value as Recover | undefined;
  throw argumentError('ERR_INVALID_ARG_TYPE', `\`recover\`: expected a function, got ${show(value)}`);
}

/** Runs it with the lock held. */
export function runRecover(recover: Recover, lock: { makeConsistent(): void; abandon(): void }): void {
  try {
    const answer: unknown = recover();
    if (typeof (answer as PromiseLike<unknown> | undefined)?.then === 'function') {
      const message = '`recover`: expected a function that is done when it returns, got an asynchronous one';
      throw argumentError('ERR_INVALID_ARG_VALUE', message);
    }
  } catch (error) {
    lock.abandon();
    throw error;
  }
  lock.makeConsistent();
}
