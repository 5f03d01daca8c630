import { custom, describe } from '../describe.js';
import { argumentError, closedError, receiverError } from '../errors.js';
import { Intent, internal } from '../handle.js';
import { type NativeCondition, type NativeMutex, native, Outcome } from '../native.js';
import { checkOptions, checkWait, show, type WaitOptions } from '../options.js';
import { BellLane } from '../segment/bell-lane.js';
import { listenedSignals } from '../signals.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
import { Lock } from './lock.js';
import { MutexGuard } from './mutex.js';
import {
  checkLockOptions,
  type LockCreateOptions,
  type LockOpenOptions,
  type LockOpenOrCreateOptions,
  type LockPlace,
  type Obtained,
  obtain,
} from './place.js';

/** The value of the counter before the mutex was given back, and that mutex. */
interface Request {
  readonly noted: number;
  readonly mutex: NativeMutex;
}

const waitOptions = ['timeout', 'signal'] as const;

/**
 * "Something has changed", between processes: pthread_cond_wait(3). It goes with whatever {@link Mutex} protects what
 * changes. `signal` and `broadcast` both wake everybody, and a wait may end without cause; so look at what you wait for
 * in a loop: `while (!ready()) await condition.wait(guard)`. No signal is lost that is given after `wait` was called; give
 * it while you hold the mutex, so that a death just before it is not lost either: who waits gets the mutex then, and
 * `ownerDied`.
 */
export class Condition extends Lock {
  readonly #native: NativeCondition;
  readonly #lane: BellLane<Request, true>;

  /** A new one. `EEXIST`. */
  static create(at: LockPlace, options?: LockCreateOptions): Condition {
    return Condition.#make(Intent.create, at, options);
  }

  /** One that is there. `ENOENT`; `EPROTO` where there is none, or an unfinished one; `EPERM` by its owner. */
  static open(at: LockPlace, options?: LockOpenOptions): Condition {
    return Condition.#make(Intent.open, at, options);
  }

  /** One that is there; else a new one. */
  static openOrCreate(at: LockPlace, options?: LockOpenOrCreateOptions): Condition {
    return Condition.#make(Intent.openOrCreate, at, options);
  }

  static #make(intent: Intent, at: LockPlace, options?: Partial<LockOpenOrCreateOptions>): Condition {
    return new Condition(internal, obtain(native().Condition, intent, at, checkLockOptions(intent, options)));
  }

  /** @internal */
  constructor(key: typeof internal, obtained: Obtained<NativeCondition>) {
    super(key, obtained);
    this.#native = obtained.native;
    const look = ({ noted, mutex }: Request): true | undefined =>
      this.#native.look(noted, mutex) === Outcome.busy ? undefined : true;
    this.#lane = new BellLane(obtained.native, {
      operation: 'wait',
      syscall: 'pthread_cond_wait',
      subject: obtained.subject,
      keepAlive: this.keepAlive,
      take: look,
      look,
    });
  }

  static #of(value: Condition): Condition {
    if (typeof value !== 'object' || value === null || !(#native in value)) throw receiverError('Condition');
    return value;
  }

  /**
   * Gives the guard's mutex back, waits for a signal, and takes the mutex again for the same guard, also when the wait
   * fails: pthread_cond_wait(3). `EPERM` where the guard is not held; `ETIMEDOUT`; the signal's reason; what locking
   * the mutex refuses, and then the guard is not held. Look at `guard.ownerDied` afterwards.
   */
  async wait(guard: MutexGuard, options?: Wait): Promise<void> {
    const condition = Condition.#of(this);
    checkGuard(guard);
    const wait = checkWaitFields(checkOptions(options, waitOptions));
    wait.signal?.throwIfAborted();
    if (condition.closed) throw closedError('wait', condition.subject);
    // Under the mutex: whoever changes what it protects counts after this.
    const request = { noted: condition.#native.note(), mutex: MutexGuard.nativeOf(guard) };
    guard.unlock();
    try {
      await condition.#lane.wait(request, wait);
    } finally {
      await MutexGuard.relock(guard);
    }
  }

  /** The same; blocks the thread. */
  waitSync(guard: MutexGuard, options?: WaitOptions): void {
    const condition = Condition.#of(this);
    checkGuard(guard);
    const timeout = checkWait(options);
    if (condition.closed) throw closedError('waitSync', condition.subject);
    const noted = condition.#native.note();
    guard.unlock();
    try {
      condition.#native.waitSync(noted, MutexGuard.nativeOf(guard), timeout, listenedSignals());
    } finally {
      MutexGuard.relockSync(guard);
    }
  }

  /** Wakes those who wait: pthread_cond_signal(3). POSIX wakes one or more; here it is all. */
  signal(): void {
    Condition.#of(this).#native.signal();
  }

  /** Wakes those who wait: pthread_cond_broadcast(3). */
  broadcast(): void {
    Condition.#of(this).#native.signal();
  }

  [custom](_depth: number, options: object): string {
    const { name, closed } = Condition.#of(this);
    return describe('Condition', { name, closed }, options);
  }

  /** @internal */
  protected override rejectWaits(): void {
    const condition = Condition.#of(this);
    condition.#lane.close(() => closedError('wait', condition.subject));
  }
}

function checkGuard(guard: unknown): asserts guard is MutexGuard {
  if (MutexGuard.is(guard)) return;
  throw argumentError(
    'ERR_INVALID_ARG_TYPE',
    `\`guard\`: expected what lock() of a Mutex gave, got ${show(guard)}`,
  );
}
