// A service that only waits: service.js HANDLES WAITS. HANDLES handles, a quarter of each kind, with WAITS pending waits
// each. Prints what the rest of the process notices of it, as JSON.
import { pbkdf2 } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MessageQueue, Semaphore, sysv } from 'posix-ipc';

export interface Noticed {
  /** Milliseconds. */
  readonly readFile: number;
  readonly lookup: number;
  readonly pbkdf2: number;
  /** Share of one CPU while nothing happens, percent. */
  readonly idle: number;
  readonly threads: number;
  /** Resident memory, MiB. */
  readonly memory: number;
}

const idleTime = 5000;
const [handles, waits] = process.argv.slice(2).map(Number) as [number, number];
const name = (what: string) => `/posix-ipc-bench-${process.pid}-${what}`;

startWaits();
await sleep(200);
console.log(JSON.stringify(await notice()));
process.exit();

function startWaits(): void {
  const each = handles / 4;
  if (each === 0) return;
  const queue = MessageQueue.create(name('queue'), { maxMessages: 1, messageSize: 8, unlinkOnExit: true });
  const set = sysv.SemaphoreSet.create(sysv.IPC_PRIVATE, { count: 1, removeOnExit: true });
  const messages = sysv.MessageQueue.create(sysv.IPC_PRIVATE, { removeOnExit: true });
  for (let handle = 0; handle < each; handle++) {
    const semaphore = Semaphore.create(name(`sem-${handle}`), { value: 0, unlinkOnExit: true });
    const sameQueue = MessageQueue.open(queue.name);
    const sameSet = sysv.SemaphoreSet.fromId(set.id);
    const sameMessages = sysv.MessageQueue.fromId(messages.id);
    for (let wait = 0; wait < waits; wait++) {
      for (const pending of [
        semaphore.wait(),
        sameQueue.receive(),
        sameSet.operate({ index: 0, delta: -1 }),
        sameMessages.receive(),
      ]) {
        pending.catch(() => {});
      }
    }
  }
}

async function notice(): Promise<Noticed> {
  const before = process.cpuUsage();
  const started = performance.now();
  await sleep(idleTime);
  const { user, system } = process.cpuUsage(before);
  const idle = (user + system) / 10 / (performance.now() - started);
  return {
    readFile: await timed(() => readFile(process.execPath)),
    lookup: await timed(() => lookup('localhost')),
    pbkdf2: await timed(() => promisify(pbkdf2)('secret', 'salt', 100_000, 64, 'sha512')),
    idle,
    threads: readdirSync('/proc/self/task').length,
    memory: process.memoryUsage.rss() / 2 ** 20,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
