import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';

/** The numbers of the signals that the program listens for, which end a blocking call; none: `undefined`. */
export function listenedSignals(): Uint8Array | undefined {
  // Only the main thread's listeners are called.
  if (!isMainThread) return undefined;
  const numbers = process
    .eventNames()
    .map((event) => (constants.signals as Record<string, number>)[String(event)])
    .filter((number) => number !== undefined);
  return numbers.length === 0 ? undefined : Uint8Array.from(numbers);
}
