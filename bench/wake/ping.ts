// The process that measures: ping.js TRANSPORT ROUNDS CPU, pinned by its caller; the other one is pinned to CPU here.
// Prints nanoseconds per round trip, a line each.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type TransportName, transports } from './transports.js';

const warmUp = 2000;
const [transport, rounds, cpu] = process.argv.slice(2) as [TransportName, string, string];
const name = `/posix-ipc-bench-${process.pid}`;
let child: ChildProcess | undefined;

const ping = await transports[transport].ping(name, {
  start() {
    const program = [process.execPath, join(import.meta.dirname, 'echo.js'), transport, name];
    child = spawn('taskset', ['-c', cpu, ...program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    return child;
  },
});
const taken = new Float64Array(Number(rounds));
for (let round = -warmUp; round < taken.length; round++) {
  const started = process.hrtime.bigint();
  await ping.roundTrip();
  if (round >= 0) taken[round] = Number(process.hrtime.bigint() - started);
}
ping.end();
child?.kill();
process.stdout.write(taken.join('\n'));
