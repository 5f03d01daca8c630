import { isMainThread } from 'node:worker_threads';
import type { NativeGuard } from './native.js';

let guard: NativeGuard | undefined;

/**
 * Watches for listeners of SIGBUS, which take the signal away from the guard. Node calls them later, from the event
 * loop; the instruction that faulted runs again at once, faults again, and the process is busy with that for ever.
 */
export function watchBusListeners(native: NativeGuard): void {
  // In a worker they are never called, and the signal stays where it is.
  if (!isMainThread || guard !== undefined) return;
  guard = native;
  process.on('newListener', (event) => {
    // Node has its handler in place by now, but the listener comes only when this has returned.
    if (event === 'SIGBUS' && native.installAgain()) process.nextTick(refuseBusListeners);
  });
  process.on('removeListener', (event) => {
    if (event === 'SIGBUS') native.installAgain();
  });
}

/** After everything that maps a file: takes listeners of SIGBUS away, with a warning, unless the guard is off. */
export function refuseBusListeners(): void {
  if (guard === undefined || process.listenerCount('SIGBUS') === 0 || !guard.installAgain()) return;
  process.removeAllListeners('SIGBUS');
  process.emitWarning('A listener for SIGBUS was removed: it would make Node run for ever at a fault', {
    code: 'POSIX_IPC_SIGBUS_LISTENER',
    detail: 'posix-ipc guards shared memory by this signal; guard.disable() turns that off.',
  });
}
