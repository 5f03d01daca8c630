import { constants } from 'node:buffer';
import { refuseBusListeners } from '../bus-listeners.js';
import { IpcError, receiverError, systemError } from '../errors.js';
import { promiseExitCleanup } from '../exit-cleanup.js';
import { Intent, internal } from '../handle.js';
import { Memory, resized, vacate } from '../memory.js';
import { checkName, type Name } from '../name.js';
import { type NativeSharedMemory, native } from '../native.js';
import {
  checkBoolean,
  checkInteger,
  checkMode,
  checkOneOf,
  checkOptions,
  checkOwner,
  checkSignal,
  type OwnerOption,
} from '../options.js';
import type { FileStatus } from './file-status.js';

export interface SharedMemoryCreateOptions {
  /** Bytes. */
  size: number;
  /** Permission bits, from which the kernel takes the umask: 0o600. */
  mode?: number | undefined;
  /**
   * Take the space at once (posix_fallocate(3), 0.36 ms per MiB), so that a full `/dev/shm` is `ENOSPC` now and not
   * `ESTALE` later: true. For a large object `false`, and then {@link SharedMemory.reserve}.
   */
  reserve?: boolean | undefined;
  /** Unlink it when this process ends in any way that can be caught, if this call has created it: false. */
  unlinkOnExit?: boolean | undefined;
}

export interface SharedMemoryOpenOptions extends OwnerOption {
  /**
   * Map it copy-on-write: nothing written here reaches anybody else. A page that was written locally is this handle's
   * own from then on, and no longer shows what others write.
   */
  readOnly?: boolean | undefined;
  /** Bytes from the start of the object, a multiple of the page size: 0. */
  offset?: number | undefined;
  /** Bytes to map: all that follow. */
  length?: number | undefined;
}

export interface SharedMemoryOpenOrCreateOptions extends SharedMemoryCreateOptions, OwnerOption {}

export interface SharedMemoryStatus extends FileStatus {
  /** Bytes of the object. */
  size: number;
  /** Bytes of memory it takes now. */
  allocated: number;
}

const createOptions = ['size', 'mode', 'reserve', 'unlinkOnExit'] as const;
const openOptions = ['readOnly', 'offset', 'length', 'owner'] as const;
const openOrCreateOptions = [...createOptions, 'owner'] as const;
const reserveOptions = ['signal'] as const;

/** madvise(2); the numbers are the same on x64 and arm64. */
const advices = {
  normal: 0,
  random: 1,
  sequential: 2,
  willNeed: 3,
  dontNeed: 4,
  dontFork: 10,
  doFork: 11,
  hugePage: 14,
  noHugePage: 15,
  cold: 20,
  pageOut: 21,
} as const;

export type Advice = keyof typeof advices;

let place: (memory: SharedMemory) => { descriptor: number; start: number };

/** The open file of a memory that may be written, and where in it the memory starts: for what lies in it. */
export function placeOf(memory: SharedMemory): { descriptor: number; start: number } {
  return place(memory);
}

/** A POSIX shared memory object and a map of it: shm_open(3), mmap(2). It has no header: all bytes are the caller's. */
export class SharedMemory extends Memory {
  readonly #native: NativeSharedMemory;
  readonly #name: Name;
  readonly #created: boolean;
  /** Where in the object the map starts. */
  readonly #start: number;
  /** Whether all of the object is mapped, so that it can be resized through this handle. */
  readonly #whole: boolean;

  static {
    place = (memory) => {
      SharedMemory.#of(memory).#writable('open');
      return { descriptor: memory.#native.descriptor(), start: memory.#start };
    };
  }

  /** A new one, filled with zeros. `EEXIST`, `ENOSPC`. */
  static create(name: Name, options: SharedMemoryCreateOptions): SharedMemory {
    return SharedMemory.#createBy(Intent.create, name, checkOptions(options, createOptions));
  }

  /** One that is there. `ENOENT`; `EPERM` where its owner is not trusted; `EINVAL` where it is too short. */
  static open(name: Name, options?: SharedMemoryOpenOptions): SharedMemory {
    checkName(name);
    const { readOnly, offset = 0, length, owner } = checkOptions(options, openOptions);
    const copyOnWrite = checkBoolean(readOnly, 'readOnly', false);
    const made = new (native().PosixSharedMemory)(
      Intent.open,
      name,
      0,
      0,
      false,
      copyOnWrite,
      checkInteger(offset, 'offset', 0),
      length === undefined ? 0 : checkInteger(length, 'length', 1),
      checkOwner(owner),
    );
    return new SharedMemory(internal, made, name, copyOnWrite, offset, length === undefined);
  }

  /** One that is there, of whatever size it has; else a new one. */
  static openOrCreate(name: Name, options: SharedMemoryOpenOrCreateOptions): SharedMemory {
    return SharedMemory.#createBy(Intent.openOrCreate, name, checkOptions(options, openOrCreateOptions));
  }

  /** Takes the name away: shm_unlink(3). Whoever has the object open keeps it. */
  static unlink(name: Name): void {
    native().PosixSharedMemory.unlink(checkName(name));
  }

  static #createBy(
    intent: Intent,
    name: Name,
    options: Partial<SharedMemoryOpenOrCreateOptions>,
  ): SharedMemory {
    checkName(name);
    const unlinkOnExit = checkBoolean(options.unlinkOnExit, 'unlinkOnExit', false);
    const made = new (native().PosixSharedMemory)(
      intent,
      name,
      checkInteger(options.size, 'size', 1),
      checkMode(options.mode),
      checkBoolean(options.reserve, 'reserve', true),
      false,
      0,
      0,
      checkOwner(options.owner),
    );
    const memory = new SharedMemory(internal, made, name, false, 0, true);
    if (unlinkOnExit && memory.#created) {
      promiseExitCleanup(
        () => made.unlinkOnExit(),
        () => {
          memory.close();
          SharedMemory.unlink(name);
        },
      );
    }
    return memory;
  }

  /** @internal */
  constructor(
    key: typeof internal,
    made: NativeSharedMemory,
    name: Name,
    readOnly: boolean,
    start: number,
    toTheEnd: boolean,
  ) {
    const { answers } = native();
    super(key, made, { path: name }, answers[0] as number, readOnly);
    refuseBusListeners();
    this.#native = made;
    this.#name = name;
    this.#created = answers[1] === 1;
    this.#start = start;
    this.#whole = start === 0 && toTheEnd;
  }

  static #of(value: SharedMemory): SharedMemory {
    if (typeof value !== 'object' || value === null || !(#native in value))
      throw receiverError('SharedMemory');
    return value;
  }

  get name(): Name {
    return SharedMemory.#of(this).#name;
  }

  /** Whether this handle has made the object. */
  get created(): boolean {
    return SharedMemory.#of(this).#created;
  }

  override get buffer(): ArrayBuffer {
    // V8 ends the process over a buffer that is too long for it.
    const { size, name } = SharedMemory.#of(this);
    if (size > constants.MAX_LENGTH) throw new IpcError('ENOTSUP', 'buffer', { path: name });
    return super.buffer;
  }

  /**
   * Gives the object `size` bytes, with the space for them, and maps them anew; every view taken before is dead.
   * A program that has more of it mapped and touches what was cut off gets SIGBUS; a handle of this library, `ESTALE`.
   * Locks that lie in it are closed when it gets smaller; `EBUSY` where one is held.
   */
  resize(size: number): void {
    const memory = SharedMemory.#of(this);
    checkInteger(size, 'size', 1);
    memory.#writable('resize');
    if (!memory.#whole) throw new IpcError('EINVAL', 'resize', { path: memory.#name });
    // What lies in it might be cut off.
    if (size < memory.size) vacate(memory, 'resize');
    memory.#native.resize(size);
    resized(memory, native().answers[0] as number);
  }

  /** Takes the space of the whole object on a thread of its own. `ENOSPC`; the signal's reason. */
  async reserve(options?: { signal?: AbortSignal | undefined }): Promise<void> {
    const memory = SharedMemory.#of(this);
    const signal = checkSignal(checkOptions(options, reserveOptions).signal);
    signal?.throwIfAborted();
    memory.#writable('reserve');
    let cancel = () => {};
    const abort = () => cancel();
    const errno = await new Promise<number>((resolve) => {
      cancel = memory.#native.reserve(resolve);
      signal?.addEventListener('abort', abort);
    });
    signal?.removeEventListener('abort', abort);
    if (errno === 0) return;
    signal?.throwIfAborted();
    throw systemError(errno, 'posix_fallocate', 'path', memory.#name);
  }

  stat(): SharedMemoryStatus {
    return SharedMemory.#of(this).#native.stat() as SharedMemoryStatus;
  }

  /** madvise(2) for `length` bytes from `offset` on, a multiple of the page size; by default for all. */
  advise(advice: Advice, offset = 0, length?: number): void {
    const memory = SharedMemory.#of(this);
    const number = advices[checkOneOf(advice, 'advice', Object.keys(advices) as Advice[])];
    checkInteger(offset, 'offset', 0, memory.size);
    const count =
      length === undefined ? memory.size - offset : checkInteger(length, 'length', 0, memory.size - offset);
    memory.#native.advise(number, offset, count);
  }

  /** Keeps the pages in memory: mlock(2). `ENOMEM`, `EPERM` by RLIMIT_MEMLOCK. */
  lockPages(): void {
    SharedMemory.#of(this).#native.lockPages();
  }

  unlockPages(): void {
    SharedMemory.#of(this).#native.unlockPages();
  }

  #writable(method: string): void {
    if (this.closed) throw new IpcError('EBADF', method, { path: this.#name });
    if (this.readOnly) throw new IpcError('EACCES', method, { path: this.#name });
  }
}
