import { custom, describe } from '../describe.js';
import { closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { Intent, internal } from '../handle.js';
import { type NativeMutex, native, Outcome } from '../native.js';
import { checkOptions, checkWait, type WaitOptions } from '../options.js';
import { BellLane } from '../segment/bell-lane.js';
import { closedBlock, magicWord, ownerWord, published } from '../segment/block.js';
import { Spin } from '../segment/spin.js';
import { listenedSignals } from '../signals.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
import { promised } from '../waiting/promised.js';
import { enrol, heldHere } from './holders.js';
import { Lock } from './lock.js';
import {
  checkLockOptions,
  type LockCreateOptions,
  type LockOpenOptions,
  type LockOpenOrCreateOptions,
  type LockPlace,
  type Obtained,
  obtain,
} from './place.js';
import { checkRecover, type Recover, type RecoverOption, runRecover } from './recover.js';

export interface MutexCreateOptions extends LockCreateOptions, RecoverOption {}
export interface MutexOpenOptions extends LockOpenOptions, RecoverOption {}
export interface MutexOpenOrCreateOptions extends LockOpenOrCreateOptions, RecoverOption {}

const waitOptions = ['timeout', 'signal'] as const;

// Own constants, which the engine writes into its code; what is imported it loads each time: 1 ns of 27 for a lock.
const word = ownerWord;
const magic = magicWord;
const done = published;
const made: typeof internal = internal;

// What guards and conditions ask of a mutex.
let unlock: (mutex: Mutex, turn: number) => void;
let makeConsistent: (mutex: Mutex, turn: number) => void;
let holds: (mutex: Mutex, turn: number) => boolean;
let nativeOf: (mutex: Mutex) => NativeMutex;
let relock: (mutex: Mutex, guard: MutexGuard) => Promise<MutexGuard>;
let relockSync: (mutex: Mutex, guard: MutexGuard) => MutexGuard;
let renew: (guard: MutexGuard, turn: number, ownerDied: boolean) => void;

/** The right to what a {@link Mutex} protects, from `lock` to `unlock`: of whatever task, across any await. */
export class MutexGuard implements Disposable {
  readonly #mutex: Mutex;
  /** Which of the mutex's turns it stands for. A number: the mutex, which is old, refers to no young guard. */
  #turn: number;
  #ownerDied: boolean;

  static {
    renew = (guard, turn, ownerDied) => {
      guard.#turn = turn;
      guard.#ownerDied = ownerDied;
    };
  }

  /** @internal */
  constructor(key: typeof internal, mutex: Mutex, turn: number, ownerDied: boolean) {
    if (key !== made) throw constructorError('MutexGuard', 'lock() of a Mutex');
    this.#mutex = mutex;
    this.#turn = turn;
    this.#ownerDied = ownerDied;
  }

  static #of(value: MutexGuard): MutexGuard {
    if (typeof value !== 'object' || value === null || !(#mutex in value)) throw receiverError('MutexGuard');
    return value;
  }

  /**
   * Whether the last owner died while it had the lock (`EOWNERDEAD`): what it protects may be half changed, unless a
   * `recover` function has set it right.
   */
  get ownerDied(): boolean {
    return MutexGuard.#of(this).#ownerDied;
  }

  /** Whether it has not been unlocked. */
  get held(): boolean {
    const guard = MutexGuard.#of(this);
    return holds(guard.#mutex, guard.#turn);
  }

  /** What the mutex protects is in order again: pthread_mutex_consistent(3). */
  makeConsistent(): void {
    const guard = MutexGuard.#of(this);
    makeConsistent(guard.#mutex, guard.#turn);
  }

  /**
   * Gives the lock back: pthread_mutex_unlock(3). `EPERM` a second time. After a death, without `makeConsistent()`, the
   * mutex is `ENOTRECOVERABLE` from now on, for everybody.
   */
  unlock(): void {
    const guard = MutexGuard.#of(this);
    unlock(guard.#mutex, guard.#turn);
  }

  /** Unlocks, unless that has been done. */
  [Symbol.dispose](): void {
    const guard = MutexGuard.#of(this);
    if (guard.held) guard.unlock();
  }

  [custom](_depth: number, options: object): string {
    const { held, ownerDied } = MutexGuard.#of(this);
    return describe('MutexGuard', { held, ownerDied }, options);
  }

  /** @internal */
  static is(value: unknown): value is MutexGuard {
    return typeof value === 'object' && value !== null && #mutex in value;
  }

  /** @internal For Condition: takes the lock again for the same guard, however long that takes. */
  static relock(guard: MutexGuard): Promise<MutexGuard> {
    return relock(guard.#mutex, guard);
  }

  /** @internal */
  static nativeOf(guard: MutexGuard): NativeMutex {
    return nativeOf(guard.#mutex);
  }

  /** @internal */
  static relockSync(guard: MutexGuard): MutexGuard {
    return relockSync(guard.#mutex, guard);
  }
}

/**
 * A lock between processes that survives its owner. Whoever is killed while holding it leaves it to the next one, who is
 * told. It may be held across awaits, in workers, and by processes of different PID namespaces. There is no order among
 * processes; those who wait in one process are served in the order they came.
 */
export class Mutex extends Lock {
  readonly #native: NativeMutex;
  readonly #mine: number;
  readonly #identity: string;
  readonly #recover: Recover | undefined;
  readonly #dismiss: () => void;
  /** The block; another one, that nobody can lock, once this handle is closed. */
  #words: Int32Array;
  readonly #spin = new Spin();
  /** Which guard has the lock; negative, which had it last. */
  #turn = 0;
  /** Who waits in this process: in the order they came. */
  #lane: BellLane<MutexGuard | undefined, MutexGuard> | undefined;

  static {
    unlock = (mutex, turn) => mutex.#unlock(turn);
    nativeOf = (mutex) => mutex.#native;
    holds = (mutex, turn) => mutex.#turn === turn;
    makeConsistent = (mutex, turn) => {
      mutex.#check(turn, 'pthread_mutex_consistent');
      mutex.#native.makeConsistent();
    };
    relock = (mutex, guard) => mutex.#wait(guard, { timeout: Number.POSITIVE_INFINITY, signal: undefined });
    relockSync = (mutex, guard) => mutex.#lockSync(guard, Number.POSITIVE_INFINITY, undefined);
  }

  /** A new one. `EEXIST`. */
  static create(at: LockPlace, options?: MutexCreateOptions): Mutex {
    return Mutex.#make(Intent.create, at, options);
  }

  /** One that is there. `ENOENT`; `EPROTO` where there is none, or an unfinished one; `EPERM` by its owner. */
  static open(at: LockPlace, options?: MutexOpenOptions): Mutex {
    return Mutex.#make(Intent.open, at, options);
  }

  /** One that is there; else a new one. */
  static openOrCreate(at: LockPlace, options?: MutexOpenOrCreateOptions): Mutex {
    return Mutex.#make(Intent.openOrCreate, at, options);
  }

  static #make(intent: Intent, at: LockPlace, options?: Partial<MutexOpenOrCreateOptions>): Mutex {
    const { recover, ...others } = checkLockOptions(intent, options, 'recover');
    const checked = checkRecover(recover);
    return new Mutex(internal, obtain(native().Mutex, intent, at, others), checked);
  }

  /** @internal */
  constructor(key: typeof internal, obtained: Obtained<NativeMutex>, recover: Recover | undefined) {
    super(key, obtained);
    this.#native = obtained.native;
    this.#mine = obtained.mine;
    this.#identity = obtained.identity;
    this.#words = obtained.words;
    this.#recover = recover;
    this.#dismiss = enrol(obtained.identity, this);
  }

  static #of(value: Mutex): Mutex {
    if (typeof value !== 'object' || value === null || !(#native in value)) throw receiverError('Mutex');
    return value;
  }

  /** Whether a guard of this handle has the lock. */
  get held(): boolean {
    return Mutex.#of(this).#turn > 0;
  }

  /** The lock if nobody has it, or its owner is dead: pthread_mutex_trylock(3). `ENOTRECOVERABLE`. */
  tryLock(): MutexGuard | undefined {
    const mutex = Mutex.#of(this);
    return mutex.#takeFree() ?? mutex.#tryLock();
  }

  /**
   * The lock, after those of this handle who came before: pthread_mutex_lock(3). `ETIMEDOUT`, `ENOTRECOVERABLE`; the
   * signal's reason.
   */
  lock(options?: Wait): Promise<MutexGuard> {
    return promised(() => {
      const mutex = Mutex.#of(this);
      return mutex.#wait(undefined, checkWaitFields(checkOptions(options, waitOptions)));
    });
  }

  /** The lock; blocks the thread until it is free. `EDEADLK` where this thread has it; `ETIMEDOUT`, `ENOTRECOVERABLE`. */
  lockSync(options?: WaitOptions): MutexGuard {
    const mutex = Mutex.#of(this);
    const timeout = checkWait(options);
    return mutex.#takeFree() ?? mutex.#takeSoon() ?? mutex.#lockSync(undefined, timeout, listenedSignals());
  }

  [custom](_depth: number, options: object): string {
    const { name, held, closed } = Mutex.#of(this);
    return describe('Mutex', { name, held, closed }, options);
  }

  /** @internal */
  protected override inUse(): boolean {
    return Mutex.#of(this).#turn > 0;
  }

  /** @internal */
  protected override rejectWaits(): void {
    const mutex = Mutex.#of(this);
    mutex.#words = closedBlock;
    mutex.#lane?.close(() => closedError('lock', mutex.subject));
    mutex.#dismiss();
  }

  /** The frequent case, without a native call: some 25 ns with unlock(). */
  #takeFree(): MutexGuard | undefined {
    if (this.#turn > 0) return undefined;
    if (Atomics.compareExchange(this.#words, word, 0, this.#mine) !== 0) return undefined;
    // Zeros in place of a file that was truncated look like a free lock.
    if (this.#words[magic] !== done) return undefined;
    return new MutexGuard(made, this, this.#nextTurn(), false);
  }

  #takeSoon(): MutexGuard | undefined {
    return this.#turn <= 0 && this.#spin.until0(this.#words, ownerWord) ? this.#takeFree() : undefined;
  }

  #nextTurn(): number {
    const turn = 1 - this.#turn;
    this.#turn = turn;
    return turn;
  }

  #tryLock(): MutexGuard | undefined {
    if (this.closed) throw closedError('tryLock', this.subject);
    return this.#attempt(undefined, false);
  }

  #attempt(again: MutexGuard | undefined, waiting: boolean): MutexGuard | undefined {
    if (this.#turn > 0) return undefined;
    const outcome = this.#native.attempt(waiting);
    return outcome === Outcome.busy ? undefined : this.#grant(outcome, again);
  }

  #grant(outcome: Outcome, again: MutexGuard | undefined): MutexGuard {
    const ownerDied = outcome === Outcome.inherited;
    const turn = this.#nextTurn();
    if (ownerDied && this.#recover !== undefined) this.#recoverBy(this.#recover);
    if (again === undefined) return new MutexGuard(made, this, turn, ownerDied);
    renew(again, turn, ownerDied);
    return again;
  }

  #recoverBy(recover: Recover): void {
    try {
      runRecover(recover, this.#native);
    } catch (error) {
      this.#turn = -this.#turn;
      this.#proceedLater();
      throw error;
    }
  }

  #wait(again: MutexGuard | undefined, wait: ReturnType<typeof checkWaitFields>): Promise<MutexGuard> {
    if (this.closed) throw closedError('lock', this.subject);
    this.#lane ??= new BellLane(this.#native, {
      operation: 'lock',
      syscall: 'pthread_mutex_lock',
      subject: this.subject,
      keepAlive: this.keepAlive,
      take: (request) =>
        (request === undefined ? this.#takeFree() : undefined) ?? this.#attempt(request, false),
      look: (request) => this.#attempt(request, true),
      held: () => this.#turn > 0,
    });
    return this.#lane.wait(again, wait);
  }

  #lockSync(again: MutexGuard | undefined, timeout: number, signals: Uint8Array | undefined): MutexGuard {
    if (this.closed) throw closedError('lockSync', this.subject);
    if (heldHere(this.#identity)) throw new IpcError('EDEADLK', 'pthread_mutex_lock', this.subject);
    return this.#grant(this.#native.lockSync(timeout, signals), again);
  }

  #unlock(turn: number): void {
    this.#check(turn, 'pthread_mutex_unlock');
    this.#turn = -turn;
    const others = Atomics.compareExchange(this.#words, word, this.#mine, 0) !== this.#mine;
    if (others) this.#unlockForOthers();
    else if (this.#lane !== undefined) this.#lane.proceed();
  }

  /** Other processes wait for it too: those of this one stand back for a turn of the loop. */
  #unlockForOthers(): void {
    this.#proceedLater();
    this.#native.unlock();
  }

  #proceedLater(): void {
    if (this.#lane?.empty === false) setImmediate(() => this.#lane?.proceed());
  }

  #check(turn: number, syscall: string): void {
    if (this.#turn !== turn) throw new IpcError('EPERM', syscall, this.subject);
  }
}
