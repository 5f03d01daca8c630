import { Barrier, Condition, Mutex, RwLock, SharedMemory } from 'posix-ipc';
import { onTestFinished } from 'vitest';
import { name } from './objects.js';
import { fixture, type Program, start } from './program.js';

/** The four kinds of lock, and how one is made. */
export const locks = {
  Mutex: (path: string) => Mutex.create(path),
  Condition: (path: string) => Condition.create(path),
  RwLock: (path: string) => RwLock.create(path),
  Barrier: (path: string) => Barrier.create(path, { parties: 2 }),
} as const;
export type LockKind = keyof typeof locks;
export const lockKinds = Object.keys(locks) as LockKind[];

/** A program that has the object, as the first word says: `Mutex.lock`; its name is the second. */
export async function holder(...words: string[]): Promise<Program> {
  return holderUnder([], ...words);
}

/** The same, started by another program. */
export async function holderUnder(under: string[], ...words: string[]): Promise<Program> {
  const [command, ...rest] = [...under, process.execPath, fixture('faults/hold.mjs'), ...words];
  const program = start(command, rest);
  await program.printed('holding');
  return program;
}

export async function killed({ child, ended }: Program): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/** Closes it with the test. */
export function open<T extends Disposable>(handle: T): T {
  onTestFinished(() => handle[Symbol.dispose]());
  return handle;
}

export const memory = (size = 8192) => open(SharedMemory.create(name(), { size }));
