import { readFileSync, statSync } from 'node:fs';
import { deviceNumber } from './device.js';
import { common, type Entry, head, regularFiles } from './posix-file.js';
import type { PosixMessageQueueRecord } from './record.js';

/** Where this process sees the queue file system; it need not be mounted, nor at /dev/mqueue. */
export function mqueueMount(): string | undefined {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(mount)
    .find((found) => found?.type === 'mqueue' && found.root === '/' && isVisible(found))?.path;
}

export function queues(folder: string): PosixMessageQueueRecord[] {
  return regularFiles(folder).map((file) => ({
    kind: 'posix-mq',
    ...common(file.name, file),
    ...state(file),
  }));
}

interface Mount {
  device: number;
  root: string;
  path: string;
  type: string;
}

// proc_pid_mountinfo(5): `36 35 98:0 /root /mount options … - type source options`
function mount(line: string): Mount | undefined {
  const [place, system] = line.split(' - ');
  if (system === undefined) return undefined;
  const [, , device, root, path] = place.split(' ');
  return { device: deviceNumber(device, 10), root, path: unescaped(path), type: system.split(' ')[0] };
}

// Spaces and the like in a path are three octal digits there.
const unescaped = (path: string) =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

// A later mount may cover the folder, and then shows its own files there.
function isVisible({ device, path }: Mount): boolean {
  try {
    return statSync(path).dev === device;
  } catch {
    return false;
  }
}

// mq_overview(7): `QSIZE:129  NOTIFY:2  SIGNO:0  NOTIFY_PID:8260`
function state({ path }: Entry): { bytes: number | undefined; notifies: number | undefined } {
  const text = head(path, 128)?.toString() ?? '';
  const field = (name: string) => {
    const value = new RegExp(`\\b${name}:(\\d+)`).exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  return { bytes: field('QSIZE'), notifies: field('NOTIFY_PID') };
}
