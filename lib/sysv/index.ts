export { ftok, IPC_PRIVATE } from './key.js';
export {
  type Message,
  MessageQueue,
  type MessageQueueChange,
  type MessageQueueCreateOptions,
  type MessageQueueStatus,
  type Received,
  type ReceiveOptions,
  type Selection,
  type SendOptions,
} from './message-queue.js';
export type { SysvChange, SysvCreateOptions, SysvStatus } from './object.js';
export {
  type Operation,
  type PreparedOperations,
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
