import { type NativeBell, native } from '../native.js';
import { Chain, type Link } from '../waiting/chain.js';
import { settleKeepAlive } from '../waiting/keep-alive.js';
import { Lane, type LaneOptions, type Waiter } from '../waiting/lane.js';
import { Bell, type Sleeper } from './bell.js';

/** Milliseconds after which one looks again: pipc_later_look() of posix-ipc/channel.h, for the same reason. */
const laterLooks = [1, 10, 100] as const;

export interface BellLaneOptions<Request, Item> extends LaneOptions<Request, Item> {
  /** Looks for a while before the sleep is announced. */
  linger?(request: Request): Item | undefined;
  /** Another look, after the sleep was announced; `warned`: somebody may have died whose close was not heard, or only it. */
  look(request: Request, warned: boolean): Item | undefined;
  /** Whether a task of this process is in the way: then nobody needs to listen, and `proceed()` comes when it is not. */
  held?(request: Request): boolean;
  /** The first who waits has left with nothing. */
  gaveUp?(): void;
}

/** Keeps a lock that nobody refers to, as long as somebody waits for it. */
const waitedFor = new Chain<Link>();

/** Waits until the bell of a segment rings, and then looks. */
export class BellLane<Request, Item> extends Lane<Request, Item> implements Sleeper, Link {
  declare next?: this;
  declare previous?: this;
  readonly #options: BellLaneOptions<Request, Item>;
  readonly #native: NativeBell;
  readonly #bell: Bell;
  #waitedFor = false;
  /** Something was heard, or was not listened for, since the last look. */
  #warned = true;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  /** A sleep on a thread, where no watch is to be had. */
  #asleep: number | undefined;

  constructor(nativeBell: NativeBell, options: BellLaneOptions<Request, Item>) {
    super(options);
    this.#options = options;
    this.#native = nativeBell;
    this.#bell = new Bell(nativeBell, this);
  }

  /** What one of this process had is free, or may be. */
  proceed(): void {
    if (this.empty) return;
    this.#serve();
    settleKeepAlive();
  }

  rung(closed: boolean): void {
    if (this.empty) {
      this.#rest();
      return;
    }
    this.#warned = true;
    this.#serve();
    // A ring that brought what was waited for warns of nothing more.
    if (closed) this.#lookFromNowOn();
    else if (this.empty) this.#warned = false;
  }

  close(error: (request: Request) => unknown): void {
    if (!this.empty) this.#giveUp();
    this.rejectAll(error);
    this.#rest();
    settleKeepAlive();
  }

  protected begin(first: Waiter<Request, Item>): void {
    if (!this.#waitedFor) waitedFor.add(this);
    this.#waitedFor = true;
    if (this.#options.held?.(first.request) === true) return;
    const item = this.#options.linger?.(first.request) ?? this.#lookOnceMore(first.request);
    if (item === undefined) return;
    this.resolve(first, item);
    this.#serve();
  }

  #lookOnceMore(request: Request): Item | undefined {
    const heard = this.#bell.heard;
    if (this.#bell.listen()) this.#native.announce();
    else this.#sleepOnThread();
    // Before, nobody heard whether somebody closed; and what was freed since then no event tells.
    if (!heard && this.#bell.heard) this.#lookFromNowOn();
    const warned = this.#warned || !heard;
    this.#warned = false;
    return this.#options.look(request, warned);
  }

  protected leave(waiter: Waiter<Request, Item>, reason: unknown): void {
    const wasFirst = this.first === waiter;
    this.reject(waiter, reason);
    if (wasFirst) {
      this.#giveUp();
      this.#serve();
    }
    settleKeepAlive();
  }

  /** A block that is gone, or was overwritten, has nothing to be given back: no reason not to leave. */
  #giveUp(): void {
    try {
      this.#options.gaveUp?.();
    } catch {}
  }

  #serve(): void {
    this.serve();
    if (!this.empty || !this.#waitedFor) return;
    waitedFor.remove(this);
    this.#waitedFor = false;
  }

  #rest(): void {
    if (this.#waitedFor) waitedFor.remove(this);
    this.#waitedFor = false;
    this.#bell.ignore();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#asleep !== undefined) native().cancelWaitNow(this.#asleep);
  }

  #lookFromNowOn(): void {
    this.#looks = 0;
    this.#lookAgain();
  }

  /** Not ended by what is served meanwhile: a timer for each wait would cost more than the wait. */
  #lookAgain(): void {
    clearTimeout(this.#timer);
    const after = laterLooks[this.#looks];
    if (after === undefined) return;
    this.#looks += 1;
    this.#timer = setTimeout(() => {
      this.#warned = true;
      if (!this.empty) this.#serve();
      settleKeepAlive();
      this.#lookAgain();
    }, after).unref();
  }

  #sleepOnThread(): void {
    if (this.#asleep !== undefined) return;
    this.#asleep = this.#native.startSleep(() => {
      this.#asleep = undefined;
      this.#warned = true;
      this.#serve();
    });
  }
}
