import { custom, describe } from '../describe.js';
import { closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { Intent, internal } from '../handle.js';
import { type NativeRwLock, native, Outcome } from '../native.js';
import { checkOptions, checkWait, type WaitOptions } from '../options.js';
import { BellLane } from '../segment/bell-lane.js';
import { closedBlock, magicWord, ownerWord, published, shareOf, shareWord } from '../segment/block.js';
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
import { takeBack } from './take-back.js';

export interface RwLockCreateOptions extends LockCreateOptions, RecoverOption {}
export interface RwLockOpenOptions extends LockOpenOptions, RecoverOption {}
export interface RwLockOpenOrCreateOptions extends LockOpenOrCreateOptions, RecoverOption {}

type Mode = 'read' | 'write';

const waitOptions = ['timeout', 'signal'] as const;
const syscalls = { read: 'pthread_rwlock_rdlock', write: 'pthread_rwlock_wrlock' } as const;

// What guards ask of a lock.
let unlock: (lock: RwLock, guard: RwGuard) => void;
let makeConsistent: (lock: RwLock, guard: RwGuard) => void;
let holds: (lock: RwLock, guard: RwGuard) => boolean;

/** The right to read, or to read and write, what a {@link RwLock} protects: of whatever task, across any await. */
export class RwGuard implements Disposable {
  readonly #lock: RwLock;
  /** Whether nobody else is in. Also a reader's guard may be so: where it was the first to find a writer dead. */
  readonly exclusive: boolean;
  /**
   * Whether a writer died while it had the lock (`EOWNERDEAD`): what it protects may be half changed, unless a `recover`
   * function has set it right. Such a guard is exclusive, also one that was asked for reading.
   */
  readonly ownerDied: boolean;

  /** @internal */
  constructor(key: typeof internal, lock: RwLock, exclusive: boolean, ownerDied: boolean) {
    if (key !== internal) throw constructorError('RwGuard', 'read() or write() of an RwLock');
    this.#lock = lock;
    this.exclusive = exclusive;
    this.ownerDied = ownerDied;
  }

  static #of(value: RwGuard): RwGuard {
    if (typeof value !== 'object' || value === null || !(#lock in value)) throw receiverError('RwGuard');
    return value;
  }

  /** Whether it has not been unlocked. */
  get held(): boolean {
    return holds(RwGuard.#of(this).#lock, this);
  }

  /** What the lock protects is in order again. `EPERM` where the guard is not exclusive. */
  makeConsistent(): void {
    makeConsistent(RwGuard.#of(this).#lock, this);
  }

  /**
   * Gives the lock back: pthread_rwlock_unlock(3). `EPERM` a second time. After a death, without `makeConsistent()`, the
   * lock is `ENOTRECOVERABLE` from now on, for everybody.
   */
  unlock(): void {
    unlock(RwGuard.#of(this).#lock, this);
  }

  /** Unlocks, unless that has been done. */
  [Symbol.dispose](): void {
    const guard = RwGuard.#of(this);
    if (guard.held) guard.unlock();
  }

  [custom](_depth: number, options: object): string {
    const { held, exclusive, ownerDied } = RwGuard.#of(this);
    return describe('RwGuard', { held, exclusive, ownerDied }, options);
  }
}

/**
 * Many readers or one writer, between processes: pthread_rwlock_rdlock(3). A writer that waits keeps new readers out, so
 * it is not starved. A reader that dies holds up nobody; a writer that dies is told to the next one, who has the lock
 * alone to set things right. It may be held across awaits, in workers, and across PID namespaces.
 */
export class RwLock extends Lock {
  readonly #native: NativeRwLock;
  readonly #identity: string;
  readonly #recover: Recover | undefined;
  readonly #dismiss: () => void;
  readonly #lane: BellLane<Mode, RwGuard>;
  /** In the block: the flag of this seat, and its value while somebody reads. */
  readonly #shareWord: number;
  readonly #share: number;
  #words: Int32Array;
  readonly #readers = new Set<RwGuard>();
  #writer: RwGuard | undefined;

  static {
    unlock = (lock, guard) => lock.#unlock(guard);
    holds = (lock, guard) => lock.#writer === guard || lock.#readers.has(guard);
    makeConsistent = (lock, guard) => {
      if (lock.#writer !== guard) throw new IpcError('EPERM', 'makeConsistent', lock.subject);
      lock.#native.makeConsistent();
    };
  }

  /** A new one. `EEXIST`. */
  static create(at: LockPlace, options?: RwLockCreateOptions): RwLock {
    return RwLock.#make(Intent.create, at, options);
  }

  /** One that is there. `ENOENT`; `EPROTO` where there is none, or an unfinished one; `EPERM` by its owner. */
  static open(at: LockPlace, options?: RwLockOpenOptions): RwLock {
    return RwLock.#make(Intent.open, at, options);
  }

  /** One that is there; else a new one. */
  static openOrCreate(at: LockPlace, options?: RwLockOpenOrCreateOptions): RwLock {
    return RwLock.#make(Intent.openOrCreate, at, options);
  }

  static #make(intent: Intent, at: LockPlace, options?: Partial<RwLockOpenOrCreateOptions>): RwLock {
    const { recover, ...others } = checkLockOptions(intent, options, 'recover');
    const checked = checkRecover(recover);
    return new RwLock(internal, obtain(native().RwLock, intent, at, others), checked);
  }

  /** @internal */
  constructor(key: typeof internal, obtained: Obtained<NativeRwLock>, recover: Recover | undefined) {
    super(key, obtained);
    this.#native = obtained.native;
    this.#identity = obtained.identity;
    this.#words = obtained.words;
    this.#shareWord = shareWord(obtained.mine);
    this.#share = shareOf(obtained.mine);
    this.#recover = recover;
    this.#dismiss = enrol(obtained.identity, this);
    this.#lane = new BellLane(obtained.native, {
      operation: (mode) => mode,
      syscall: (mode) => syscalls[mode],
      subject: obtained.subject,
      keepAlive: this.keepAlive,
      take: (mode) => this.#attempt(mode, false),
      look: (mode) => this.#attempt(mode, true),
      held: (mode) => this.#writer !== undefined || (mode === 'write' && this.#readers.size > 0),
      gaveUp: () => takeBack(() => this.#native.giveUp()),
    });
  }

  static #of(value: RwLock): RwLock {
    if (typeof value !== 'object' || value === null || !(#native in value)) throw receiverError('RwLock');
    return value;
  }

  /** Whether a guard of this handle reads or writes. */
  get held(): boolean {
    return RwLock.#of(this).inUse();
  }

  /** To read, if no writer is in or waits: pthread_rwlock_tryrdlock(3). `ENOTRECOVERABLE`. */
  tryRead(): RwGuard | undefined {
    return RwLock.#of(this).#try('read');
  }

  /** To read, after those of this handle who came before. `ETIMEDOUT`, `ENOTRECOVERABLE`; the signal's reason. */
  read(options?: Wait): Promise<RwGuard> {
    return promised(() => RwLock.#of(this).#wait('read', options));
  }

  /** To read; blocks the thread. `EDEADLK` where this thread has it for writing; `ETIMEDOUT`, `ENOTRECOVERABLE`. */
  readSync(options?: WaitOptions): RwGuard {
    const lock = RwLock.#of(this);
    const timeout = checkWait(options);
    if (lock.#readers.size > 0) return lock.#join();
    return lock.#waitSync('read', timeout);
  }

  /** To write, if nobody is in: pthread_rwlock_trywrlock(3). `ENOTRECOVERABLE`. */
  tryWrite(): RwGuard | undefined {
    return RwLock.#of(this).#try('write');
  }

  /** To write, after those of this handle who came before. `ETIMEDOUT`, `ENOTRECOVERABLE`; the signal's reason. */
  write(options?: Wait): Promise<RwGuard> {
    return promised(() => RwLock.#of(this).#wait('write', options));
  }

  /** To write; blocks the thread. `EDEADLK` where this thread has it; `ETIMEDOUT`, `ENOTRECOVERABLE`. */
  writeSync(options?: WaitOptions): RwGuard {
    const lock = RwLock.#of(this);
    return lock.#waitSync('write', checkWait(options));
  }

  [custom](_depth: number, options: object): string {
    const { name, held, closed } = RwLock.#of(this);
    return describe('RwLock', { name, held, closed }, options);
  }

  /** @internal */
  protected override inUse(): boolean {
    const lock = RwLock.#of(this);
    return lock.#writer !== undefined || lock.#readers.size > 0;
  }

  /** @internal */
  protected override rejectWaits(): void {
    const lock = RwLock.#of(this);
    lock.#words = closedBlock;
    lock.#lane.close((mode) => closedError(mode, lock.subject));
    lock.#dismiss();
  }

  #try(mode: Mode): RwGuard | undefined {
    if (this.closed) throw closedError(mode === 'read' ? 'tryRead' : 'tryWrite', this.subject);
    return this.#lane.empty ? this.#attempt(mode, false) : undefined;
  }

  #wait(mode: Mode, options: Wait | undefined): Promise<RwGuard> {
    const wait = checkWaitFields(checkOptions(options, waitOptions));
    if (this.closed) throw closedError(mode, this.subject);
    return this.#lane.wait(mode, wait);
  }

  #waitSync(mode: Mode, timeout: number): RwGuard {
    if (this.closed) throw closedError(`${mode}Sync`, this.subject);
    // A task that waits may have the writer's word already. It gives it back, and looks again when this is over.
    if (!this.#lane.empty) this.#native.giveUp();
    try {
      const free = this.#attempt(mode, false);
      if (free !== undefined) return free;
      if (heldHere(this.#identity)) throw new IpcError('EDEADLK', syscalls[mode], this.subject);
      const signals = listenedSignals();
      const outcome =
        mode === 'read' ? this.#native.readSync(timeout, signals) : this.#native.writeSync(timeout, signals);
      return this.#grant(mode, outcome);
    } catch (error) {
      this.#lane.proceed();
      throw error;
    }
  }

  #attempt(mode: Mode, waiting: boolean): RwGuard | undefined {
    if (this.#writer !== undefined) return undefined;
    if (mode === 'write') {
      if (this.#readers.size > 0) return undefined;
      return this.#judge(mode, this.#native.attemptWrite(waiting));
    }
    if (this.#readers.size > 0) return this.#openToReaders() ? this.#join() : undefined;
    return this.#enter() ? this.#join() : this.#judge(mode, this.#native.attemptRead(waiting));
  }

  #openToReaders(): boolean {
    return Atomics.load(this.#words, ownerWord) === 0;
  }

  /** The frequent case of a reader, without a native call. The flag first, then another look at the writer's word. */
  #enter(): boolean {
    if (!this.#openToReaders() || this.#words[magicWord] !== published) return false;
    Atomics.store(this.#words, this.#shareWord, this.#share);
    if (this.#openToReaders() && this.#words[magicWord] === published) return true;
    // The native attempt that follows sets the flag anew, or takes it back and rings.
    this.#native.unlockRead();
    return false;
  }

  #join(): RwGuard {
    const guard = new RwGuard(internal, this, false, false);
    this.#readers.add(guard);
    return guard;
  }

  #judge(mode: Mode, outcome: Outcome): RwGuard | undefined {
    return outcome === Outcome.busy ? undefined : this.#grant(mode, outcome);
  }

  #grant(mode: Mode, outcome: Outcome): RwGuard {
    const inherited = outcome === Outcome.inherited;
    if (mode === 'read' && !inherited) return this.#join();
    const guard = new RwGuard(internal, this, true, inherited);
    this.#writer = guard;
    if (inherited && this.#recover !== undefined) this.#recoverBy(this.#recover);
    return guard;
  }

  #recoverBy(recover: Recover): void {
    try {
      runRecover(recover, this.#native);
    } catch (error) {
      this.#writer = undefined;
      this.#proceedLater();
      throw error;
    }
  }

  #unlock(guard: RwGuard): void {
    if (guard === this.#writer) {
      this.#writer = undefined;
      this.#proceedLater();
      this.#native.unlockWrite();
      return;
    }
    if (!this.#readers.delete(guard)) throw new IpcError('EPERM', 'pthread_rwlock_unlock', this.subject);
    if (this.#readers.size > 0) return;
    Atomics.store(this.#words, this.#shareWord, 0);
    try {
      // Who writes waits for this; or the block is gone.
      if (!this.#openToReaders() || this.#words[magicWord] !== published) this.#native.unlockRead();
    } finally {
      this.#lane.proceed();
    }
  }

  /** Other processes may wait: those of this one stand back for a turn of the loop. */
  #proceedLater(): void {
    if (!this.#lane.empty) setImmediate(() => this.#lane.proceed());
  }
}
