import { argumentError, constructorError, receiverError } from '../errors.js';
import { internal } from '../handle.js';
import type { NativeSysvSemaphoreSet } from '../native.js';
import { checkBoolean, checkInteger, checkOptions, checkWait, type WaitOptions } from '../options.js';
import { listenedSignals } from '../signals.js';
import type { Wait } from '../waiting/options.js';
import { promised } from '../waiting/promised.js';

/** One element of the list that semop(2) applies. */
export interface Operation {
  /** Which semaphore of the set. */
  index: number;
  /** Positive: add. Negative: take, and wait until that is possible. 0: wait until the value is 0. */
  delta: number;
  /** The kernel takes it back when this process ends, however it ends (SEM_UNDO): false. */
  undo?: boolean | undefined;
}

const operationOptions = ['index', 'delta', 'undo'] as const;
const SEM_UNDO = 0x1000;

/** SEMVMX. */
export const greatestValue = 32767;

/** A list of operations, checked and packed once, for a caller that applies it often. */
export class PreparedOperations {
  readonly #tryOperate: () => boolean;
  readonly #operateSync: (timeout: number, signals: Uint8Array | undefined) => void;
  readonly #operate: (options: Wait | undefined) => Promise<void>;

  /** @internal */
  constructor(
    key: typeof internal,
    calls: ReturnType<NativeSysvSemaphoreSet['prepare']>,
    operate: (options: Wait | undefined) => Promise<void>,
  ) {
    if (key !== internal) throw constructorError('PreparedOperations', 'prepare of a SemaphoreSet');
    this.#tryOperate = calls.tryOperate;
    this.#operateSync = calls.operateSync;
    this.#operate = operate;
  }

  static #of(value: PreparedOperations): PreparedOperations {
    if (typeof value !== 'object' || value === null || !(#tryOperate in value)) {
      throw receiverError('PreparedOperations');
    }
    return value;
  }

  /** See {@link SemaphoreSet.tryOperate}. */
  tryOperate(): boolean {
    return PreparedOperations.#of(this).#tryOperate();
  }

  /** See {@link SemaphoreSet.operateSync}. */
  operateSync(options?: WaitOptions): void {
    PreparedOperations.#of(this).#operateSync(checkWait(options), listenedSignals());
  }

  /** See {@link SemaphoreSet.operate}. */
  operate(options?: Wait): Promise<void> {
    return promised(() => PreparedOperations.#of(this).#operate(options));
  }
}

/** struct sembuf: number, change, flags, 16 bits each. */
export function packOperations(operations: Operation | readonly Operation[]): Uint8Array {
  const list: readonly Operation[] = Array.isArray(operations) ? operations : [operations as Operation];
  if (list.length === 0) throw argumentError('ERR_INVALID_ARG_VALUE', '`operations`: expected at least one');
  const words = new Int16Array(3 * list.length);
  list.forEach((operation, position) => {
    if (operation === undefined) {
      throw argumentError('ERR_INVALID_ARG_TYPE', '`operations`: expected { index, delta }, got undefined');
    }
    const { index, delta, undo } = checkOptions(operation, operationOptions);
    words[3 * position] = checkInteger(index, 'index', 0, 2 ** 16 - 1);
    words[3 * position + 1] = checkInteger(delta, 'delta', -greatestValue - 1, greatestValue);
    words[3 * position + 2] = checkBoolean(undo, 'undo', false) ? SEM_UNDO : 0;
  });
  return bytesOfWords(words);
}

export function bytesOfWords(words: Int16Array | Uint16Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
