import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeEach, expect } from 'vitest';
import { isOurKey, prefix } from './names.js';

type Kind = 'shm' | 'sem' | 'msg';
interface Row {
  kind: Kind;
  id: number;
  key: number;
  creator: number | undefined;
}

const ids = new Set<string>();

/** Tells the check of an object without a key of ours (IPC_PRIVATE, ftok). */
export function watchId(kind: Kind, id: number): number {
  ids.add(`${kind} ${id}`);
  return id;
}

/** In the tests of this file: what a test creates under our prefix, keys and ids has to be gone after it. */
export function leaveNothing(): void {
  beforeEach(({ onTestFinished }) => {
    const before = ours();
    // The first to be registered is the last to run: after what the test itself has registered.
    onTestFinished(() => {
      expect(
        ours().filter((object) => !before.includes(object)),
        'left behind',
      ).toEqual([]);
    });
  });
}

/** Whatever is in the kernel now under our prefix, keys and ids. */
export function ours(): string[] {
  const named = ['/dev/shm', '/dev/mqueue'].flatMap((folder) =>
    (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => name.replace(/^sem\./, '').startsWith(prefix))
      .map((name) => `${folder}/${name}`),
  );
  const numbered = (['shm', 'sem', 'msg'] as const)
    .flatMap(rows)
    .filter((row) => isOurKey(row.key) || row.creator === process.pid || ids.has(`${row.kind} ${row.id}`))
    .map((row) => `${row.kind} ${row.id}`);
  return [...named, ...numbered];
}

function rows(kind: Kind): Row[] {
  const [head, ...lines] = readFileSync(`/proc/sysvipc/${kind}`, 'utf8').trim().split('\n');
  const columns = head.trim().split(/\s+/);
  return lines.map((line) => {
    const values = line.trim().split(/\s+/).map(Number);
    const at = (name: string) => values[columns.indexOf(name)];
    return { kind, id: at(`${kind}id`), key: at('key'), creator: at('cpid') };
  });
}
