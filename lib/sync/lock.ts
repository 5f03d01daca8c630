import { constructorError, IpcError, receiverError, type Subject } from '../errors.js';
import { type Handle, internal } from '../handle.js';
import { moveIn, moveOut, type Resident } from '../memory.js';
import type { Name } from '../name.js';
import type { NativeLock } from '../native.js';
import { SharedMemory } from '../posix/shared-memory.js';
import { blockAlignment, blockLength } from '../segment/block.js';
import { KeepAlive } from '../waiting/keep-alive.js';
import type { Obtained } from './place.js';

/** What {@link Mutex}, {@link Condition}, {@link RwLock} and {@link Barrier} have in common. */
export abstract class Lock implements Handle {
  /** Bytes that it takes in a memory. */
  static readonly byteLength = blockLength;
  /** Its offset in a memory is a multiple of this. */
  static readonly alignment = blockAlignment;

  readonly #obtained: Obtained<NativeLock>;
  readonly #resident: Resident;
  #closed = false;
  /** @internal */
  protected readonly keepAlive = new KeepAlive();

  /** Takes the name away. Whoever has it open keeps it. */
  static unlink(name: Name): void {
    SharedMemory.unlink(name);
  }

  /** @internal */
  constructor(key: typeof internal, obtained: Obtained<NativeLock>) {
    if (key !== internal) throw constructorError(new.target.name, 'create, open or openOrCreate');
    this.#obtained = obtained;
    const inUse = () => this.inUse();
    this.#resident = {
      get held() {
        return inUse();
      },
      close: () => this.close(),
    };
    if (obtained.memory !== undefined) moveIn(obtained.memory, this.#resident);
  }

  static #of(value: Lock): Lock {
    if (typeof value !== 'object' || value === null || !(#obtained in value)) throw receiverError('Lock');
    return value;
  }

  /** Of one with a segment of its own. */
  get name(): Name | undefined {
    return Lock.#of(this).#obtained.name;
  }

  /** Whether this handle has made it. */
  get created(): boolean {
    return Lock.#of(this).#obtained.created;
  }

  get closed(): boolean {
    return Lock.#of(this).#closed;
  }

  /** Pending waits keep the process alive: so it is from the start. */
  ref(): void {
    Lock.#of(this).keepAlive.ref();
  }

  /** Pending waits no longer keep the process alive. */
  unref(): void {
    Lock.#of(this).keepAlive.unref();
  }

  /** Leaves it to the others. `EBUSY` while it is held; who waits gets `EBADF`. */
  close(): void {
    const lock = Lock.#of(this);
    if (lock.#closed) return;
    if (lock.inUse()) throw new IpcError('EBUSY', 'close', lock.subject);
    lock.#closed = true;
    lock.rejectWaits();
    const { memory, native } = lock.#obtained;
    if (memory !== undefined) moveOut(memory, lock.#resident);
    native.close();
  }

  [Symbol.dispose](): void {
    Lock.#of(this).close();
  }

  /** @internal */
  protected get subject(): Subject {
    return Lock.#of(this).#obtained.subject;
  }

  /** @internal Whether this handle has it at this moment, so that it cannot be closed. */
  protected inUse(): boolean {
    Lock.#of(this);
    return false;
  }

  /** @internal The handle is closed: nobody gets it through this handle any more. */
  protected abstract rejectWaits(): void;
}
