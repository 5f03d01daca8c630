import { custom, describe } from '../describe.js';
import { constructorError, receiverError } from '../errors.js';
import { type Handle, Intent, internal } from '../handle.js';
import type { Name } from '../name.js';
import { Kind, Role } from '../native.js';
import { checkBoolean, checkOptions } from '../options.js';
import { SharedMemory } from '../posix/shared-memory.js';
import { headWord, manyReaders, manyWriters, mappedSize, tailWord } from './layout.js';
import { Opened } from './opened.js';
import {
  type ChannelCreateOptions,
  type ChannelOpenOptions,
  type ChannelOpenOrCreateOptions,
  checkCapacity,
  checkFlags,
  createOptions,
  openOptions,
  openOrCreateOptions,
  type SideOptions,
  sideOptions,
} from './options.js';
import { ChannelReader } from './reader.js';
import { ChannelWriter } from './writer.js';

export interface ChannelStatus {
  /** Bytes for messages, with 8 for each. */
  readonly capacity: number;
  /** Bytes of it that hold messages nobody has read. */
  readonly used: number;
  readonly writers: 'one' | 'many';
  readonly readers: 'one' | 'many';
  /** Bytes of address space in this process. The data is mapped twice, so RSS and mlock(2) count it twice. */
  readonly mapped: number;
}

/**
 * A bounded queue of messages of any length in one shared memory segment, between unrelated processes, in Node.js or C
 * (posix-ipc/channel.h). A process that is killed, at any instruction, loses, doubles or damages no message that was sent.
 */
export class Channel implements Handle {
  readonly #opened: Opened;

  /** A new one. `EEXIST`; `ENOSPC` where /dev/shm has no room for it. */
  static create(name: Name, options?: ChannelCreateOptions): Channel {
    return Channel.#make(Intent.create, name, checkOptions(options, createOptions));
  }

  /** One that is there. `ENOENT`; `EPROTO`, `EBADMSG` where it is none, or a newer or damaged one; `EPERM` by its owner. */
  static open(name: Name, options?: ChannelOpenOptions): Channel {
    return Channel.#make(Intent.open, name, checkOptions(options, openOptions));
  }

  /** One that is there, which has to be as the options say; else a new one. */
  static openOrCreate(name: Name, options?: ChannelOpenOrCreateOptions): Channel {
    return Channel.#make(Intent.openOrCreate, name, checkOptions(options, openOrCreateOptions));
  }

  /** Takes the name away. Whoever has it open keeps it. */
  static unlink(name: Name): void {
    SharedMemory.unlink(name);
  }

  static #make(intent: Intent, name: Name, options: Partial<ChannelOpenOrCreateOptions>): Channel {
    const capacity = checkCapacity(options.capacity);
    const opened = new Opened(intent, Kind.channel, name, capacity, checkFlags(options), options);
    const channel = new Channel(internal, opened);
    if (!opened.created) opened.compare(channel.stats(), options, ['capacity', 'writers', 'readers']);
    return channel;
  }

  /** @internal */
  constructor(key: typeof internal, opened: Opened) {
    if (key !== internal) throw constructorError('Channel', 'create, open or openOrCreate');
    this.#opened = opened;
  }

  static #of(value: Channel): Channel {
    if (typeof value !== 'object' || value === null || !(#opened in value)) throw receiverError('Channel');
    return value;
  }

  get name(): Name {
    return Channel.#of(this).#opened.name;
  }

  /** Whether this handle has made it. */
  get created(): boolean {
    return Channel.#of(this).#opened.created;
  }

  get closed(): boolean {
    return Channel.#of(this).#opened.closed;
  }

  /** Bytes for messages, with 8 for each. */
  get capacity(): number {
    return Channel.#of(this).#opened.segment.capacity;
  }

  /** A seat to send from. `EBUSY` where another writer sits on the only one; `EAGAIN` where all 252 are taken. */
  writer(options?: SideOptions): ChannelWriter {
    const opened = Channel.#of(this).#opened;
    const { persistent } = checkOptions(options, sideOptions);
    const waits = checkBoolean(persistent, 'persistent', false);
    return opened.seat(Role.writer, (segment) => new ChannelWriter(internal, segment, waits));
  }

  /** A seat to receive at. `EBUSY` where another reader sits on the only one; `EAGAIN` where all 252 are taken. */
  reader(options?: SideOptions): ChannelReader {
    const opened = Channel.#of(this).#opened;
    const { persistent } = checkOptions(options, sideOptions);
    const waits = checkBoolean(persistent, 'persistent', false);
    return opened.seat(Role.reader, (segment) => new ChannelReader(internal, segment, waits));
  }

  stats(): ChannelStatus {
    const { words, capacity, flags } = Channel.#of(this).#opened.used('stats');
    const used = (Atomics.load(words, tailWord) - Atomics.load(words, headWord)) >>> 0;
    return {
      capacity,
      used: Math.min(used, capacity),
      writers: flags & manyWriters ? 'many' : 'one',
      readers: flags & manyReaders ? 'many' : 'one',
      mapped: mappedSize(Kind.channel, capacity),
    };
  }

  /** Closes its writers and readers too. `EBUSY` while one of them has a claim or a lease: then it closes none. */
  close(): void {
    Channel.#of(this).#opened.close();
  }

  [Symbol.dispose](): void {
    Channel.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const { name, capacity, closed } = Channel.#of(this);
    const fields = { name, capacity, closed };
    return describe('Channel', closed ? fields : { ...fields, used: this.stats().used }, options);
  }
}
