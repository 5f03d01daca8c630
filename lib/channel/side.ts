import { closedError, IpcError, type Subject } from '../errors.js';
import { Kind, type NativeChannel, type NativeChannelSide, native, Role } from '../native.js';
import { BellLane } from '../segment/bell-lane.js';
import { Patience } from '../segment/patience.js';
import { listenedSignals } from '../signals.js';
import { iterate } from '../waiting/iterate.js';
import { KeepAlive } from '../waiting/keep-alive.js';
import { type CheckedWait, checkWaiting, type Wait } from '../waiting/options.js';
import {
  dataStart,
  magicWord,
  manyReaders,
  manyWriters,
  published,
  readerWord,
  recordHeader,
  writerWord,
} from './layout.js';

/** What a channel lends its sides. */
export interface Segment {
  readonly native: NativeChannel;
  readonly kind: Kind;
  readonly subject: Subject;
  readonly capacity: number;
  readonly flags: number;
  readonly words: Int32Array;
  readonly bytes: Buffer;
}

/** One try of a wait; `waiting`: a sleep was announced. */
export type Attempt<Item> = (waiting: boolean) => Item | undefined;

/** Looks at a lock that another one holds for less than a microsecond, before its owner is looked at. */
const looksAtTurn = 200;

/** What writers and readers have in common: a seat, a turn, a place to sleep. */
export class Side {
  readonly native: NativeChannelSide;
  readonly segment: Segment;
  readonly words: Int32Array;
  readonly mask: number;
  readonly longest: number;
  readonly many: boolean;
  readonly keepAlive = new KeepAlive();
  readonly patience = new Patience();
  readonly #operation: string;
  readonly #persistent: boolean;
  readonly #changed: () => boolean;
  readonly #mine: number;
  readonly #turnWord: number;
  #lane: BellLane<Attempt<unknown>, unknown> | undefined;
  /** When it last asked for its turn, another one had it. */
  keptOut = false;
  closed = false;
  /** A claim is open, or a lease is held: those who wait, wait for its end too. */
  held = false;
  /** Wake-ups that it has sent. */
  rings = 0;

  /** `changed`: looks for a while whether another try is worth it. */
  constructor(segment: Segment, role: Role, persistent: boolean, changed = () => false) {
    this.native = new (native().ChannelSide)(segment.native, role);
    this.#mine = native().answers[0] as number;
    this.segment = segment;
    this.words = segment.words;
    this.mask = segment.capacity - 1;
    this.longest = segment.capacity - recordHeader;
    const writes = role === Role.writer;
    this.#operation = writes ? 'send' : segment.kind === Kind.latest ? 'next' : 'receive';
    this.many = (segment.flags & (writes ? manyWriters : manyReaders)) !== 0;
    this.#turnWord = writes ? writerWord : readerWord;
    this.#persistent = persistent;
    this.#changed = changed;
  }

  get subject(): Subject {
    return this.segment.subject;
  }

  /** Where the bytes of a record at `position` begin. */
  payloadAt(position: number): number {
    return dataStart + (position & this.mask) + recordHeader;
  }

  /** Of many: the right to write, or to read, where nobody has it, or a dead one. */
  takeTurn(waiting: boolean): boolean {
    this.keptOut = false;
    for (let look = 0; look < looksAtTurn; look++) {
      if (Atomics.load(this.words, this.#turnWord) !== 0) continue;
      if (Atomics.compareExchange(this.words, this.#turnWord, 0, this.#mine) === 0) return true;
    }
    this.keptOut = !this.native.beginTurn(waiting);
    return !this.keptOut;
  }

  endTurn(): void {
    if (Atomics.compareExchange(this.words, this.#turnWord, this.#mine, 0) !== this.#mine)
      this.native.endTurn();
  }

  ring(): void {
    this.rings += 1;
    this.native.ring();
  }

  /** Nothing that can be there is there. */
  fail(syscall: string): never {
    const stale = this.words[magicWord] !== published;
    throw new IpcError(stale ? 'ESTALE' : 'EBADMSG', syscall, this.subject);
  }

  /** Zeros in place of a file that was truncated look like an empty channel. */
  checkPublished(syscall: string): void {
    if (this.words[magicWord] !== published) this.fail(syscall);
  }

  checkOpen(method: string): void {
    if (this.closed) throw closedError(method, this.subject);
  }

  /** Before a writer waits for room. */
  checkLength(length: number): void {
    if (length > this.longest) throw new IpcError('EMSGSIZE', 'send', this.subject);
  }

  /** Nobody of this handle is at it, or waits. */
  get idle(): boolean {
    return !this.held && (this.#lane === undefined || this.#lane.empty);
  }

  /** A claim or a lease has ended: those who wait go on. */
  proceed(): void {
    this.held = false;
    this.#lane?.proceed();
  }

  /** After those of this side who came before. */
  wait<Item>(attempt: Attempt<Item>, wait: CheckedWait): Promise<Item> {
    this.#lane ??= this.#makeLane();
    return this.#lane.wait(attempt, wait) as Promise<Item>;
  }

  /** Blocks until `attempt` gives an item; of many it has its turn in it. */
  waitSync<Item>(
    timeout: number,
    position: () => number,
    size: number,
    attempt: () => Item | undefined,
  ): Item {
    const deadline = performance.now() + timeout;
    for (;;) {
      const left = Math.max(0, deadline - performance.now());
      this.native.waitSync(position(), size, this.#persistent, left, listenedSignals());
      const item = attempt();
      if (item !== undefined) return item;
    }
  }

  /** Item after item. Ends quietly when all of the other side have closed, or this handle. */
  iterate<Item>(next: () => Promise<Item>, options: Wait | undefined): AsyncGenerator<Item, void, undefined> {
    checkWaiting(options);
    return iterate(next, (error) => (error.code === 'EBADF' && this.closed) || this.isEnd(error));
  }

  /** Whether a wait ended because all of the other side have closed, and none of them died. */
  isEnd(error: unknown): boolean {
    return error instanceof IpcError && error.code === 'EPIPE' && !this.closed && this.native.alone() === 1;
  }

  #makeLane(): BellLane<Attempt<unknown>, unknown> {
    const operation = this.#operation;
    return new BellLane<Attempt<unknown>, unknown>(this.native, {
      operation,
      syscall: operation,
      subject: this.subject,
      keepAlive: this.keepAlive,
      take: (attempt) => (this.held ? undefined : attempt(false)),
      held: () => this.held,
      linger: (attempt) => (this.#changed() ? attempt(false) : undefined),
      look: (attempt, warned) => attempt(true) ?? (warned ? this.#judge(attempt, operation) : undefined),
    });
  }

  close(method: string): void {
    if (this.closed) return;
    this.closed = true;
    this.#lane?.close(() => closedError(method, this.subject));
    this.native.close();
  }

  /** Nothing came. Where nobody is left who could make it come, what they did before they went is looked at once more. */
  #judge(attempt: Attempt<unknown>, operation: string): unknown {
    this.checkPublished(operation);
    if (this.#persistent || this.native.alone() === 0) return undefined;
    const item = attempt(true);
    // Nobody knows what the one whose turn it is leaves behind: its end is heard.
    if (item === undefined && !this.keptOut) throw new IpcError('EPIPE', operation, this.subject);
    return item;
  }
}
