import { constants } from 'node:buffer';
import { argumentError, constructorError, IpcError, receiverError } from '../errors.js';
import { Intent, internal } from '../handle.js';
import { Memory } from '../memory.js';
import { type NativeSysvAttachment, native } from '../native.js';
import { checkBoolean, checkInteger, checkMode, checkOptions, show } from '../options.js';
import { checkKey, checkOpenKey } from './key.js';
import {
  checkRemoveOnExit,
  found,
  type Identified,
  identified,
  type SysvCreateOptions,
  SysvObject,
  type SysvStatus,
} from './object.js';

export interface SharedMemoryCreateOptions extends SysvCreateOptions {
  /** Bytes; the kernel rounds the memory, not this number, up to pages. */
  size: number;
}

export interface SharedMemoryOpenOptions {
  /** At least so many bytes, else `EINVAL`: any. */
  size?: number | undefined;
}

export interface AttachOptions {
  /** No writing, and copies instead of views: false. */
  readOnly?: boolean | undefined;
}

export interface SharedMemoryStatus extends SysvStatus {
  /** Bytes. */
  size: number;
  creatorPid: number;
  /** Of the last shmat(2) or shmdt(2). */
  lastPid: number;
  /** Attachments, of all processes. */
  attached: number;
  attachTime: Date;
  detachTime: Date;
  /** Removed, and only waiting for its last attachment to end. */
  removed: boolean;
  locked: boolean;
}

const createOptions = ['size', 'mode', 'removeOnExit'] as const;
const openOptions = ['size'] as const;
const attachOptions = ['readOnly'] as const;

/** A System V shared memory segment: shmget(2). Its size is fixed: no peer can cut it off under a map. */
export class SharedMemory extends SysvObject<SharedMemoryStatus> {
  readonly #id: number;

  /** A new one, filled with zeros. `EEXIST`; `ENOSPC`, `EINVAL` at the system's limits. */
  static create(key: number, options: SharedMemoryCreateOptions): SharedMemory {
    return SharedMemory.#createBy(Intent.create, key, options);
  }

  /** One that is there. `ENOENT`, `EACCES`, `EINVAL`. */
  static open(key: number, options?: SharedMemoryOpenOptions): SharedMemory {
    const { size } = checkOptions(options, openOptions);
    const least = size === undefined ? 0 : checkInteger(size, 'size', 1);
    const kind = native().sysvSharedMemory;
    const unsigned = checkOpenKey(key);
    return new SharedMemory(
      internal,
      identified(kind, kind.get(Intent.open, unsigned, least, 0), unsigned, false),
    );
  }

  /** One that is there and has at least `size` bytes, else a new one. */
  static openOrCreate(key: number, options: SharedMemoryCreateOptions): SharedMemory {
    return SharedMemory.#createBy(Intent.openOrCreate, key, options);
  }

  /** The one with this identifier. */
  static fromId(id: number): SharedMemory {
    return new SharedMemory(internal, found(native().sysvSharedMemory, id));
  }

  static #createBy(intent: Intent, key: number, options: SharedMemoryCreateOptions): SharedMemory {
    const { size, mode, removeOnExit } = checkOptions(options, createOptions);
    const bytes = checkInteger(size, 'size', 1);
    const promise = checkRemoveOnExit(removeOnExit);
    const kind = native().sysvSharedMemory;
    const unsigned = checkKey(key);
    const id = kind.get(intent, unsigned, bytes, checkMode(mode));
    return new SharedMemory(internal, identified(kind, id, unsigned, promise));
  }

  /** @internal */
  constructor(key: typeof internal, answer: Identified) {
    super(key, 'SharedMemory', native().sysvSharedMemory, answer);
    this.#id = answer.id;
  }

  static #of(value: SharedMemory): SharedMemory {
    if (typeof value !== 'object' || value === null || !(#id in value)) throw receiverError('SharedMemory');
    return value;
  }

  /** Maps the whole segment: shmat(2). `EACCES`; `EINVAL`, `EIDRM` when it was removed. */
  attach(options?: AttachOptions): Attachment {
    const segment = SharedMemory.#of(this);
    const readOnly = checkBoolean(checkOptions(options, attachOptions).readOnly, 'readOnly', false);
    return new Attachment(internal, segment.#id, readOnly);
  }

  /** Keeps the segment in memory: shmctl(2), SHM_LOCK. */
  lockPages(): void {
    native().sysvSharedMemory.lockPages(SharedMemory.#of(this).#id);
  }

  unlockPages(): void {
    native().sysvSharedMemory.unlockPages(SharedMemory.#of(this).#id);
  }
}

let nativeOf: (attachment: Attachment) => NativeSysvAttachment;
let isAttachment: (value: unknown) => value is Attachment;

/** The addon's side of what a caller has passed as `memory`. */
export function nativeAttachment(memory: unknown): NativeSysvAttachment {
  if (isAttachment(memory)) return nativeOf(memory);
  throw argumentError(
    'ERR_INVALID_ARG_TYPE',
    `\`memory\`: expected an attachment of a System V segment, got ${show(memory)}`,
  );
}

/**
 * A map of a segment; `close()` is shmdt(2). A read-only one has no views: the kernel lets nobody make such a map
 * private, and a write to a view of it would end the process. `read()` and `readText()` give copies.
 */
export class Attachment extends Memory {
  readonly #id: number;
  readonly #native: NativeSysvAttachment;

  static {
    nativeOf = (attachment) => attachment.#native;
    isAttachment = (value): value is Attachment =>
      typeof value === 'object' && value !== null && #id in value;
  }

  /** @internal */
  constructor(key: typeof internal, id: number, readOnly: boolean) {
    if (key !== internal) throw constructorError('Attachment', 'attach of a SharedMemory');
    const made = new (native().SysvAttachment)(id, readOnly);
    super(key, made, { id }, native().answers[0] as number, readOnly);
    this.#id = id;
    this.#native = made;
  }

  /** Of the segment. */
  get id(): number {
    return Attachment.#of(this).#id;
  }

  override get buffer(): ArrayBuffer {
    const attachment = Attachment.#of(this);
    const subject = { id: attachment.#id };
    if (attachment.readOnly && !attachment.closed) throw new IpcError('EACCES', 'buffer', subject);
    // V8 ends the process over a buffer that is too long for it.
    if (attachment.size > constants.MAX_LENGTH) throw new IpcError('ENOTSUP', 'buffer', subject);
    return super.buffer;
  }

  static #of(value: Attachment): Attachment {
    if (!isAttachment(value)) throw receiverError('Attachment');
    return value;
  }
}
