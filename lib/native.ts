import { createRequire } from 'node:module';
import { join } from 'node:path';
import { watchBusListeners } from './bus-listeners.js';
import { IpcError, systemError } from './errors.js';
import type { Intent } from './handle.js';

// The contract of the two languages: what native/addon.cc exports. The only file that knows the addon.

/** The end of a wait on a thread of ours: 0 and what was taken, ECANCELED, or another errno. */
export type Done = (errno: number, data: Buffer | undefined) => void;

/** `buffer`, `read`, `write`, `close` of native/binding/memory.h. */
export interface NativeMemory {
  buffer(): ArrayBuffer;
  read(offset: number, into: Uint8Array): void;
  write(offset: number, from: Uint8Array): void;
  close(): void;
}

export interface NativeSharedMemory extends NativeMemory {
  /** Answers: size. */
  resize(size: number): void;
  /** Calls `done` with an errno, or 0; gives the function that cancels it. */
  reserve(done: (errno: number) => void): () => void;
  stat(): object;
  advise(advice: number, offset: number, length: number): void;
  lockPages(): void;
  unlockPages(): void;
  unlinkOnExit(): void;
  descriptor(): number;
}

/** What an attempt at a lock has found, as native/core/sync/lock.h numbers it. */
export const Outcome = { busy: 0, taken: 1, inherited: 2 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** Where the event loop sleeps for a segment. */
export interface NativeBell {
  /** "The event loop is going to sleep"; then another look. */
  announce(): void;
  /** The watch descriptor; -1 where there is none to be had. */
  watch(): number;
  /** A short sleep on a thread of ours instead; gives the id of the wait. */
  startSleep(done: Done): number;
}

/** What the four kinds of native/binding/sync/ share. */
export interface NativeLock extends NativeBell {
  /** Over the pages that hold the block. */
  buffer(): ArrayBuffer;
  ring(): void;
  close(): void;
  unlinkOnExit(): void;
}

export interface NativeMutex extends NativeLock {
  /** `waiting`: a sleep was announced. */
  attempt(waiting: boolean): Outcome;
  lockSync(timeout: number, signals: Uint8Array | undefined): Outcome;
  unlock(): void;
  /** For the next owner to find as if this one had died. */
  abandon(): void;
  makeConsistent(): void;
}

export interface NativeRwLock extends NativeLock {
  /** `inherited`: it is the writer's lock, after a writer's death. */
  attemptRead(waiting: boolean): Outcome;
  attemptWrite(waiting: boolean): Outcome;
  readSync(timeout: number, signals: Uint8Array | undefined): Outcome;
  writeSync(timeout: number, signals: Uint8Array | undefined): Outcome;
  /** After attempts with `waiting` that found it busy. */
  giveUp(): void;
  unlockRead(): void;
  unlockWrite(): void;
  abandon(): void;
  makeConsistent(): void;
}

export interface NativeBarrier extends NativeLock {
  /** `inherited`: the last to come, all pass. */
  arrive(): Outcome;
  look(): Outcome;
  /** Whether it was in time. */
  withdraw(): boolean;
  waitSync(timeout: number, signals: Uint8Array | undefined): Outcome;
  reset(): void;
}

export interface NativeCondition extends NativeLock {
  note(): number;
  look(noted: number, mutex: NativeMutex): Outcome;
  waitSync(noted: number, mutex: NativeMutex, timeout: number, signals: Uint8Array | undefined): Outcome;
  signal(): void;
}

export interface NativeChannel {
  /** Over the header and the data; of a channel and a broadcast the data is there twice. */
  buffer(): ArrayBuffer;
  /** After its sides. */
  close(): void;
  unlinkOnExit(): void;
}

/** Of native/include/posix-ipc/channel.h. */
export const Kind = { channel: 5, latest: 6, broadcast: 7 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export const Role = { writer: 1, reader: 2 } as const;
export type Role = (typeof Role)[keyof typeof Role];

export interface NativeChannelSide extends NativeBell {
  /** Of many: whether it has its turn now. `waiting`: a sleep was announced. */
  beginTurn(waiting: boolean): boolean;
  /** With a ring, if one is due. */
  endTurn(): void;
  /**
   * Until there is room for `size` bytes, or a message, seen from `position`; of many it then has its turn. Of a latest value
   * and a broadcast: until what is published is not at `position` any more.
   */
  waitSync(
    position: number,
    size: number,
    persistent: boolean,
    timeout: number,
    signals: Uint8Array | undefined,
  ): void;
  /** 0: one of the other side lives, or none has ever come; 1: all have gone; 2: and one of them died. */
  alone(): 0 | 1 | 2;
  count(role: Role): number;
  /** The file is not what it was. */
  stale(): boolean;
  /** Wakes the other side. */
  ring(): void;
  close(): void;
}

/** Answers: created, the owner word of the seat, where the block starts in `buffer()`, the inode. */
export type NativeLockConstructor<T extends NativeLock> = new (
  intent: Intent,
  name: string,
  /** -1: under `name`; else of the memory of that name, in which it is placed, at `offset`. */
  descriptor: number,
  offset: number,
  mode: number,
  owner: number,
  parties: number,
) => T;

export interface NativeSemaphore {
  value(): number;
  bindPost(): () => void;
  /** The function gives nothing when it took one, true when the value is 0. */
  bindTryWait(): () => true | undefined;
  /** With signals to heed it may end with EINTR. */
  waitSync(timeout: number, signals: Uint8Array | undefined): void;
  /** On a thread of ours; gives the id of the wait. */
  startWait(done: Done): number;
  stat(): object;
  close(): void;
  unlinkOnExit(): void;
}

export interface NativeMessageQueue {
  bindTrySend(): (bytes: Uint8Array, priority: number) => boolean;
  /** The length, or -1 when the queue is empty. Answers: priority. */
  bindTryReceive(): (into: Uint8Array) => number;
  sendSync(bytes: Uint8Array, priority: number, timeout: number, signals: Uint8Array | undefined): void;
  /** The length. Answers: priority. */
  receiveSync(into: Uint8Array, timeout: number, signals: Uint8Array | undefined): number;
  /** The descriptor in the event loop; `ready` is held weakly. Once. */
  poll(ready: (events: number) => void): void;
  /** 1 readable, 2 writable; 0 stops. */
  watch(events: number): void;
  notify(signal: number): void;
  cancelNotify(): void;
  length(): number;
  stat(): object;
  close(): void;
  unlinkOnExit(): void;
}

/** What the three System V kinds share. */
export interface NativeSysvKind {
  stat(id: number): object;
  set(id: number, uid: number, gid: number, mode: number, maxBytes: number): void;
  remove(id: number): void;
  removeOnExit(id: number): void;
}

export interface NativeSysvSharedMemory extends NativeSysvKind {
  /** The id. Answers: created. */
  get(intent: Intent, key: number, size: number, mode: number): number;
  lockPages(id: number): void;
  unlockPages(id: number): void;
}

export interface NativeSysvAttachment extends NativeMemory {
  /** Answers: created. */
  robustMutex(intent: Intent, offset: number): NativeRobustMutex;
}

/** Locking gives nothing when it is locked, 1 when its owner has died too, 2 when it is not locked. */
export interface NativeRobustMutex {
  tryLock(): undefined | 1 | 2;
  /** With signals to heed it may end with EINTR. */
  lockSync(timeout: number, signals: Uint8Array | undefined): undefined | 1;
  makeConsistent(): void;
  unlock(): void;
  close(): void;
}

export interface NativeSysvSemaphoreSet extends NativeSysvKind {
  /** The id. Answers: created. */
  get(intent: Intent, key: number, count: number, mode: number): number;
  /** `values` as 16-bit words. */
  initialise(id: number, values: Uint8Array): void;
  /** `operations` in the layout of struct sembuf. */
  tryOperate(id: number, operations: Uint8Array): boolean;
  operateSync(id: number, operations: Uint8Array, timeout: number, signals: Uint8Array | undefined): void;
  startOperate(id: number, operations: Uint8Array, done: Done): number;
  prepare(
    id: number,
    operations: Uint8Array,
  ): { tryOperate(): boolean; operateSync(timeout: number, signals: Uint8Array | undefined): void };
  values(id: number): number[];
  setValues(id: number, values: Uint8Array): void;
  value(id: number, index: number): number;
  setValue(id: number, index: number, value: number): void;
  waitingForIncrease(id: number, index: number): number;
  waitingForZero(id: number, index: number): number;
  lastPid(id: number, index: number): number;
}

export interface NativeSysvMessageQueue extends NativeSysvKind {
  /** The id. Answers: created. */
  get(intent: Intent, key: number, mode: number): number;
  bind(id: number): NativeSysvMessageCalls;
}

/** The calls that one queue's functions carry the identifier of. */
export interface NativeSysvMessageCalls {
  trySend(bytes: Uint8Array, type: number): boolean;
  sendSync(bytes: Uint8Array, type: number, timeout: number, signals: Uint8Array | undefined): void;
  /** Copies the bytes; gives the id of the wait. */
  startSend(bytes: Uint8Array, type: number, done: Done): number;
  /** The length, or -1 when there is none. Answers: type, and its upper and lower half. */
  tryReceive(into: Uint8Array, type: number, except: boolean, truncate: boolean): number;
  receiveSync(
    into: Uint8Array,
    type: number,
    except: boolean,
    truncate: boolean,
    timeout: number,
    signals: Uint8Array | undefined,
  ): number;
  /** Answers, while `done` runs: type. */
  startReceive(capacity: number, type: number, except: boolean, truncate: boolean, done: Done): number;
}

/** The SIGBUS guard of this process: native/core/guard/handler.h. */
export interface NativeGuard {
  /** Puts the handler back in front; tells whether it stands, which is not so before the first map. */
  installAgain(): boolean;
  enable(): void;
  disable(): void;
  enabled(): boolean;
}

export interface Native {
  /** The second and later answers of the last call. */
  readonly answers: Float64Array;
  setErrorFactory(factory: typeof systemError): void;
  ftok(path: string, project: number): number;
  armExitCleanup(): void;
  readonly guard: NativeGuard;
  /** Holds the event loop, or lets it go, by the words of `answers` that lib/waiting/keep-alive.ts names. */
  keepAlive(): void;
  /** Its `done` is called with ECANCELED, or with what it had taken before. */
  cancelWait(id: number): void;
  /** The same before this returns; blocks for some 50 us. */
  cancelWaitNow(id: number): void;
  readonly PosixSharedMemory: {
    /** Answers: size of the map, created. */
    new (
      intent: Intent,
      name: string,
      size: number,
      mode: number,
      reserve: boolean,
      readOnly: boolean,
      offset: number,
      length: number,
      owner: number,
    ): NativeSharedMemory;
    unlink(name: string): void;
  };
  readonly PosixSemaphore: {
    /** Answers: created. */
    new (intent: Intent, name: string, value: number, mode: number, owner: number): NativeSemaphore;
    unlink(name: string): void;
  };
  readonly PosixMessageQueue: {
    /** -1 leaves a limit to the system. Answers: created, maxMessages, messageSize. */
    new (
      intent: Intent,
      name: string,
      maxMessages: number,
      messageSize: number,
      mode: number,
      access: number,
      owner: number,
    ): NativeMessageQueue;
    unlink(name: string): void;
  };
  /** Answers: created, capacity, flags. */
  readonly Channel: new (
    intent: Intent,
    name: string,
    kind: Kind,
    capacity: number,
    flags: number,
    mode: number,
    owner: number,
  ) => NativeChannel;
  /** Answers: the owner word of its seat. */
  readonly ChannelSide: new (
    channel: NativeChannel,
    role: Role,
  ) => NativeChannelSide;
  readonly Mutex: NativeLockConstructor<NativeMutex>;
  readonly RwLock: NativeLockConstructor<NativeRwLock>;
  readonly Barrier: NativeLockConstructor<NativeBarrier>;
  readonly Condition: NativeLockConstructor<NativeCondition>;
  /** The inotify instance of this event loop; false where the user has all that he may. */
  openWatcher(ready: () => void): boolean;
  /** Pairs of a watch descriptor (-1: all) and whether somebody closed or died; gives the number of pairs. */
  readWatcher(into: Int32Array): number;
  unwatch(watch: number): void;
  /** Answers: size. */
  readonly SysvAttachment: new (
    id: number,
    readOnly: boolean,
  ) => NativeSysvAttachment;
  readonly sysvSharedMemory: NativeSysvSharedMemory;
  readonly sysvSemaphoreSet: NativeSysvSemaphoreSet;
  readonly sysvMessageQueue: NativeSysvMessageQueue;
}

let loaded: Native | undefined;

/** The addon, loaded at the first call: importing the library works, and costs nothing, on every platform. */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

function load(): Native {
  if (process.platform !== 'linux') throw new IpcError('ENOTSUP', 'posix-ipc');
  const find = createRequire(import.meta.url)('node-gyp-build') as (folder: string) => Native;
  try {
    const addon = find(join(import.meta.dirname, '..'));
    addon.setErrorFactory(systemError);
    watchBusListeners(addon.guard);
    return addon;
  } catch (cause) {
    throw new Error(`posix-ipc: the native addon cannot be loaded. ${adviceFor(cause)}`, { cause });
  }
}

function adviceFor(cause: unknown): string {
  if ((cause as NodeJS.ErrnoException)?.code === 'ERR_DLOPEN_DISABLED') {
    return 'The permission model forbids it: start Node with --allow-addons.';
  }
  return (
    `There is no binary for ${process.platform}-${process.arch} in the package that fits this system; build one in its ` +
    'folder with g++, make and python3: npx node-gyp rebuild'
  );
}
