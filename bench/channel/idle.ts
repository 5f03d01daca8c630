// A process that only awaits a message of a writer who lives and says nothing: idle.js NAME SECONDS.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Channel } from 'posix-ipc';
import { report, takePlaces } from './stage.js';

const [name, seconds] = process.argv.slice(2) as [string, string];
const reader = Channel.open(name).reader();
takePlaces();
const pending = reader.receive();
pending.catch(() => {});
await sleep(500);
const before = ticks();
await sleep(1000 * Number(seconds));
report({ ticks: ticks() - before, seconds: Number(seconds) });
reader.close();

/** CPU time of this process in ticks of 10 ms: fields 14 and 15, utime and stime, of proc_pid_stat(5). */
function ticks(): number {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
