import { refuseBusListeners } from '../bus-listeners.js';
import { custom, describe } from '../describe.js';
import { closedError, constructorError, IpcError, receiverError } from '../errors.js';
import { promiseExitCleanup } from '../exit-cleanup.js';
import { type Handle, Intent, internal } from '../handle.js';
import { checkName, type Name } from '../name.js';
import { type NativeChannel, native, Role } from '../native.js';
import { checkBoolean, checkMode, checkOptions, checkOwner } from '../options.js';
import { SharedMemory } from '../posix/shared-memory.js';
import { holderOf } from './holder.js';
import { headWord, manyReaders, manyWriters, mappedSize, tailWord } from './layout.js';
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
import type { Segment } from './side.js';
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
  readonly #native: NativeChannel;
  readonly #segment: Segment;
  readonly #created: boolean;
  readonly #sides = new Set<ChannelWriter | ChannelReader>();
  #closed = false;

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
    checkName(name);
    const capacity = checkCapacity(options.capacity);
    const flags = checkFlags(options);
    const unlinkOnExit = checkBoolean(options.unlinkOnExit, 'unlinkOnExit', false);
    const mode = checkMode(options.mode);
    const made = new (native().Channel)(intent, name, capacity, flags, mode, checkOwner(options.owner));
    refuseBusListeners();
    const channel = new Channel(internal, made, name);
    const wanted = { capacity: options.capacity, writers: options.writers, readers: options.readers };
    if (!channel.#created) channel.#compare(wanted, name);
    if (unlinkOnExit && channel.#created) {
      promiseExitCleanup(
        () => made.unlinkOnExit(),
        () => {
          channel.close();
          Channel.unlink(name);
        },
      );
    }
    return channel;
  }

  /** @internal */
  constructor(key: typeof internal, made: NativeChannel, name: Name) {
    if (key !== internal) throw constructorError('Channel', 'create, open or openOrCreate');
    const [created, capacity, flags] = native().answers as unknown as [number, number, number];
    const buffer = made.buffer();
    this.#native = made;
    this.#created = created === 1;
    this.#segment = {
      native: made,
      subject: { path: name },
      capacity,
      flags,
      words: new Int32Array(buffer),
      bytes: Buffer.from(buffer),
    };
  }

  static #of(value: Channel): Channel {
    if (typeof value !== 'object' || value === null || !(#native in value)) throw receiverError('Channel');
    return value;
  }

  get name(): Name {
    return Channel.#of(this).#segment.subject.path as Name;
  }

  /** Whether this handle has made it. */
  get created(): boolean {
    return Channel.#of(this).#created;
  }

  get closed(): boolean {
    return Channel.#of(this).#closed;
  }

  /** Bytes for messages, with 8 for each. */
  get capacity(): number {
    return Channel.#of(this).#segment.capacity;
  }

  /** A seat to send from. `EBUSY` where another writer sits on the only one; `EAGAIN` where all 252 are taken. */
  writer(options?: SideOptions): ChannelWriter {
    const channel = Channel.#of(this);
    const { persistent } = checkOptions(options, sideOptions);
    const waits = checkBoolean(persistent, 'persistent', false);
    return channel.#seat(Role.writer, () => new ChannelWriter(internal, channel.#segment, waits));
  }

  /** A seat to receive at. `EBUSY` where another reader sits on the only one; `EAGAIN` where all 252 are taken. */
  reader(options?: SideOptions): ChannelReader {
    const channel = Channel.#of(this);
    const { persistent } = checkOptions(options, sideOptions);
    const waits = checkBoolean(persistent, 'persistent', false);
    return channel.#seat(Role.reader, () => new ChannelReader(internal, channel.#segment, waits));
  }

  stats(): ChannelStatus {
    const channel = Channel.#of(this);
    if (channel.#closed) throw closedError('stats', channel.#segment.subject);
    const { words, capacity, flags } = channel.#segment;
    const used = (Atomics.load(words, tailWord) - Atomics.load(words, headWord)) >>> 0;
    return {
      capacity,
      used: Math.min(used, capacity),
      writers: flags & manyWriters ? 'many' : 'one',
      readers: flags & manyReaders ? 'many' : 'one',
      mapped: mappedSize(capacity),
    };
  }

  /** Closes its writers and readers too. `EBUSY` while one of them has a claim or a lease: then it closes none. */
  close(): void {
    const channel = Channel.#of(this);
    if (channel.#closed) return;
    for (const side of channel.#sides) side.checkIdle();
    for (const side of channel.#sides) side.close();
    channel.#closed = true;
    channel.#native.close();
  }

  [Symbol.dispose](): void {
    Channel.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const { name, capacity, closed } = Channel.#of(this);
    const fields = { name, capacity, closed };
    return describe('Channel', closed ? fields : { ...fields, used: this.stats().used }, options);
  }

  #seat<Kind extends ChannelWriter | ChannelReader>(role: Role, sit: () => Kind): Kind {
    const { subject, words } = this.#segment;
    if (this.#closed) throw closedError(role === Role.writer ? 'writer' : 'reader', subject);
    for (const side of this.#sides) if (side.closed) this.#sides.delete(side);
    try {
      const side = sit();
      this.#sides.add(side);
      return side;
    } catch (error) {
      if (!(error instanceof IpcError) || error.code !== 'EBUSY') throw error;
      const holder = holderOf(subject.path as Name, words, role === Role.writer);
      throw new IpcError('EBUSY', error.syscall, { ...subject, holder });
    }
  }

  /** What is there is not what is wanted. */
  #compare(wanted: ChannelCreateOptions, name: Name): void {
    const found = this.stats();
    for (const field of ['capacity', 'writers', 'readers'] as const) {
      if (wanted[field] === undefined || wanted[field] === found[field]) continue;
      this.close();
      throw new IpcError('EPROTO', 'openOrCreate', { path: name, field, found: found[field] });
    }
  }
}
