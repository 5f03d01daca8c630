export { Broadcast, type BroadcastStatus } from './channel/broadcast.js';
export { type BroadcastMessage, BroadcastReader } from './channel/broadcast-reader.js';
export { BroadcastWriter } from './channel/broadcast-writer.js';
export { Channel, type ChannelStatus } from './channel/channel.js';
export { Latest, type LatestStatus } from './channel/latest.js';
export { LatestReader } from './channel/latest-reader.js';
export { LatestWriter } from './channel/latest-writer.js';
export { Lease } from './channel/lease.js';
export type {
  BroadcastCreateOptions,
  BroadcastOpenOrCreateOptions,
  BroadcastReaderOptions,
  ChannelCreateOptions,
  ChannelOpenOptions,
  ChannelOpenOrCreateOptions,
  From,
  LatestCreateOptions,
  LatestOpenOrCreateOptions,
  Many,
  SegmentOptions,
  SideOptions,
} from './channel/options.js';
export { ChannelReader, type Visit } from './channel/reader.js';
export { ChannelWriter } from './channel/writer.js';
export { IpcError } from './errors.js';
export { guard } from './guard.js';
export type { Handle } from './handle.js';
export * as inspect from './inspect/index.js';
export type { Memory, TypedArrayConstructor } from './memory.js';
export type { Name } from './name.js';
export type { Data, OwnerOption, WaitOptions } from './options.js';
export type { FileStatus } from './posix/file-status.js';
export { MessageQueue } from './posix/message-queue.js';
export type {
  Access,
  Message,
  MessageQueueCreateOptions,
  MessageQueueOpenOptions,
  MessageQueueOpenOrCreateOptions,
  MessageQueueStatus,
  Received,
  SendOptions,
} from './posix/message-queue-options.js';
export {
  Semaphore,
  type SemaphoreCreateOptions,
  type SemaphoreOpenOrCreateOptions,
  type SemaphoreStatus,
} from './posix/semaphore.js';
export {
  type Advice,
  SharedMemory,
  type SharedMemoryCreateOptions,
  type SharedMemoryOpenOptions,
  type SharedMemoryOpenOrCreateOptions,
  type SharedMemoryStatus,
} from './posix/shared-memory.js';
export type { SealingKey, SealingKeys } from './sealed/keys.js';
export { type Opened, type Sealed, type SealedOptions, sealed } from './sealed/sealed.js';
export type { ArrayView } from './struct/array.js';
export type { Atomic } from './struct/atomic.js';
export type { FieldType } from './struct/field-type.js';
export {
  type FieldLayout,
  type Struct,
  type StructFields,
  type StructMemory,
  type StructObject,
  type StructOptions,
  type StructValues,
  type StructView,
  struct,
} from './struct/struct.js';
export * as types from './struct/types.js';
export { Barrier, type BarrierCreateOptions, type BarrierOpenOrCreateOptions } from './sync/barrier.js';
export { Condition } from './sync/condition.js';
export {
  Mutex,
  type MutexCreateOptions,
  MutexGuard,
  type MutexOpenOptions,
  type MutexOpenOrCreateOptions,
} from './sync/mutex.js';
export type {
  LockCreateOptions,
  LockOpenOptions,
  LockOpenOrCreateOptions,
  LockPlace,
} from './sync/place.js';
export type { Recover, RecoverOption } from './sync/recover.js';
export {
  RwGuard,
  RwLock,
  type RwLockCreateOptions,
  type RwLockOpenOptions,
  type RwLockOpenOrCreateOptions,
} from './sync/rw-lock.js';
export * as sysv from './sysv/index.js';
export type { WaitEvent } from './waiting/diagnostics.js';
export type { Wait } from './waiting/options.js';
