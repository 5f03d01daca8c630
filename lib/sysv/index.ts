export { ftok, IPC_PRIVATE } from './key.js';
export { MessageQueue } from './message-queue.js';
export type {
  Message,
  MessageQueueChange,
  MessageQueueCreateOptions,
  MessageQueueStatus,
  Received,
  ReceiveOptions,
  Selection,
  SendOptions,
} from './message-queue-options.js';
export type { SysvChange, SysvCreateOptions, SysvStatus } from './object.js';
export type { Operation, PreparedOperations } from './operations.js';
export { RobustMutex, type RobustMutexGuard, type RobustMutexPlace } from './robust-mutex.js';
export {
  SemaphoreSet,
  type SemaphoreSetCreateOptions,
  type SemaphoreSetOpenOptions,
  type SemaphoreSetStatus,
} from './semaphore-set.js';
export {
  type Attachment,
  type AttachOptions,
  SharedMemory,
  type SharedMemoryCreateOptions,
  type SharedMemoryOpenOptions,
  type SharedMemoryStatus,
} from './shared-memory.js';
