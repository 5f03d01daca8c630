import { closedError, IpcError } from '../errors.js';
import { internal } from '../handle.js';
import { Role } from '../native.js';
import { anybodySleeps } from '../segment/sleepers.js';
import { checkWaiting, type Wait } from '../waiting/options.js';
import { Landing } from './landing.js';
import {
  emptiedSleepersWord,
  headWord as headIndex,
  magicWord,
  published,
  dataStart as start,
  tailWord as tailIndex,
} from './layout.js';
import { Lease, type Leased } from './lease.js';
import type { Visit } from './reader.js';
import { type Attempt, type Segment, Side } from './side.js';

// Own constants, which the engine writes into its code; what is imported it loads each time.
const tailWord = tailIndex;
const headWord = headIndex;
const sleepersWord = emptiedSleepersWord;
const magic = magicWord;
const done = published;
const dataStart = start;

/** Messages after which a drain gives their room back. */
const stride = 64;
/** A drain that found fewer, time after time, lets the writer get on for some looks: else the two fight for cache lines. */
const few = 32;
const looksLeftOut = 400;

/** How a reader receives: the record at the head of the ring, whose room is the writers' when the head is stored. */
export class Receiving {
  readonly side: Side;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #capacity: number;
  readonly #mask: number;
  readonly #many: boolean;
  readonly #landing: Landing;
  readonly #leased: Leased;
  #head = 0;
  /** The writers', as last seen. */
  #tail = 0;
  #shut = false;
  /** Drains in a row that found few. */
  #hungry = 0;

  constructor(segment: Segment, persistent: boolean) {
    const side = new Side(segment, Role.reader, persistent, () =>
      side.patience.untilChanged(segment.words, tailWord, this.#head),
    );
    this.side = side;
    this.#words = segment.words;
    this.#bytes = segment.bytes;
    this.#capacity = segment.capacity;
    this.#mask = side.mask;
    this.#many = side.many;
    this.#landing = new Landing(segment.words, segment.bytes);
    this.#leased = {
      subject: side.subject,
      block: segment.bytes,
      end: (taken, length) => {
        this.#shut = false;
        if (taken) this.#advance(length);
        else if (this.#many) side.endTurn();
        side.proceed();
      },
    };
    this.#head = Atomics.load(this.#words, headWord);
    this.#tail = this.#head;
    if ((this.#head & 7) !== 0 && !side.many) {
      side.close('reader');
      side.fail('reader');
    }
  }

  tryReceive(waiting: boolean): Buffer | undefined {
    return this.#begin(waiting) ? this.takeCopy() : undefined;
  }

  tryReceiveInto(target: Uint8Array, waiting: boolean): number | undefined {
    return this.#begin(waiting) ? this.takeInto(target) : undefined;
  }

  tryLease(waiting: boolean): Lease | undefined {
    return this.#begin(waiting) ? this.takeLease() : undefined;
  }

  /** The message at the head, which is there. */
  takeCopy(): Buffer {
    const length = this.#lengthAt(this.#head);
    const copy = this.#landing.copy(this.side.payloadAt(this.#head), length);
    this.#advance(length);
    return copy;
  }

  takeInto(target: Uint8Array): number {
    const length = this.#lengthAt(this.#head);
    if (length > target.length) {
      if (this.#many) this.side.endTurn();
      throw new IpcError('EMSGSIZE', 'receive', this.side.subject);
    }
    this.#landing.into(target, dataStart + (this.#head & this.#mask) + 8, length);
    this.#advance(length);
    return length;
  }

  takeLease(): Lease {
    const length = this.#lengthAt(this.#head);
    this.#shut = true;
    this.side.held = true;
    return new Lease(internal, this.#leased, this.side.payloadAt(this.#head), length);
  }

  drain(visit: Visit, most: number): number {
    if (this.#hungry > 1) standBack();
    const seen = this.#tail;
    if (!this.#begin(false)) {
      this.#hungry = 0;
      return 0;
    }
    // What had been seen before need not be all.
    if (!this.#many && this.#tail === seen) this.#look();
    return this.#drain(visit, most);
  }

  #drain(visit: Visit, most: number): number {
    const words = this.#words;
    const bytes = this.#bytes;
    const mask = this.#mask;
    const tail = this.#tail;
    let head = this.#head;
    let count = 0;
    this.#shut = true;
    try {
      while (head !== tail && count < most) {
        const length = this.#lengthAt(head);
        visit(bytes, dataStart + (head & mask) + 8, length);
        head = (head + ((length + 15) & ~7)) | 0;
        this.#head = head;
        count += 1;
        if (count % stride === 0) Atomics.store(words, headWord, head);
      }
    } finally {
      this.#shut = false;
      Atomics.store(words, headWord, head);
      if (this.#many) this.side.endTurn();
      if (anybodySleeps(words, sleepersWord)) this.side.ring();
    }
    this.#hungry = count < few ? this.#hungry + 1 : 0;
    return count;
  }

  /** Blocks until there is a message. */
  waitSync<Item>(timeout: number, take: () => Item): Item {
    const attempt = () => ((this.#many ? this.#lookInTurn() : this.#look()) ? take() : undefined);
    return this.side.waitSync(timeout, () => this.#head, 0, attempt);
  }

  wait<Item>(attempt: Attempt<Item>, options: Wait | undefined): Promise<Item> {
    const wait = checkWaiting(options);
    this.side.checkOpen('receive');
    return this.side.wait(attempt, wait);
  }

  /** A drain runs, or a lease is held; or the reader is closed. */
  get busy(): boolean {
    return this.#shut;
  }

  /** For good. */
  shut(): void {
    this.#shut = true;
  }

  /** Whether there is a message at the head; of many it then has its turn. */
  #begin(waiting: boolean): boolean {
    if (this.#shut) this.#refuse();
    if (this.#many) return this.#beginOfMany(waiting);
    return this.#head !== this.#tail || this.#look();
  }

  #beginOfMany(waiting: boolean): boolean {
    // Without the turn: two that took it only to find nothing would wake each other for ever. Its own position first: a tail
    // that has moved on since is not nothing.
    const words = this.#words;
    this.side.keptOut = false;
    if (Atomics.load(words, headWord) === Atomics.load(words, tailWord) && words[magic] === done)
      return false;
    return this.side.takeTurn(waiting) && this.#lookInTurn();
  }

  /** Whether there is a message; else the turn is given back. */
  #lookInTurn(): boolean {
    try {
      const head = Atomics.load(this.#words, headWord);
      this.#head = head;
      if ((head & 7) !== 0) this.side.fail('receive');
      if (this.#look()) return true;
    } catch (error) {
      this.side.endTurn();
      throw error;
    }
    this.side.endTurn();
    return false;
  }

  /** Whether more was written. */
  #look(): boolean {
    const tail = Atomics.load(this.#words, tailWord);
    const available = (tail - this.#head) | 0;
    if (available < 0 || available > this.#capacity || this.#words[magic] !== done) this.side.fail('receive');
    this.#tail = tail;
    return available !== 0;
  }

  /** The length of the record at `head`: read once, and within what was written. */
  #lengthAt(head: number): number {
    const length = this.#words[(dataStart + (head & this.#mask)) >> 2] as number;
    if (length < 0 || length > this.#capacity || ((length + 15) & ~7) > ((this.#tail - head) | 0))
      this.#failInTurn();
    // Zeros in place of a file that was truncated are empty messages.
    if (length === 0 && this.#words[magic] !== done) this.#failInTurn();
    return length;
  }

  #failInTurn(): never {
    // A drain ends its turn itself, after it has stored how far it came: after the turn that would be another one's position.
    if (this.#many && !this.#shut) this.side.endTurn();
    this.side.fail('receive');
  }

  /** The record at the head, of `length` bytes, is read. */
  #advance(length: number): void {
    const words = this.#words;
    const head = (this.#head + ((length + 15) & ~7)) | 0;
    this.#head = head;
    Atomics.store(words, headWord, head);
    if (this.#many) this.side.endTurn();
    if (anybodySleeps(words, sleepersWord)) this.side.ring();
  }

  #refuse(): never {
    if (this.side.closed) throw closedError('receive', this.side.subject);
    throw new IpcError('EBUSY', 'receive', this.side.subject);
  }
}

let left = 0;

function standBack(): void {
  for (let look = 0; look < looksLeftOut; look++) left = (left + look) | 0;
}
