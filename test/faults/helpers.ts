import { Barrier, Condition, Mutex, RwLock, SharedMemory } from 'posix-ipc';
import { onTestFinished } from 'vitest';
import { name } from '../helpers/objects.js';
import { fixture, type Program, start } from '../helpers/program.js';

/** The four kinds of lock, and how one is made. */
export const locks = {
  Mutex: (path: string) => Mutex.create(path),
  Condition: (path: string) => Condition.create(path),
  RwLock: (path: string) => RwLock.create(path),
  Barrier: (path: string) => Barrier.create(path, { parties: 2 }),
} as const;
export type LockKind = keyof typeof locks;
export const lockKinds = Object.keys(locks) as LockKind[];

/** A program that has the object, as WAY says: `Mutex.lock`. */
export async function holder(way: string, path: string, under: string[] = []): Promise<Program> {
  const [command, ...words] = [...under, process.execPath, fixture('faults/hold.mjs'), way, path];
  const program = start(command, words);
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
