import { custom, describe } from '../describe.js';
import { constructorError, receiverError } from '../errors.js';
import { type Handle, Intent, internal } from '../handle.js';
import type { Name } from '../name.js';
import { Kind, Role } from '../native.js';
import { checkBoolean, checkOptions, type OwnerOption } from '../options.js';
import { SharedMemory } from '../posix/shared-memory.js';
import { LatestReader } from './latest-reader.js';
import { LatestWriter } from './latest-writer.js';
import { counterWord, mappedSize } from './layout.js';
import { Opened } from './opened.js';
import {
  checkSize,
  type LatestCreateOptions,
  type LatestOpenOrCreateOptions,
  latestCreateOptions,
  latestOpenOrCreateOptions,
  openOptions,
  type SideOptions,
  sideOptions,
} from './options.js';
import { readWide } from './wide.js';

export interface LatestStatus {
  /** Bytes of the longest value. */
  readonly size: number;
  /** How many values there have been. */
  readonly version: number;
  /** Bytes of address space in this process. */
  readonly mapped: number;
}

/**
 * The latest value of something, from one writer to any number of readers, in one shared memory segment, between unrelated
 * processes, in Node.js or C (posix-ipc/latest.h). Nobody waits for anybody: a reader gets the newest value, whole, also
 * while the writer, or a writer that was killed, is at the next one.
 */
export class Latest implements Handle {
  readonly #opened: Opened;

  /** A new one, without a value. `EEXIST`; `ENOSPC` where /dev/shm has no room for it. */
  static create(name: Name, options: LatestCreateOptions): Latest {
    const checked = checkOptions(options, latestCreateOptions);
    return Latest.#make(Intent.create, name, checkSize(checked.size), checked);
  }

  /** One that is there. `ENOENT`; `EPROTO`, `EBADMSG` where it is none, or a newer or damaged one; `EPERM` by its owner. */
  static open(name: Name, options?: OwnerOption): Latest {
    return Latest.#make(Intent.open, name, 1, checkOptions(options, openOptions));
  }

  /** One that is there, which has to be of that size; else a new one. */
  static openOrCreate(name: Name, options: LatestOpenOrCreateOptions): Latest {
    const checked = checkOptions(options, latestOpenOrCreateOptions);
    return Latest.#make(Intent.openOrCreate, name, checkSize(checked.size), checked);
  }

  /** Takes the name away. Whoever has it open keeps it. */
  static unlink(name: Name): void {
    SharedMemory.unlink(name);
  }

  static #make(
    intent: Intent,
    name: Name,
    size: number,
    options: Partial<LatestOpenOrCreateOptions>,
  ): Latest {
    const opened = new Opened(intent, Kind.latest, name, size, 0, options);
    const latest = new Latest(internal, opened);
    if (!opened.created) opened.compare(latest.stats(), options, ['size']);
    return latest;
  }

  /** @internal */
  constructor(key: typeof internal, opened: Opened) {
    if (key !== internal) throw constructorError('Latest', 'create, open or openOrCreate');
    this.#opened = opened;
  }

  static #of(value: Latest): Latest {
    if (typeof value !== 'object' || value === null || !(#opened in value)) throw receiverError('Latest');
    return value;
  }

  get name(): Name {
    return Latest.#of(this).#opened.name;
  }

  /** Whether this handle has made it. */
  get created(): boolean {
    return Latest.#of(this).#opened.created;
  }

  get closed(): boolean {
    return Latest.#of(this).#opened.closed;
  }

  /** Bytes of the longest value. */
  get size(): number {
    return Latest.#of(this).#opened.segment.capacity;
  }

  /** The seat to set the value from. `EBUSY` where another writer sits there; `EAGAIN` where all 252 seats are taken. */
  writer(): LatestWriter {
    const opened = Latest.#of(this).#opened;
    return opened.seat(Role.writer, (segment) => new LatestWriter(internal, segment));
  }

  /** A seat to get the value at. `EAGAIN` where all 252 are taken. */
  reader(options?: SideOptions): LatestReader {
    const opened = Latest.#of(this).#opened;
    const { persistent } = checkOptions(options, sideOptions);
    const waits = checkBoolean(persistent, 'persistent', false);
    return opened.seat(Role.reader, (segment) => new LatestReader(internal, segment, waits));
  }

  stats(): LatestStatus {
    const { words, capacity } = Latest.#of(this).#opened.used('stats');
    const version = Math.max(0, readWide(words, counterWord));
    return { size: capacity, version, mapped: mappedSize(Kind.latest, capacity) };
  }

  /** Closes its writer and readers too. */
  close(): void {
    Latest.#of(this).#opened.close();
  }

  [Symbol.dispose](): void {
    Latest.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const { name, size, closed } = Latest.#of(this);
    const fields = { name, size, closed };
    return describe('Latest', closed ? fields : { ...fields, version: this.stats().version }, options);
  }
}
