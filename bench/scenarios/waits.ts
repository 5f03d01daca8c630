import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Noticed } from '../waits/service.js';

/** How many handles, a quarter of each kind, and how many waits each. */
export const loads = [
  { title: 'nothing waits', handles: 0, waits: 0 },
  { title: '64 waits of each kind', handles: 256, waits: 1 },
  { title: '1,000 handles, 10,000 waits', handles: 1000, waits: 10 },
] as const;

export function measureLoad({ handles, waits }: (typeof loads)[number]): Noticed {
  const service = join(import.meta.dirname, '../waits/service.js');
  return JSON.parse(
    execFileSync(process.execPath, [service, String(handles), String(waits)], { encoding: 'utf8' }),
  );
}
