import { custom, describe } from '../describe.js';
import { constructorError, IpcError, receiverError, type Subject } from '../errors.js';
import { internal } from '../handle.js';

/** What a lease asks of its reader. */
export interface Leased {
  readonly subject: Subject;
  readonly block: Buffer;
  /** Advances past a message of `length` bytes, as it was when it was leased; or puts it back. */
  end(taken: boolean, length: number): void;
}

/**
 * A message where it lies. Its room is the writers' again when it is released; until then the reader gives out no other. Left
 * in any other way, by `putBack()`, by dispose, or by the death of the process, it is the next message again.
 *
 * A writer of bad will may change the bytes while they are read, which Node's own decoders of text do not survive: `text()`
 * and `read()` copy first.
 */
export class Lease implements Disposable {
  readonly #leased: Leased;
  readonly #offset: number;
  readonly #length: number;
  #open = true;

  /** @internal */
  constructor(key: typeof internal, leased: Leased, offset: number, length: number) {
    if (key !== internal) throw constructorError('Lease', 'lease() of a ChannelReader');
    this.#leased = leased;
    this.#offset = offset;
    this.#length = length;
  }

  static #of(value: Lease): Lease {
    if (typeof value !== 'object' || value === null || !(#leased in value)) throw receiverError('Lease');
    return value;
  }

  /** Bytes of the message. */
  get length(): number {
    return Lease.#of(this).#length;
  }

  /** Whether it was neither released nor put back. */
  get held(): boolean {
    return Lease.#of(this).#open;
  }

  /** The message itself, not a copy: for as long as the lease is held. `EINVAL` afterwards. */
  get bytes(): Buffer {
    const lease = Lease.#of(this);
    lease.#check('bytes');
    return lease.#leased.block.subarray(lease.#offset, lease.#offset + lease.#length) as Buffer;
  }

  /** A copy. */
  read(): Buffer {
    const { bytes } = Lease.#of(this);
    const copy = Buffer.allocUnsafeSlow(bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** The message as UTF-8 text, decoded from a copy. */
  text(): string {
    return Lease.#of(this).read().toString('utf8');
  }

  /** The message is read. `EINVAL` a second time. */
  release(): void {
    Lease.#of(this).#end(true, 'release');
  }

  /** It is the next message again. */
  putBack(): void {
    Lease.#of(this).#end(false, 'putBack');
  }

  /** Puts it back, unless it was released. */
  [Symbol.dispose](): void {
    const lease = Lease.#of(this);
    if (lease.#open) lease.putBack();
  }

  [custom](_depth: number, options: object): string {
    const { length, held } = Lease.#of(this);
    return describe('Lease', { length, held }, options);
  }

  #end(taken: boolean, method: string): void {
    this.#check(method);
    this.#open = false;
    this.#leased.end(taken, this.#length);
  }

  #check(method: string): void {
    if (!this.#open) throw new IpcError('EINVAL', method, this.#leased.subject);
  }
}
