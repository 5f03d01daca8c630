import { refuseBusListeners } from './bus-listeners.js';
import { native } from './native.js';

/**
 * The guard of this process, with all its threads. The kernel raises SIGBUS where a page of a mapped file is touched that
 * is not there any more, because another process has made the object shorter, or for which there is no room. The guard
 * gives the handle zeros of its own instead, and its next call throws `ESTALE`. It is on from the first map on.
 */
export const guard = {
  get enabled(): boolean {
    return native().guard.enabled();
  },

  /** Guards every handle that is open, whenever it was opened. A listener for SIGBUS is removed, with a warning. */
  enable(): void {
    native().guard.enable();
    refuseBusListeners();
  },

  /**
   * Leaves SIGBUS to whoever had it before, for handles that are open too: a touch of what is not there ends the process
   * unless another handler knows better. Handles that were broken before stay so, and `ESTALE`.
   */
  disable(): void {
    native().guard.disable();
  },
};
