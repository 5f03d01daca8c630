import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Channel, SharedMemory } from 'posix-ipc';
import { afterAll, expect } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name, segment } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, run, start } from '../helpers/program.js';
import { stress } from '../helpers/stress.js';
import { testWith } from '../helpers/tools.js';

// Node's decoder of UTF-8 measures first and converts afterwards: it does not survive text that changes in between.
leaveNothing();

/** Longer with POSIX_IPC_STRESS=30, say: a minute of rewriting. Texts in structs: test/struct. */
const milliseconds = 2000 * stress;
const capacity = 16_384;
/** Of a channel that holds one message of this length: where it lies. */
const inChannel = { start: 8192 + 8, length: capacity - 8 };
const inMemory = { start: 0, length: capacity };

const memory = () => closing(SharedMemory.create(name(), { size: capacity })).name;
const channel = () => closing(Channel.create(name(), { capacity })).name;
const ways = {
  SharedMemory: { kind: 'shm', make: memory, ...inMemory },
  'SharedMemory, read-only': { kind: 'shm', make: memory, ...inMemory },
  Attachment: { kind: 'sysv', make: () => segment(capacity).id, ...inMemory },
  'Attachment, read-only': { kind: 'sysv', make: () => segment(capacity).id, ...inMemory },
  Lease: { kind: 'shm', make: channel, ...inChannel },
  ChannelReader: { kind: 'shm', make: channel, ...inChannel },
};

let folder: string | undefined;
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

// Neither a compiler nor the peer is ours to sanitize.
const env = { LD_PRELOAD: '' };

function compiled(): string {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'posix-ipc-security-'));
    const source = fileURLToPath(new URL('c/rewrite.c', import.meta.url));
    const options = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O1'];
    execFileSync('gcc', [...options, '-o', join(folder, 'rewrite'), source, '-lrt'], {
      env: { ...process.env, ...env },
    });
  }
  return join(folder, 'rewrite');
}

for (const [way, { kind, make, start: at, length }] of Object.entries(ways)) {
  testWith('gcc')(
    `text that a peer rewrites while it is read ends no process: ${way}`,
    async () => {
      const place = [String(make()), String(at), String(length)];
      const watchdog = { timeout: milliseconds + 30_000 };
      const writer = start(compiled(), [kind, ...place], { ...watchdog, env });
      await writer.printed('rewriting');
      const reader = [fixture('security/read-text.mjs'), way, ...place, String(milliseconds)];
      const { stdout, ...how } = await run(process.execPath, reader, watchdog);
      expect(how).toEqual({ code: 0, signal: null, stderr: '' });
      expect(Number(stdout)).toBeGreaterThan(10);
    },
    60_000 + milliseconds,
  );
}
