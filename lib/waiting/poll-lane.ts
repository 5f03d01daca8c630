import type { NativeMessageQueue } from '../native.js';
import { Chain, type Link } from './chain.js';
import { settleKeepAlive } from './keep-alive.js';
import { Lane, type LaneOptions, type Waiter } from './lane.js';

/** As libuv numbers them. */
export const readable = 1;
export const writable = 2;
type Event = typeof readable | typeof writable;

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
  readonly #lanes = new Map<Event, { ready(): void; readonly empty: boolean }>();
  #polled = false;
  #watched = 0;
  #waitedFor = false;
  // The native side holds it weakly.
  readonly #onReady = (events: number) => this.#ready(events);

  constructor(native: NativeMessageQueue) {
    this.#native = native;
  }

  add(event: Event, lane: { ready(): void; readonly empty: boolean }): void {
    this.#lanes.set(event, lane);
  }

  /** Somebody waits. */
  want(event: Event): void {
    if (!this.#polled) {
      this.#native.poll(this.#onReady);
      this.#polled = true;
    }
    if (!this.#waitedFor) waitedFor.add(this);
    this.#waitedFor = true;
    if ((this.#watched & event) === 0) this.#watch(this.#watched | event);
  }

  watches(event: Event): boolean {
    return (this.#watched & event) !== 0;
  }

  /** Nobody waits in this lane any more. */
  rest(): void {
    for (const lane of this.#lanes.values()) if (!lane.empty) return;
    if (this.#waitedFor) waitedFor.remove(this);
    this.#waitedFor = false;
  }

  #ready(events: number): void {
    for (const [event, lane] of this.#lanes) {
      if ((events & event) === 0) continue;
      if (lane.empty) this.#watch(this.#watched & ~event);
      else lane.ready();
    }
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
