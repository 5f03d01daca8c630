import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again; the watchdog of the test ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

/**
 * Until the main thread of a process has slept for a while without a wake: after its last word it can only be in the
 * call that blocks.
 */
export async function blocked(pid: number): Promise<void> {
  const look = () => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const wakes = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1];
    return /^State:\s+S/m.test(status) ? wakes : undefined;
  };
  let asleep = 0;
  let before = look();
  while (asleep < 5) {
    await sleep(4);
    const now = look();
    asleep = now !== undefined && now === before ? asleep + 1 : 0;
    before = now;
  }
}
