import { custom, describe } from '../describe.js';
import { constructorError, receiverError } from '../errors.js';
import { type Handle, Intent, internal } from '../handle.js';
import type { Name } from '../name.js';
import { Kind, Role } from '../native.js';
import { checkBoolean, checkOneOf, checkOptions, type OwnerOption } from '../options.js';
import { SharedMemory } from '../posix/shared-memory.js';
import { BroadcastReader } from './broadcast-reader.js';
import { BroadcastWriter } from './broadcast-writer.js';
import { longestMessage, mappedSize } from './layout.js';
import { Opened } from './opened.js';
import {
  type BroadcastCreateOptions,
  type BroadcastOpenOrCreateOptions,
  type BroadcastReaderOptions,
  broadcastCreateOptions,
  broadcastOpenOrCreateOptions,
  broadcastReaderOptions,
  checkCapacity,
  type From,
  openOptions,
} from './options.js';

export interface BroadcastStatus {
  /** Bytes of messages, with 16 for each, that readers may be behind. */
  readonly capacity: number;
  /** Bytes of the longest message: half the capacity, less 16. */
  readonly longest: number;
  /** Bytes of address space in this process. The data is mapped twice, so RSS and mlock(2) count it twice. */
  readonly mapped: number;
}

/**
 * Messages from one writer to any number of readers, each of whom sees each of them, in one shared memory segment, between
 * unrelated processes, in Node.js or C (posix-ipc/broadcast.h). The writer waits for nobody: a reader that is so far behind
 * that messages were overwritten before it came to them is told how many.
 */
export class Broadcast implements Handle {
  readonly #opened: Opened;

  /** A new one. `EEXIST`; `ENOSPC` where /dev/shm has no room for it. */
  static create(name: Name, options?: BroadcastCreateOptions): Broadcast {
    return Broadcast.#make(Intent.create, name, checkOptions(options, broadcastCreateOptions));
  }

  /** One that is there. `ENOENT`; `EPROTO`, `EBADMSG` where it is none, or a newer or damaged one; `EPERM` by its owner. */
  static open(name: Name, options?: OwnerOption): Broadcast {
    return Broadcast.#make(Intent.open, name, checkOptions(options, openOptions));
  }

  /** One that is there, which has to be of that capacity, if one is given; else a new one. */
  static openOrCreate(name: Name, options?: BroadcastOpenOrCreateOptions): Broadcast {
    return Broadcast.#make(Intent.openOrCreate, name, checkOptions(options, broadcastOpenOrCreateOptions));
  }

  /** Takes the name away. Whoever has it open keeps it. */
  static unlink(name: Name): void {
    SharedMemory.unlink(name);
  }

  static #make(intent: Intent, name: Name, options: Partial<BroadcastOpenOrCreateOptions>): Broadcast {
    const opened = new Opened(intent, Kind.broadcast, name, checkCapacity(options.capacity), 0, options);
    const broadcast = new Broadcast(internal, opened);
    if (!opened.created) opened.compare(broadcast.stats(), options, ['capacity']);
    return broadcast;
  }

  /** @internal */
  constructor(key: typeof internal, opened: Opened) {
    if (key !== internal) throw constructorError('Broadcast', 'create, open or openOrCreate');
    this.#opened = opened;
  }

  static #of(value: Broadcast): Broadcast {
    if (typeof value !== 'object' || value === null || !(#opened in value)) throw receiverError('Broadcast');
    return value;
  }

  get name(): Name {
    return Broadcast.#of(this).#opened.name;
  }

  /** Whether this handle has made it. */
  get created(): boolean {
    return Broadcast.#of(this).#opened.created;
  }

  get closed(): boolean {
    return Broadcast.#of(this).#opened.closed;
  }

  /** Bytes of messages, with 16 for each, that readers may be behind. */
  get capacity(): number {
    return Broadcast.#of(this).#opened.segment.capacity;
  }

  /** The seat to send from. `EBUSY` where another writer sits there; `EAGAIN` where all 252 seats are taken. */
  writer(): BroadcastWriter {
    const opened = Broadcast.#of(this).#opened;
    return opened.seat(Role.writer, (segment) => new BroadcastWriter(internal, segment));
  }

  /** A seat to receive at. `EAGAIN` where all 252 are taken. */
  reader(options?: BroadcastReaderOptions): BroadcastReader {
    const opened = Broadcast.#of(this).#opened;
    const checked = checkOptions(options, broadcastReaderOptions);
    const waits = checkBoolean(checked.persistent, 'persistent', false);
    const from = checkOneOf<From>(checked.from ?? 'now', 'from', ['now', 'last']);
    return opened.seat(Role.reader, (segment) => new BroadcastReader(internal, segment, waits, from));
  }

  stats(): BroadcastStatus {
    const { capacity } = Broadcast.#of(this).#opened.used('stats');
    return { capacity, longest: longestMessage(capacity), mapped: mappedSize(Kind.broadcast, capacity) };
  }

  /** Closes its writer and readers too. */
  close(): void {
    Broadcast.#of(this).#opened.close();
  }

  [Symbol.dispose](): void {
    Broadcast.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const { name, capacity, closed } = Broadcast.#of(this);
    return describe('Broadcast', { name, capacity, closed }, options);
  }
}
