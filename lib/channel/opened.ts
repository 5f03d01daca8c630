import { refuseBusListeners } from '../bus-listeners.js';
import { closedError, IpcError } from '../errors.js';
import { promiseExitCleanup } from '../exit-cleanup.js';
import type { Handle, Intent } from '../handle.js';
import { checkName, type Name } from '../name.js';
import { type Kind, type NativeChannel, native, Role } from '../native.js';
import { checkBoolean, checkMode, checkOwner, type OwnerOption } from '../options.js';
import { SharedMemory } from '../posix/shared-memory.js';
import { holderOf } from './holder.js';
import type { SegmentOptions } from './options.js';
import type { Segment } from './side.js';

/** A writer or a reader. */
interface Seated extends Handle {
  /** `EBUSY` where it may not be closed now. */
  checkIdle?(): void;
}

/** What channel, latest value and broadcast have in common: a segment that is open, and the sides that sit there. */
export class Opened {
  readonly segment: Segment;
  readonly created: boolean;
  readonly #native: NativeChannel;
  readonly #sides = new Set<Seated>();
  closed = false;

  constructor(
    intent: Intent,
    kind: Kind,
    name: Name,
    capacity: number,
    flags: number,
    options: Partial<SegmentOptions & OwnerOption>,
  ) {
    checkName(name);
    const unlinkOnExit = checkBoolean(options.unlinkOnExit, 'unlinkOnExit', false);
    const [mode, owner] = [checkMode(options.mode), checkOwner(options.owner)];
    const made = new (native().Channel)(intent, name, kind, capacity, flags, mode, owner);
    const [created, itsCapacity, itsFlags] = native().answers as unknown as [number, number, number];
    refuseBusListeners();
    const buffer = made.buffer();
    this.#native = made;
    this.created = created === 1;
    this.segment = {
      native: made,
      kind,
      subject: { path: name },
      capacity: itsCapacity,
      flags: itsFlags,
      words: new Int32Array(buffer),
      bytes: Buffer.from(buffer),
    };
    if (unlinkOnExit && this.created) {
      promiseExitCleanup(
        () => made.unlinkOnExit(),
        () => {
          this.close();
          SharedMemory.unlink(name);
        },
      );
    }
  }

  get name(): Name {
    return this.segment.subject.path as Name;
  }

  /** The segment, for a method that needs it open. */
  used(method: string): Segment {
    if (this.closed) throw closedError(method, this.segment.subject);
    return this.segment;
  }

  seat<Side extends Seated>(role: Role, sit: (segment: Segment) => Side): Side {
    const method = role === Role.writer ? 'writer' : 'reader';
    const segment = this.used(method);
    for (const side of this.#sides) if (side.closed) this.#sides.delete(side);
    try {
      const side = sit(segment);
      this.#sides.add(side);
      return side;
    } catch (error) {
      if (!(error instanceof IpcError) || error.code !== 'EBUSY') throw error;
      const holder = holderOf(segment, role === Role.writer);
      throw new IpcError('EBUSY', error.syscall, { ...segment.subject, holder });
    }
  }

  /** What is there has to be what is wanted. */
  compare<Status>(
    found: Status,
    wanted: Partial<Record<keyof Status, unknown>>,
    fields: (keyof Status & string)[],
  ) {
    for (const field of fields) {
      if (wanted[field] === undefined || wanted[field] === found[field]) continue;
      this.close();
      const difference = { field, found: found[field] as string | number };
      throw new IpcError('EPROTO', 'openOrCreate', { ...this.segment.subject, ...difference });
    }
  }

  /** With its writers and readers. */
  close(): void {
    if (this.closed) return;
    for (const side of this.#sides) side.checkIdle?.();
    for (const side of this.#sides) side.close();
    this.closed = true;
    this.#native.close();
  }
}
