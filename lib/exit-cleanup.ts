import { isMainThread } from 'node:worker_threads';
import { native } from './native.js';

let listening = false;

/**
 * Makes the promise of `unlinkOnExit` or `removeOnExit`; where it cannot be made, what was created is undone.
 * While JavaScript listens for a signal, libuv has its handler there; when the last listener leaves, ours goes back.
 */
export function promiseExitCleanup(promise: () => void, undo: () => void): void {
  try {
    promise();
  } catch (error) {
    undo();
    throw error;
  }
  if (listening || !isMainThread) return;
  listening = true;
  process.on('removeListener', (event) => {
    // After Node's own listener of this event, which takes libuv's handler away.
    if (String(event).startsWith('SIG')) process.nextTick(() => native().armExitCleanup());
  });
}
