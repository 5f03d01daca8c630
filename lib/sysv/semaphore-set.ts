import { argumentError, receiverError } from '../errors.js';
import { Intent, internal } from '../handle.js';
import { type NativeSysvSemaphoreSet, native } from '../native.js';
import { checkInteger, checkMode, checkOptions, checkWait, show, type WaitOptions } from '../options.js';
import { listenedSignals } from '../signals.js';
import { Lanes } from '../waiting/lanes.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
import { ended, promised } from '../waiting/promised.js';
import { ThreadLane } from '../waiting/thread-lane.js';
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
import {
  bytesOfWords,
  greatestValue,
  type Operation,
  PreparedOperations,
  packOperations,
} from './operations.js';

export interface SemaphoreSetCreateOptions extends SysvCreateOptions {
  /** How many semaphores; may be left out where `values` tells. */
  count?: number | undefined;
  /** What they start with, 0 to 32767 each: zeros. Added in one step, so that a post in between is not lost. */
  values?: readonly number[] | undefined;
}

export interface SemaphoreSetOpenOptions {
  /** At least so many semaphores, else `EINVAL`: any. */
  count?: number | undefined;
}

export interface SemaphoreSetStatus extends SysvStatus {
  count: number;
  /** Of the last semop(2); the epoch if there was none. */
  operateTime: Date;
}

const createOptions = ['count', 'values', 'mode', 'removeOnExit'] as const;
const openOptions = ['count'] as const;
const waitOptions = ['timeout', 'signal'] as const;

/** A System V semaphore set: semget(2). */
export class SemaphoreSet extends SysvObject<SemaphoreSetStatus> {
  readonly #count: number;
  /** Who waits in this process, by the operations. */
  readonly #lanes = new Lanes<ThreadLane<undefined, true>>();

  /** A new one. `EEXIST`; `ENOSPC`, `EINVAL` at the system's limits. */
  static create(key: number, options: SemaphoreSetCreateOptions): SemaphoreSet {
    return SemaphoreSet.#createBy(Intent.create, key, options);
  }

  /** One that is there. `ENOENT`, `EACCES`, `EINVAL`. */
  static open(key: number, options?: SemaphoreSetOpenOptions): SemaphoreSet {
    const { count } = checkOptions(options, openOptions);
    const least = count === undefined ? 0 : checkInteger(count, 'count', 1);
    const kind = native().sysvSemaphoreSet;
    const unsigned = checkOpenKey(key);
    return new SemaphoreSet(
      internal,
      identified(kind, kind.get(Intent.open, unsigned, least, 0), unsigned, false),
    );
  }

  /** One that is there, with its values and at least `count` semaphores; else a new one. */
  static openOrCreate(key: number, options: SemaphoreSetCreateOptions): SemaphoreSet {
    return SemaphoreSet.#createBy(Intent.openOrCreate, key, options);
  }

  /** The one with this identifier. */
  static fromId(id: number): SemaphoreSet {
    return new SemaphoreSet(internal, found(native().sysvSemaphoreSet, id));
  }

  static #createBy(intent: Intent, key: number, options: SemaphoreSetCreateOptions): SemaphoreSet {
    const { count, values, mode, removeOnExit } = checkOptions(options, createOptions);
    const words = values === undefined ? undefined : packValues(values);
    const number = checkInteger(count ?? words?.length, 'count', 1, 2 ** 31 - 1);
    if (words !== undefined && words.length !== number) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `\`values\`: expected ${number} of them, got ${words.length}`,
      );
    }
    const promise = checkRemoveOnExit(removeOnExit);
    const kind = native().sysvSemaphoreSet;
    const unsigned = checkKey(key);
    const id = kind.get(intent, unsigned, number, checkMode(mode));
    const answer = identified(kind, id, unsigned, promise);
    if (answer.created && words !== undefined) initialise(kind, id, words);
    return new SemaphoreSet(internal, answer, answer.created ? number : undefined);
  }

  /** @internal `count` where it is known: the creator need not have the right to read. */
  constructor(key: typeof internal, answer: Identified, count?: number) {
    super(key, 'SemaphoreSet', native().sysvSemaphoreSet, answer);
    this.#count = count ?? this.stat().count;
  }

  static #of(value: SemaphoreSet): SemaphoreSet {
    if (typeof value !== 'object' || value === null || !(#count in value))
      throw receiverError('SemaphoreSet');
    return value;
  }

  /** Semaphores in the set. */
  get count(): number {
    return SemaphoreSet.#of(this).#count;
  }

  /**
   * Applies all operations, in the order given, or none: semop(2) with IPC_NOWAIT. False where it would have to wait.
   * `EFBIG` for an index beyond the set, `ERANGE` for a value beyond 32767, `E2BIG` for too many, `EIDRM`.
   */
  tryOperate(operations: Operation | readonly Operation[]): boolean {
    return native().sysvSemaphoreSet.tryOperate(SemaphoreSet.#of(this).id, packOperations(operations));
  }

  /** The same; blocks the thread until all are possible at once: semtimedop(2). `ETIMEDOUT`. */
  operateSync(operations: Operation | readonly Operation[], options?: WaitOptions): void {
    const { id } = SemaphoreSet.#of(this);
    native().sysvSemaphoreSet.operateSync(
      id,
      packOperations(operations),
      checkWait(options),
      listenedSignals(),
    );
  }

  /**
   * The same, without blocking the thread. Who waits for the same operations is served in order; who waits for others
   * is not held up. `EIDRM` as soon as somebody removes the set; `ETIMEDOUT`; the signal's reason.
   */
  operate(operations: Operation | readonly Operation[], options?: Wait): Promise<void> {
    return promised(() => SemaphoreSet.#of(this).#operate(packOperations(operations), options));
  }

  /** The list for many calls. */
  prepare(operations: Operation | readonly Operation[]): PreparedOperations {
    const set = SemaphoreSet.#of(this);
    const packed = packOperations(operations);
    return new PreparedOperations(internal, native().sysvSemaphoreSet.prepare(set.id, packed), (options) =>
      set.#operate(packed, options),
    );
  }

  /** All values at one moment: GETALL. */
  get values(): number[] {
    return native().sysvSemaphoreSet.values(SemaphoreSet.#of(this).id);
  }

  /** GETVAL. */
  value(index: number): number {
    const set = SemaphoreSet.#of(this);
    return native().sysvSemaphoreSet.value(set.id, set.#index(index));
  }

  /** Sets one value, whoever waits: SETVAL. It also cancels what `undo` has noted for it. */
  setValue(index: number, value: number): void {
    const set = SemaphoreSet.#of(this);
    native().sysvSemaphoreSet.setValue(
      set.id,
      set.#index(index),
      checkInteger(value, 'value', 0, greatestValue),
    );
  }

  /** Sets all values: SETALL. */
  setValues(values: readonly number[]): void {
    const { id, count } = SemaphoreSet.#of(this);
    const words = packValues(values);
    if (words.length !== count) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `\`values\`: expected ${count} of them, got ${words.length}`,
      );
    }
    native().sysvSemaphoreSet.setValues(id, bytesOfWords(words));
  }

  /** How many wait for a larger value: GETNCNT. */
  waitingForIncrease(index: number): number {
    const set = SemaphoreSet.#of(this);
    return native().sysvSemaphoreSet.waitingForIncrease(set.id, set.#index(index));
  }

  /** How many wait for 0: GETZCNT. */
  waitingForZero(index: number): number {
    const set = SemaphoreSet.#of(this);
    return native().sysvSemaphoreSet.waitingForZero(set.id, set.#index(index));
  }

  /** The process that changed it last: GETPID. */
  lastPid(index: number): number {
    const set = SemaphoreSet.#of(this);
    return native().sysvSemaphoreSet.lastPid(set.id, set.#index(index));
  }

  #operate(packed: Uint8Array, options: Wait | undefined): Promise<void> {
    const wait = checkWaitFields(checkOptions(options, waitOptions));
    const key = packed.join();
    const lane = this.#lanes.of(key, (ended) => this.#makeLane(packed, ended));
    const waited = ended(lane.wait(undefined, wait));
    this.#lanes.tidy(key);
    return waited;
  }

  #makeLane(packed: Uint8Array, ended: () => void): ThreadLane<undefined, true> {
    const { sysvSemaphoreSet } = native();
    return new ThreadLane({
      operation: 'operate',
      syscall: 'semop',
      subject: { id: this.id },
      keepAlive: this.keepAlive,
      anonymous: true,
      take: () => sysvSemaphoreSet.tryOperate(this.id, packed) || undefined,
      start: (_request, done) => sysvSemaphoreSet.startOperate(this.id, packed, done),
      itemOf: () => true,
      ended,
    });
  }

  #index(index: number): number {
    return checkInteger(index, 'index', 0, this.#count - 1);
  }
}

function initialise(kind: NativeSysvSemaphoreSet, id: number, values: Uint16Array): void {
  try {
    kind.initialise(id, bytesOfWords(values));
  } catch (error) {
    kind.remove(id);
    throw error;
  }
}

function packValues(values: readonly number[]): Uint16Array {
  if (!Array.isArray(values)) {
    throw argumentError(
      'ERR_INVALID_ARG_TYPE',
      `\`values\`: expected an array of numbers, got ${show(values)}`,
    );
  }
  return Uint16Array.from(values, (value, index) =>
    checkInteger(value, `values[${index}]`, 0, greatestValue),
  );
}
