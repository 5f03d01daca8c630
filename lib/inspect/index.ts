export { type Leak, type Leaks, leaks, type Verdicts, verdicts } from './leaks.js';
export { type Listing, list } from './list.js';
export type { Access } from './process.js';
export { type ObjectIdentity, type ObjectUser, type ObjectUsers, processes } from './processes.js';
export type {
  ObjectKind,
  ObjectRecord,
  PosixMessageQueueRecord,
  PosixRecord,
  PosixSemaphoreRecord,
  PosixSharedMemoryRecord,
  SysvMessageQueueRecord,
  SysvRecord,
  SysvSemaphoreSetRecord,
  SysvSharedMemoryRecord,
} from './record.js';
export type { Judged, Verdict } from './verdict.js';
