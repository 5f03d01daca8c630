import { custom, describe } from '../describe.js';
import { closedError, receiverError } from '../errors.js';
import { Intent, internal } from '../handle.js';
import { type NativeBarrier, native, Outcome } from '../native.js';
import { checkInteger, checkOptions, checkWait, type WaitOptions } from '../options.js';
import { BellLane } from '../segment/bell-lane.js';
import { closedBlock, ownerWord, partiesWord } from '../segment/block.js';
import { listenedSignals } from '../signals.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
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
import { takeBack } from './take-back.js';

interface Parties {
  /** How many have to come: 1 to 252. Each has a handle of its own. */
  parties: number;
}

export interface BarrierCreateOptions extends LockCreateOptions, Parties {}
export interface BarrierOpenOrCreateOptions extends LockOpenOrCreateOptions, Parties {}

const waitOptions = ['timeout', 'signal'] as const;
const mostParties = 252;
/** Bit of the state word. */
const broken = 1 << 31;

/**
 * Nobody passes before all have come, time after time: pthread_barrier_wait(3). Each handle is one party. Where one of
 * them dies, its handle open, nobody waits for it: `EOWNERDEAD`, until somebody says `reset()`.
 */
export class Barrier extends Lock {
  readonly #native: NativeBarrier;
  readonly #lane: BellLane<undefined, boolean>;
  #words: Int32Array;
  #waiting = false;

  /** A new one. `EEXIST`. */
  static create(at: LockPlace, options: BarrierCreateOptions): Barrier {
    return Barrier.#make(Intent.create, at, options);
  }

  /** One that is there. `ENOENT`; `EPROTO` where there is none, or an unfinished one; `EPERM` by its owner. */
  static open(at: LockPlace, options?: LockOpenOptions): Barrier {
    const checked = checkLockOptions(Intent.open, options);
    return new Barrier(internal, obtain(native().Barrier, Intent.open, at, checked));
  }

  /** One that is there, for as many (else `EPROTO`); or a new one. */
  static openOrCreate(at: LockPlace, options: BarrierOpenOrCreateOptions): Barrier {
    return Barrier.#make(Intent.openOrCreate, at, options);
  }

  static #make(intent: Intent, at: LockPlace, options?: Partial<BarrierOpenOrCreateOptions>): Barrier {
    const { parties, ...others } = checkLockOptions(intent, options, 'parties');
    const count = checkInteger(parties, 'parties', 1, mostParties);
    return new Barrier(internal, obtain(native().Barrier, intent, at, others, count));
  }

  /** @internal */
  constructor(key: typeof internal, obtained: Obtained<NativeBarrier>) {
    super(key, obtained);
    this.#native = obtained.native;
    this.#words = obtained.words;
    const look = () => (this.#native.look() === Outcome.busy ? undefined : false);
    this.#lane = new BellLane(obtained.native, {
      operation: 'wait',
      syscall: 'pthread_barrier_wait',
      subject: obtained.subject,
      keepAlive: this.keepAlive,
      take: look,
      look,
    });
  }

  static #of(value: Barrier): Barrier {
    if (typeof value !== 'object' || value === null || !(#native in value)) throw receiverError('Barrier');
    return value;
  }

  /** How many have to come. */
  get parties(): number {
    const barrier = Barrier.#of(this);
    return barrier.closed ? 0 : Atomics.load(barrier.#words, partiesWord);
  }

  /** Whether one of them has died, and nobody has said `reset()` since. */
  get broken(): boolean {
    const barrier = Barrier.#of(this);
    return !barrier.closed && (Atomics.load(barrier.#words, ownerWord) & broken) !== 0;
  }

  /**
   * Waits until all have come. One of all gets `true`: PTHREAD_BARRIER_SERIAL_THREAD. `EOWNERDEAD` where one of them
   * died; `EBUSY` where this handle waits already; `ETIMEDOUT` or the signal's reason, and then it has not come.
   */
  async wait(options?: Wait): Promise<boolean> {
    const barrier = Barrier.#of(this);
    const wait = checkWaitFields(checkOptions(options, waitOptions));
    wait.signal?.throwIfAborted();
    if (barrier.closed) throw closedError('wait', barrier.subject);
    if (barrier.#native.arrive() !== Outcome.busy) return true;
    barrier.#waiting = true;
    try {
      return await barrier.#lane.wait(undefined, wait);
    } catch (error) {
      // The last one may have come at this very moment: then all have passed, this one too.
      if (!barrier.closed && !barrier.#native.withdraw()) return false;
      throw error;
    } finally {
      barrier.#waiting = false;
    }
  }

  /** The same; blocks the thread. */
  waitSync(options?: WaitOptions): boolean {
    const barrier = Barrier.#of(this);
    const timeout = checkWait(options);
    return barrier.#native.waitSync(timeout, listenedSignals()) === Outcome.inherited;
  }

  /** Begins anew, without those who died. Whoever waits at this moment gets `EOWNERDEAD`. */
  reset(): void {
    Barrier.#of(this).#native.reset();
  }

  [custom](_depth: number, options: object): string {
    const { name, parties, closed } = Barrier.#of(this);
    return describe('Barrier', { name, parties, broken: this.broken, closed }, options);
  }

  /** @internal */
  protected override rejectWaits(): void {
    const barrier = Barrier.#of(this);
    barrier.#words = closedBlock;
    if (barrier.#waiting) takeBack(() => barrier.#native.withdraw());
    barrier.#lane.close(() => closedError('wait', barrier.subject));
  }
}
