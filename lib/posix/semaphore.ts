import { refuseBusListeners } from '../bus-listeners.js';
import { custom, describe } from '../describe.js';
import { closedError, constructorError, type IpcError, receiverError } from '../errors.js';
import { promiseExitCleanup } from '../exit-cleanup.js';
import { type Handle, Intent, internal } from '../handle.js';
import { checkName, type Name } from '../name.js';
import { type NativeSemaphore, native } from '../native.js';
import {
  checkBoolean,
  checkInteger,
  checkMode,
  checkOptions,
  checkOwner,
  checkWait,
  type OwnerOption,
  type WaitOptions,
} from '../options.js';
import { listenedSignals } from '../signals.js';
import { KeepAlive } from '../waiting/keep-alive.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
import { ended, promised } from '../waiting/promised.js';
import { ThreadLane } from '../waiting/thread-lane.js';
import type { FileStatus } from './file-status.js';

export interface SemaphoreCreateOptions {
  /** What it starts with: 0 to 2147483647 (SEM_VALUE_MAX). */
  value: number;
  /** Permission bits, from which the kernel takes the umask: 0o600. Who may use it may read and write it. */
  mode?: number | undefined;
  /** Unlink it when this process ends in any way that can be caught, if this call has created it: false. */
  unlinkOnExit?: boolean | undefined;
}

export interface SemaphoreOpenOrCreateOptions extends SemaphoreCreateOptions, OwnerOption {}

export interface SemaphoreStatus extends FileStatus {
  value: number;
}

const createOptions = ['value', 'mode', 'unlinkOnExit'] as const;
const openOptions = ['owner'] as const;
const openOrCreateOptions = [...createOptions, 'owner'] as const;
const waitOptions = ['timeout', 'signal'] as const;

/**
 * A POSIX named semaphore: sem_overview(7). It has no owner: what a process took and did not post before it was killed
 * stays taken.
 */
export class Semaphore implements Handle {
  readonly #native: NativeSemaphore;
  readonly #name: Name;
  readonly #created: boolean;
  readonly #keepAlive = new KeepAlive();
  #closed = false;
  /** Who waits in this process: in the order they came. */
  #lane: ThreadLane<undefined, true> | undefined;
  // Made at the first use; they find the semaphore without a look-up, which would cost more than their work.
  #post: (() => void) | undefined;
  #tryWait: (() => true | undefined) | undefined;

  /** A new one. `EEXIST`. */
  static create(name: Name, options: SemaphoreCreateOptions): Semaphore {
    return Semaphore.#createBy(Intent.create, name, checkOptions(options, createOptions));
  }

  /** One that is there. `ENOENT`; `EPROTO` where the file is no semaphore; `EPERM` where its owner is not trusted. */
  static open(name: Name, options?: OwnerOption): Semaphore {
    checkName(name);
    const { owner } = checkOptions(options, openOptions);
    return new Semaphore(
      internal,
      new (native().PosixSemaphore)(Intent.open, name, 0, 0, checkOwner(owner)),
      name,
    );
  }

  /** One that is there, with whatever value it has; else a new one. */
  static openOrCreate(name: Name, options: SemaphoreOpenOrCreateOptions): Semaphore {
    return Semaphore.#createBy(Intent.openOrCreate, name, checkOptions(options, openOrCreateOptions));
  }

  /** Takes the name away: sem_unlink(3). Whoever has it open, or waits, goes on. */
  static unlink(name: Name): void {
    native().PosixSemaphore.unlink(checkName(name));
  }

  static #createBy(intent: Intent, name: Name, options: Partial<SemaphoreOpenOrCreateOptions>): Semaphore {
    checkName(name);
    const value = checkInteger(options.value, 'value', 0, 2 ** 31 - 1);
    const unlinkOnExit = checkBoolean(options.unlinkOnExit, 'unlinkOnExit', false);
    const mode = checkMode(options.mode);
    const made = new (native().PosixSemaphore)(intent, name, value, mode, checkOwner(options.owner));
    const semaphore = new Semaphore(internal, made, name);
    if (unlinkOnExit && semaphore.#created) {
      promiseExitCleanup(
        () => made.unlinkOnExit(),
        () => {
          semaphore.close();
          Semaphore.unlink(name);
        },
      );
    }
    return semaphore;
  }

  /** @internal */
  constructor(key: typeof internal, made: NativeSemaphore, name: Name) {
    if (key !== internal) throw constructorError('Semaphore', 'create, open or openOrCreate');
    this.#native = made;
    this.#name = name;
    this.#created = native().answers[0] === 1;
    refuseBusListeners();
  }

  static #of(value: Semaphore): Semaphore {
    if (typeof value !== 'object' || value === null || !(#native in value)) throw receiverError('Semaphore');
    return value;
  }

  get name(): Name {
    return Semaphore.#of(this).#name;
  }

  /** Whether this handle has made the semaphore. */
  get created(): boolean {
    return Semaphore.#of(this).#created;
  }

  get closed(): boolean {
    return Semaphore.#of(this).#closed;
  }

  /** Its value at this moment; another process may have changed it before the caller looks: sem_getvalue(3). */
  get value(): number {
    return Semaphore.#of(this).#native.value();
  }

  /** Adds one, and wakes one who waits: sem_post(3). `EOVERFLOW`. */
  post(): void {
    const semaphore = Semaphore.#of(this);
    (semaphore.#post ?? semaphore.#bindPost())();
  }

  /** Takes one if the value is not 0, and tells whether it did: sem_trywait(3). */
  tryWait(): boolean {
    const semaphore = Semaphore.#of(this);
    return (semaphore.#tryWait ?? semaphore.#bindTryWait())() === undefined;
  }

  /** Takes one; blocks the thread, with everything that runs on it, until there is one: sem_wait(3). `ETIMEDOUT`. */
  waitSync(options?: WaitOptions): void {
    Semaphore.#of(this).#native.waitSync(checkWait(options), listenedSignals());
  }

  /** Takes one as soon as there is one, after those of this handle who came before. `ETIMEDOUT`; the signal's reason. */
  wait(options?: Wait): Promise<void> {
    return promised(() => {
      const semaphore = Semaphore.#of(this);
      const wait = checkWaitFields(checkOptions(options, waitOptions));
      if (semaphore.#closed) throw closedError('wait', { path: semaphore.#name });
      semaphore.#lane ??= semaphore.#makeLane();
      return ended(semaphore.#lane.wait(undefined, wait));
    });
  }

  /** Takes one, and gives what posts it again, once: `using slot = await semaphore.hold()`. */
  async hold(options?: Wait): Promise<Disposable> {
    const semaphore = Semaphore.#of(this);
    await semaphore.wait(options);
    let held = true;
    return {
      [Symbol.dispose]() {
        if (held) semaphore.post();
        held = false;
      },
    };
  }

  /** Pending waits keep the process alive: so it is from the start. */
  ref(): void {
    Semaphore.#of(this).#keepAlive.ref();
  }

  /** Pending waits no longer keep the process alive. */
  unref(): void {
    Semaphore.#of(this).#keepAlive.unref();
  }

  stat(): SemaphoreStatus {
    return Semaphore.#of(this).#native.stat() as SemaphoreStatus;
  }

  close(): void {
    const semaphore = Semaphore.#of(this);
    semaphore.#closed = true;
    semaphore.#lane?.close(() => closedError('wait', { path: semaphore.#name }));
    semaphore.#native.close();
  }

  [Symbol.dispose](): void {
    Semaphore.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const { name, closed } = Semaphore.#of(this);
    try {
      return describe('Semaphore', closed ? { name, closed } : { name, value: this.value, closed }, options);
    } catch (error) {
      return describe('Semaphore', { name, value: (error as IpcError).code, closed }, options);
    }
  }

  #makeLane(): ThreadLane<undefined, true> {
    return new ThreadLane({
      operation: 'wait',
      syscall: 'sem_wait',
      subject: { path: this.#name },
      keepAlive: this.#keepAlive,
      anonymous: true,
      take: () => this.tryWait() || undefined,
      start: (_request, done) => this.#native.startWait(done),
      itemOf: () => true,
    });
  }

  #bindPost(): () => void {
    this.#post = this.#native.bindPost();
    return this.#post;
  }

  #bindTryWait(): () => true | undefined {
    this.#tryWait = this.#native.bindTryWait();
    return this.#tryWait;
  }
}
