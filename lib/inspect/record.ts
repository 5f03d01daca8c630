/** Numbers the kernel keeps about a file of a POSIX object. `undefined`: this process may not read it. */
interface PosixFile {
  /** As `open` takes it: '/ring'. */
  name: string;
  path: string;
  dev: number | undefined;
  ino: number | undefined;
  mode: number | undefined;
  uid: number | undefined;
  gid: number | undefined;
  modified: Date | undefined;
}

export interface PosixSharedMemoryRecord extends PosixFile {
  kind: 'posix-shm';
  size: number | undefined;
  /** Bytes that have memory behind them. */
  allocated: number | undefined;
}

export interface PosixSemaphoreRecord extends PosixFile {
  kind: 'posix-sem';
  value: number | undefined;
  /** Threads asleep in sem_wait(3). */
  waiting: number | undefined;
}

export interface PosixMessageQueueRecord extends PosixFile {
  kind: 'posix-mq';
  /** Bytes of all messages in the queue. */
  bytes: number | undefined;
  /** The process registered by mq_notify(3), 0 for none. */
  notifies: number | undefined;
}

/** What the three tables of /proc/sysvipc share. Every user may read them. */
interface SysvObject {
  key: number;
  id: number;
  mode: number;
  uid: number;
  gid: number;
  creatorUid: number;
  creatorGid: number;
  /** Creation, or the last change of owner, mode or limit. */
  changed: Date;
}

export interface SysvSharedMemoryRecord extends SysvObject {
  kind: 'sysv-shm';
  size: number;
  attached: number;
  creatorPid: number;
  lastPid: number;
  attachTime: Date | undefined;
  detachTime: Date | undefined;
  /** Removed, and gone with the last attachment: `dest` in ipcs(1). */
  removed: boolean;
  locked: boolean;
  /** Bytes in memory and in swap. */
  resident: number;
  swapped: number;
}

export interface SysvSemaphoreSetRecord extends SysvObject {
  kind: 'sysv-sem';
  count: number;
  operateTime: Date | undefined;
}

export interface SysvMessageQueueRecord extends SysvObject {
  kind: 'sysv-msg';
  length: number;
  bytes: number;
  lastSendPid: number;
  lastReceivePid: number;
  sendTime: Date | undefined;
  receiveTime: Date | undefined;
}

export type PosixRecord = PosixSharedMemoryRecord | PosixSemaphoreRecord | PosixMessageQueueRecord;
export type SysvRecord = SysvSharedMemoryRecord | SysvSemaphoreSetRecord | SysvMessageQueueRecord;
export type ObjectRecord = PosixRecord | SysvRecord;
export type ObjectKind = ObjectRecord['kind'];
