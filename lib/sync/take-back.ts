import { IpcError } from '../errors.js';

/**
 * Takes back what a wait had begun. A refusal (a peer has spoilt the block) is left out: there is nobody to tell, since
 * whoever waited learns why its wait has ended, and in a timer it would end the process. The next call is refused too.
 */
export function takeBack(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof IpcError)) throw error;
  }
}
