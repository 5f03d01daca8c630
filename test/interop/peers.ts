import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect } from 'vitest';
import { type Program, start } from '../helpers/program.js';
import { python, testWith } from '../helpers/tools.js';

export type Kind = 'posix-shm' | 'posix-sem' | 'posix-mq' | 'sysv-shm' | 'sysv-sem' | 'sysv-msg';
type KindInC = Kind | 'robust-mutex' | 'channel' | 'latest' | 'broadcast';

/** A program in another language; its first lines tell the roles that it knows. */
export interface Peer {
  readonly language: string;
  start(...args: (string | number)[]): Program;
  /** The lines it prints; it has to end well. */
  lines(...args: (string | number)[]): Promise<string[]>;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// Their own memory is not ours to sanitize; and no __pycache__ in the sources.
const env = { LD_PRELOAD: '', PYTHONDONTWRITEBYTECODE: '1' };

/** The tests of one kind, once with the program in C, compiled here, and once with the one in Python. */
export function withPeers(kind: Kind, define: (peer: Peer, test: ReturnType<typeof testWith>) => void): void {
  withPeerInC(kind, define);
  const command = () => [python, here(`python/${kind}.py`)];
  describe('with a program in Python', () => define(peer('Python', command), testWith('python3-sysv-ipc')));
}

/** Of what Python has no words for. */
export function withPeerInC(
  kind: KindInC,
  define: (peer: Peer, test: ReturnType<typeof testWith>) => void,
): void {
  describe('with a program in C', () =>
    define(
      peer('C', () => [compiled(kind)]),
      testWith('gcc'),
    ));
}

function peer(language: string, command: () => string[]): Peer {
  const begin: Peer['start'] = (...args) => {
    const [program, ...first] = command();
    return start(program, [...first, ...args.map(String)], { env });
  };
  const lines: Peer['lines'] = async (...args) => {
    const { code, signal, stdout, stderr } = await begin(...args).ended;
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    return stdout.split('\n').slice(0, -1);
  };
  return { language, start: begin, lines };
}

let folder: string | undefined;
const binaries = new Map<KindInC, string>();

/** gcc's program, compiled when it is first needed. */
function compiled(kind: KindInC): string {
  folder ??= mkdtempSync(join(tmpdir(), 'posix-ipc-interop-'));
  const binary = binaries.get(kind) ?? join(folder, kind);
  if (!binaries.has(kind)) {
    const options = [
      '-std=gnu11',
      '-D_GNU_SOURCE',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-O1',
      '-I',
      here('../../native/include'),
    ];
    execFileSync('gcc', [...options, '-o', binary, here(`c/${kind}.c`), '-lrt', '-pthread'], {
      env: { ...process.env, ...env },
    });
    binaries.set(kind, binary);
  }
  return binary;
}

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});
