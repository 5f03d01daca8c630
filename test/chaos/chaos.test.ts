import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

const program = fileURLToPath(new URL('../../scripts/chaos.cjs', import.meta.url));
/** Milliseconds: a watchdog. */
const timeout = 600_000;
const chaos = (...args: string[]) => start(process.execPath, [program, ...args], { timeout, input: '' });

// Under another build of the addon the victims in C++ are the same as before.
const kills = process.env.POSIX_IPC_PREBUILD === undefined ? 1000 : 150;

testWith('no sanitizer')(
  'nothing is stuck, lost, duplicated, torn or unreported while processes are killed at every step',
  async () => {
    const { code, stdout, stderr } = await chaos('--kills', String(kills)).ended;
    const none = ['stuck', 'lost', 'duplicated', 'unreported', 'phantom', 'corrupt', 'torn', 'disordered'];
    expect(stdout, stderr).toContain(none.map((fault) => `${fault} 0`).join(', '));
    expect(code, stderr).toBe(0);
    const [all = 0, inC = 0] = [...stdout.matchAll(/(\d+) kills: (\d+) in C\+\+/g)]
      .flatMap((match) => match.slice(1))
      .map(Number);
    expect(all).toBeGreaterThanOrEqual(kills);
    expect(inC).toBeGreaterThan(all / 2);
    for (const kind of ['mutex', 'ring', '(?:latest|broadcast)'])
      expect(stdout, `kills at points of ${kind}`).toMatch(new RegExp(`^ *[1-9]\\d* [< ] ${kind}\\.`, 'm'));
  },
  timeout,
);

testWith('no sanitizer')(
  'an interrupt ends all processes and takes all objects away',
  async () => {
    const { child, ended, printed } = chaos('--kills', '100000', '--node', '10');
    await printed('objects');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(stdout).toContain('interrupted');
    expect(code).toBe(130);
    const prefix = /objects \/(pipc-\d+-chaos)/.exec(stdout)?.[1] as string;
    expect(readdirSync('/dev/shm').filter((name) => name.replace(/^sem\./, '').startsWith(prefix))).toEqual(
      [],
    );
    expect(readdirSync('/proc').filter((pid) => commandLine(pid).includes(prefix))).toEqual([]);
  },
  timeout,
);

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
