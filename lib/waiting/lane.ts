import { IpcError, type Subject } from '../errors.js';
import { onAbort } from './abort.js';
import { Chain, type Link } from './chain.js';
import { type WaitEvent, waitEnd, waitStart } from './diagnostics.js';
import { type KeepAlive, settleKeepAlive } from './keep-alive.js';
import type { CheckedWait } from './options.js';

/** The same for every request of a lane, or not. */
type WordOf<Request> = string | ((request: Request) => string);

/** What the waits of one lane have in common. */
export interface LaneOptions<Request, Item> {
  /** The method, as errors and diagnostics name it. */
  readonly operation: WordOf<Request>;
  /** The function whose manual page explains `ETIMEDOUT`. */
  readonly syscall: WordOf<Request>;
  readonly subject: Subject;
  readonly keepAlive: KeepAlive;
  /** Takes an item without waiting; `undefined` where there is none now. */
  take(request: Request): Item | undefined;
  /** The last waiter has been served. */
  ended?(): void;
}

/** One who waits. */
export interface Waiter<Request, Item> extends Link {
  readonly request: Request;
  resolve(item: Item): void;
  reject(error: unknown): void;
  /** Set when it has given up, and only the kernel's word is awaited whether it was given the item before. */
  reason?: { readonly error: unknown };
  /** Ends the timer and the listening to its signal, where it has any. */
  release?(): void;
}

/** setTimeout's. */
const longestTimer = 2 ** 31 - 1;

/**
 * Those who wait for the same thing, served in the order they came. How the news of an item arrives is the subclass's
 * affair: by a descriptor in the event loop, or by a thread of ours.
 */
export abstract class Lane<Request, Item> {
  protected readonly waiters = new Chain<Waiter<Request, Item>>();
  readonly #options: LaneOptions<Request, Item>;
  /** Whether an item was there when it was last asked for. */
  #hit = true;
  #skipped = 0;

  constructor(options: LaneOptions<Request, Item>) {
    this.#options = options;
  }

  get empty(): boolean {
    return this.waiters.first === undefined;
  }

  /** Takes an item, now or later. Whoever comes while others wait stands behind them. */
  wait(request: Request, { timeout, signal }: CheckedWait): Promise<Item> {
    return new Promise<Item>((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.empty && (timeout === 0 || this.#worthAsking())) {
        const item = this.#options.take(request);
        this.#hit = item !== undefined;
        if (item !== undefined) return resolve(item);
      }
      if (timeout === 0) throw this.#timedOut(request);
      const waiter: Waiter<Request, Item> = { request, resolve, reject };
      if (timeout !== Number.POSITIVE_INFINITY || signal !== undefined) this.#limit(waiter, timeout, signal);
      this.waiters.add(waiter);
      this.#options.keepAlive.begin();
      if (waitStart.hasSubscribers) waitStart.publish(this.#event(request));
      if (this.waiters.single) this.#begin(waiter);
    });
  }

  /** Nobody gets anything any more: everybody is told `error`. */
  abstract close(error: () => unknown): void;

  /** The first in the lane waits from now on. What this throws ends every wait of the lane. */
  protected abstract begin(first: Waiter<Request, Item>): void;

  /** `waiter` has given up for `reason`: a time that passed, or a signal. */
  protected abstract leave(waiter: Waiter<Request, Item>, reason: unknown): void;

  /** Whether waiting costs nothing to begin. */
  protected get armed(): boolean {
    return false;
  }

  protected get first(): Waiter<Request, Item> | undefined {
    return this.waiters.first;
  }

  protected resolve(waiter: Waiter<Request, Item>, item: Item): void {
    this.#remove(waiter);
    if (waitEnd.hasSubscribers) waitEnd.publish(this.#event(waiter.request));
    waiter.resolve(item);
  }

  protected reject(waiter: Waiter<Request, Item>, error: unknown): void {
    this.#remove(waiter);
    if (waitEnd.hasSubscribers) waitEnd.publish({ ...this.#event(waiter.request), error });
    waiter.reject(error);
  }

  protected rejectAll(error: (request: Request) => unknown): void {
    // A listener of diagnostics may end others meanwhile.
    for (let first = this.first; first !== undefined; first = this.first)
      this.reject(first, first.reason === undefined ? error(first.request) : first.reason.error);
  }

  /** Serves from the head while there are items; then the next one, if any, begins to wait. */
  protected serve(): void {
    for (let first = this.first; first !== undefined; first = this.first) {
      try {
        const item = this.#options.take(first.request);
        if (item === undefined) {
          this.#begin(first);
          return;
        }
        this.resolve(first, item);
      } catch (error) {
        this.reject(first, this.refusal(error));
      }
    }
  }

  /** What one is told who has waited already, where an attempt throws `error`. */
  protected refusal(error: unknown): unknown {
    return error;
  }

  #begin(first: Waiter<Request, Item>): void {
    try {
      this.begin(first);
    } catch (error) {
      this.rejectAll(() => error);
      settleKeepAlive();
    }
  }

  /**
   * Whether to ask for an item before waiting. Where asking was in vain, as in a dialogue with a peer, it is left out but
   * for every eighth time, since waiting finds an item that is there just as well, only a turn of the event loop later.
   */
  #worthAsking(): boolean {
    if (this.#hit || !this.armed) return true;
    this.#skipped = (this.#skipped + 1) % 8;
    return this.#skipped === 0;
  }

  #event(request: Request): WaitEvent {
    const { operation, subject } = this.#options;
    return { operation: wordFor(operation, request), ...subject };
  }

  #remove(waiter: Waiter<Request, Item>): void {
    waiter.release?.();
    this.waiters.remove(waiter);
    this.#options.keepAlive.end();
    if (this.empty) this.#options.ended?.();
  }

  #limit(waiter: Waiter<Request, Item>, timeout: number, signal: AbortSignal | undefined): void {
    let timer: NodeJS.Timeout | undefined;
    const deadline = performance.now() + timeout;
    const ring = (after: number) => {
      timer = setTimeout(look, Math.min(Math.ceil(after), longestTimer)).unref();
    };
    const look = () => {
      const left = deadline - performance.now();
      // Timers count whole milliseconds of the loop's clock and may ring a little early.
      if (left > 0) ring(left);
      else this.leave(waiter, this.#timedOut(waiter.request));
    };
    const forget = signal && onAbort(signal, () => this.leave(waiter, signal.reason));
    // However short it is: who does not stand in the lane yet cannot leave it.
    if (timeout !== Number.POSITIVE_INFINITY) ring(timeout);
    waiter.release = () => {
      clearTimeout(timer);
      forget?.();
    };
  }

  #timedOut(request: Request): IpcError {
    const { syscall, subject } = this.#options;
    return new IpcError('ETIMEDOUT', wordFor(syscall, request), subject);
  }
}

function wordFor<Request>(word: WordOf<Request>, request: Request): string {
  return typeof word === 'string' ? word : word(request);
}
