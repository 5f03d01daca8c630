import { constants } from 'node:os';
import { type IpcError, systemError } from '../errors.js';
import { type Done, native } from '../native.js';
import { settleKeepAlive } from './keep-alive.js';
import { Lane, type LaneOptions, type Waiter } from './lane.js';

const { ECANCELED, EIDRM, EINVAL } = constants.errno;

export interface ThreadLaneOptions<Request, Item> extends LaneOptions<Request, Item> {
  readonly syscall: string;
  /** Whether an item for one is an item for any other, so that who leaves need not be cancelled while others wait. */
  readonly anonymous: boolean;
  /** Blocks on a thread of ours, until `done`; gives the id of the wait. */
  start(request: Request, done: Done): number;
  /** What the thread has taken. */
  itemOf(data: Buffer | undefined): Item;
  /** Makes good what the thread failed for, so that the wait begins again. */
  recover?(errno: number): boolean;
}

/**
 * Waits by a blocking call on a thread of ours, one for the whole lane. What the thread was given goes to the first who
 * waits, also to one who gave up in the same moment: an item that the kernel has handed out is never lost.
 */
export class ThreadLane<Request, Item> extends Lane<Request, Item> {
  readonly #options: ThreadLaneOptions<Request, Item>;
  /** The wait in progress. */
  #running: number | undefined;
  #closed = false;

  constructor(options: ThreadLaneOptions<Request, Item>) {
    super(options);
    this.#options = options;
  }

  close(error: () => unknown): void {
    this.#closed = true;
    // Calls #done before it returns.
    if (this.#running !== undefined) native().cancelWaitNow(this.#running);
    this.rejectAll(error);
    settleKeepAlive();
  }

  protected begin(first: Waiter<Request, Item>): void {
    if (this.#running !== undefined || this.#closed) return;
    this.#running = this.#options.start(first.request, (errno, data) => this.#done(errno, data));
  }

  protected leave(waiter: Waiter<Request, Item>, reason: unknown): void {
    const served = this.#running !== undefined && waiter === this.first;
    const othersWait = this.#options.anonymous && !this.waiters.single;
    if (!served || othersWait) {
      this.reject(waiter, reason);
      settleKeepAlive();
      return;
    }
    waiter.release?.();
    waiter.reason = { error: reason };
    native().cancelWait(this.#running as number);
  }

  protected override refusal(error: unknown): unknown {
    const { anonymous, subject } = this.#options;
    const removed = anonymous && subject.id !== undefined && (error as IpcError).code === 'EINVAL';
    return removed ? this.#refused(EIDRM) : error;
  }

  #refused(errno: number): IpcError {
    const { syscall, subject } = this.#options;
    const [kind, value] = Object.entries(subject)[0] ?? ['path', ''];
    return systemError(errno, syscall, kind, value);
  }

  #done(errno: number, data: Buffer | undefined): void {
    this.#running = undefined;
    if (errno === 0) this.#give(data);
    else if (errno !== ECANCELED && !this.#options.recover?.(errno)) {
      // What is invalid now was valid when the wait began: the object was removed before the thread came to it.
      const number = errno === EINVAL && this.#options.subject.id !== undefined ? EIDRM : errno;
      this.rejectAll(() => this.#refused(number));
      return;
    }
    const { first } = this;
    if (first?.reason !== undefined) this.reject(first, first.reason.error);
    if (!this.#closed) this.serve();
  }

  #give(data: Buffer | undefined): void {
    const first = this.first as Waiter<Request, Item>;
    try {
      this.resolve(first, this.#options.itemOf(data));
    } catch (error) {
      this.reject(first, error);
    }
  }
}
