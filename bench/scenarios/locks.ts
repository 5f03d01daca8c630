import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex, SharedMemory } from 'posix-ipc';
import { Page } from '../locks/page.js';
import { floorProgram, nothing } from '../native.js';
import { median } from '../stats.js';

const uniqueName = (what: string) => `/posix-ipc-bench-${process.pid}-${what}`;
const program = (name: string) => join(import.meta.dirname, '../locks', `${name}.js`);

/** Nanoseconds of a loop's turn, one for each round. */
export interface Uncontended {
  readonly emptyCalls: number[];
  readonly mutex: number[];
}

/** Lock and unlock, guard included, and three empty native calls, in turn. */
export function measureUncontended(rounds: number, tick: () => void): Uncontended {
  const name = uniqueName('mutex');
  const mutex = Mutex.create(name, { unlinkOnExit: true });
  const measured: Uncontended = { emptyCalls: [], mutex: [] };
  const iterations = 1_000_000;
  for (let round = -2; round < rounds; round++) {
    const three = perTurn(iterations, threeEmptyCalls);
    const one = perTurn(iterations, (turns) => lockAndUnlock(mutex, turns));
    if (round >= 0) {
      measured.emptyCalls.push(three);
      measured.mutex.push(one);
    }
    tick();
  }
  mutex.close();
  Mutex.unlink(name);
  return measured;
}

function threeEmptyCalls(turns: number): void {
  for (let turn = 0; turn < turns; turn++) {
    nothing();
    nothing();
    nothing();
  }
}

function lockAndUnlock(mutex: Mutex, turns: number): void {
  for (let turn = 0; turn < turns; turn++) mutex.lockSync().unlock();
}

function perTurn(turns: number, run: (turns: number) => void): number {
  const started = process.hrtime.bigint();
  run(turns);
  return Number(process.hrtime.bigint() - started) / turns;
}

/** How long an owner keeps the lock, in nanoseconds: shorter and longer than a waiter looks before it sleeps. */
export const holds = [
  { title: 'the waiter still looks', hold: 1_000, rounds: 50_000 },
  { title: 'the waiter sleeps', hold: 300_000, rounds: 2_000 },
] as const;

export interface HandOver {
  readonly title: string;
  /** The median of each run, nanoseconds. */
  readonly node: number[];
  readonly floor: number[];
}

/** Two processes, each on its own CPU, that hand one mutex to and fro; C++ and Node in turn. */
export async function measureHandOver(
  { title, hold, rounds }: (typeof holds)[number],
  runs: number,
  tick: () => void,
): Promise<HandOver> {
  const measured: HandOver = { title, node: [], floor: [] };
  for (let run = 0; run < runs; run++) {
    measured.floor.push(await handOver([floorProgram('locks')], hold, rounds));
    measured.node.push(await handOver([process.execPath, program('hand-over')], hold, rounds));
    tick();
  }
  return measured;
}

async function handOver(command: string[], hold: number, rounds: number): Promise<number> {
  const mutexName = uniqueName('hand-over');
  const pageName = uniqueName('page');
  const mutex = Mutex.create(mutexName, { unlinkOnExit: true });
  const memory = SharedMemory.create(pageName, { size: Page.size, unlinkOnExit: true });
  const both = [0, 1].map(async (me) => {
    const words = [...command, mutexName, pageName, me, hold, rounds].map(String);
    const child = spawn('taskset', ['-c', String(me), ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    return (await textOf(child)).trim().split('\n').map(Number);
  });
  const samples = (await Promise.all(both)).flatMap((sample) => sample.slice(Math.floor(rounds / 10)));
  mutex.close();
  memory.close();
  Mutex.unlink(mutexName);
  SharedMemory.unlink(pageName);
  return median(samples);
}

export interface Deaths {
  readonly title: string;
  /** Whether the victims were as small as a process of Node can be. */
  readonly small: boolean;
  /** Milliseconds from the kill to the next owner's guard. */
  readonly taken: number[];
  /** Of the same victims: MiB that they had in memory. */
  readonly resident: number[];
}

/** Kills owners of a mutex and sees when the next one has it: one that awaits, one that blocks, and a large victim. */
export async function measureDeaths(rounds: number, tick: () => void): Promise<Deaths[]> {
  const kinds = [
    { title: 'lock(), a small owner', ballast: 1, wait: awaiting },
    { title: 'lockSync(), a small owner', ballast: 1, wait: blocking },
    { title: 'lock(), an owner of 512 MiB', ballast: 512, wait: awaiting },
  ];
  const deaths: Deaths[] = kinds.map(({ title, ballast }) => ({
    title,
    small: ballast === 1,
    taken: [],
    resident: [],
  }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, { ballast, wait }] of kinds.entries()) {
      const { taken, resident } = await death(ballast, wait);
      deaths[index]?.taken.push(taken);
      deaths[index]?.resident.push(resident);
      tick();
    }
  }
  return deaths;
}

type Wait = (name: string, kill: () => bigint) => Promise<bigint>;

async function death(ballast: number, wait: Wait): Promise<{ taken: number; resident: number }> {
  const name = uniqueName('death');
  Mutex.create(name, { unlinkOnExit: true }).close();
  const owner = spawn(process.execPath, [program('owner'), name, String(ballast)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(owner.stdout, 'data');
  const resident = residentOf(owner.pid as number);
  const taken = await wait(name, () => {
    const killed = process.hrtime.bigint();
    owner.kill('SIGKILL');
    return killed;
  });
  Mutex.unlink(name);
  return { taken: Number(taken) / 1e6, resident };
}

const awaiting: Wait = async (name, kill) => {
  const mutex = Mutex.open(name);
  const next = mutex.lock().then((guard) => {
    const moment = process.hrtime.bigint();
    guard.makeConsistent();
    guard.unlock();
    return moment;
  });
  await sleep(50);
  const killed = kill();
  const moment = await next;
  mutex.close();
  return moment - killed;
};

const blocking: Wait = async (name, kill) => {
  const waiter = spawn(process.execPath, [program('waiter'), name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const text = textOf(waiter);
  await once(waiter.stdout as NodeJS.ReadableStream, 'data');
  await sleep(50);
  const killed = kill();
  return BigInt((await text).trim().split('\n').at(-1) as string) - killed;
};

async function textOf(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code ?? signal}`);
  return text;
}

function residentOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}
