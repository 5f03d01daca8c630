import { endianness } from 'node:os';
import { common, type Entry, head, regularFiles } from './posix-file.js';
import type { PosixSemaphoreRecord, PosixSharedMemoryRecord } from './record.js';

const semaphorePrefix = 'sem.';

/** The objects of /dev/shm: glibc keeps a semaphore there as `sem.NAME`, shared memory as NAME. */
export function sharedMemoryAndSemaphores(
  folder: string,
): (PosixSharedMemoryRecord | PosixSemaphoreRecord)[] {
  return regularFiles(folder).map((file) =>
    file.name.startsWith(semaphorePrefix) ? semaphore(file) : sharedMemory(file),
  );
}

function sharedMemory(file: Entry): PosixSharedMemoryRecord {
  const { stats } = file;
  return {
    kind: 'posix-shm',
    ...common(file.name, file),
    size: stats?.size,
    allocated: stats && stats.blocks * 512,
  };
}

function semaphore(file: Entry): PosixSemaphoreRecord {
  const name = file.name.slice(semaphorePrefix.length);
  return { kind: 'posix-sem', ...common(name, file), ...count(file) };
}

// sizeof(sem_t) on 64-bit glibc, which alone keeps value and waiters in two words: any other file is not read.
const semaphoreSize = 32;

function count({ path, stats }: Entry): { value: number | undefined; waiting: number | undefined } {
  const bytes = stats?.size === semaphoreSize ? head(path, semaphoreSize) : undefined;
  if (bytes?.length !== semaphoreSize || endianness() !== 'LE')
    return { value: undefined, waiting: undefined };
  return { value: bytes.readUInt32LE(0), waiting: bytes.readUInt32LE(4) };
}
