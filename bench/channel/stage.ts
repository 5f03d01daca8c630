import { readSync, writeSync } from 'node:fs';
import { endWithParent } from '../native.js';

/** Milliseconds before anything is measured. */
export const warmUp = 300;

endWithParent();

/** Tells the benchmark that this process is ready, and waits until all are. */
export function takePlaces(): void {
  writeSync(1, 'ready\n');
  if (readSync(0, Buffer.alloc(1)) !== 1) process.exit(1);
}

/** What this process has measured: a part of what its run reports. */
export function report(measured: object): void {
  writeSync(1, `${JSON.stringify(measured)}\n`);
}
