import type { NativeMessageQueue } from '../native.js';
import { Chain, type Link } from './chain.js';
import { settleKeepAlive } from './keep-alive.js';
import { Lane, type LaneOptions, type Waiter } from './lane.js';

/** As libuv numbers them. */
export const readable = 1;
export const writable = 2;
type Event = typeof readable | typeof writable;

/** What a descriptor in the loop serves. */
interface Ready {
  readonly empty: boolean;
  ready(): void;
}

/** Keeps a queue that nobody refers to, as long as somebody waits for it. */
const waitedFor = new Chain<Readiness>();

/**
 * One descriptor in the event loop, for the lanes of both directions. It stays armed when the last waiter has been
 * served, since the next one mostly comes at once; the first call with nobody waiting disarms it. So a message costs no
 * epoll_ctl(2), and a message that nobody wants no more than one call.
 */
export class Readiness implements Link {
  declare next?: this;
  declare previous?: this;
  readonly #native: NativeMessageQueue;
  #reader: Ready | undefined;
  #writer: Ready | undefined;
  #polled = false;
  #watched = 0;
  #waitedFor = false;
  // The native side holds it weakly.
  readonly #onReady = (events: number) => {
    if ((events & readable) !== 0) this.#serve(this.#reader, readable);
    if ((events & writable) !== 0) this.#serve(this.#writer, writable);
  };

  constructor(native: NativeMessageQueue) {
    this.#native = native;
  }

  add(event: Event, lane: Ready): void {
    if (event === readable) this.#reader = lane;
    else this.#writer = lane;
  }

  watches(event: Event): boolean {
    return (this.#watched & event) !== 0;
  }

  /** Somebody waits. */
  want(event: Event): void {
    if (!this.#polled) {
      this.#native.poll(this.#onReady);
      this.#polled = true;
    }
    if (!this.#waitedFor) waitedFor.add(this);
    this.#waitedFor = true;
    if (!this.watches(event)) this.#watch(this.#watched | event);
  }

  /** A lane has no waiters any more. */
  rest(): void {
    if (!this.#waitedFor || this.#reader?.empty === false || this.#writer?.empty === false) return;
    waitedFor.remove(this);
    this.#waitedFor = false;
  }

  #serve(lane: Ready | undefined, event: Event): void {
    if (lane === undefined || lane.empty) this.#watch(this.#watched & ~event);
    else lane.ready();
  }

  #watch(events: number): void {
    this.#watched = events;
    this.#native.watch(events);
  }
}

/** Waits until the descriptor is ready, and then takes what is there: nothing is ever taken for one who has left. */
export class PollLane<Request, Item> extends Lane<Request, Item> {
  readonly #readiness: Readiness;
  readonly #event: Event;

  constructor(readiness: Readiness, event: Event, options: LaneOptions<Request, Item>) {
    super(options);
    this.#readiness = readiness;
    this.#event = event;
    readiness.add(event, this);
  }

  ready(): void {
    this.serve();
    if (this.empty) this.#readiness.rest();
  }

  close(error: () => unknown): void {
    this.rejectAll(error);
    this.#readiness.rest();
    settleKeepAlive();
  }

  protected override get armed(): boolean {
    return this.#readiness.watches(this.#event);
  }

  protected begin(): void {
    this.#readiness.want(this.#event);
  }

  protected leave(waiter: Waiter<Request, Item>, reason: unknown): void {
    const wasFirst = this.first === waiter;
    this.reject(waiter, reason);
    // The next one may want something smaller.
    if (wasFirst) this.serve();
    if (this.empty) this.#readiness.rest();
    settleKeepAlive();
  }
}
