import { argumentError, IpcError } from '../errors.js';
import { checkInteger, checkWait, show, type WaitOptions } from '../options.js';
import { checkWaiting, type Wait } from '../waiting/options.js';
import type { Sending } from './sending.js';
import type { Side } from './side.js';

/** Room that a writer fills in place: one claim at a time, until it is committed or aborted. */
export class Claims {
  readonly #sending: Sending;
  readonly #side: Side;
  /** Payload bytes of the open claim. */
  #claimed = -1;

  constructor(sending: Sending) {
    this.#sending = sending;
    this.#side = sending.side;
  }

  /** Whether there is one. */
  get open(): boolean {
    return this.#claimed !== -1;
  }

  try(length: number): number | undefined {
    checkInteger(length, 'length', 0);
    return this.#attempt(length, false);
  }

  wait(length: number, options: Wait | undefined): Promise<number> {
    const wait = checkWaiting(options);
    checkInteger(length, 'length', 0);
    this.#side.checkOpen('claim');
    this.#side.checkLength(length);
    return this.#side.wait((waiting) => this.#attempt(length, waiting), wait);
  }

  sync(length: number, options: WaitOptions | undefined): number {
    const timeout = checkWait(options);
    return this.try(length) ?? this.#begin(length, this.#sending.beginSync(length, timeout));
  }

  /** The first `length` bytes of the claim at `offset`, or all, are a message. */
  commit(offset: number, length: number | undefined): void {
    const claimed = this.#check(offset, 'commit');
    const final = length === undefined ? claimed : checkInteger(length, 'length', 0, claimed);
    this.#end();
    try {
      this.#sending.publish(final);
    } finally {
      this.#side.proceed();
    }
  }

  /** The claim at `offset` was never there. */
  abort(offset: number): void {
    this.#check(offset, 'abort');
    this.#end();
    if (this.#side.many) this.#side.endTurn();
    this.#side.proceed();
  }

  #attempt(length: number, waiting: boolean): number | undefined {
    const at = this.#sending.begin(length, waiting);
    return at < 0 ? undefined : this.#begin(length, at);
  }

  #begin(length: number, at: number): number {
    this.#side.checkPublished('send');
    this.#claimed = length;
    this.#sending.shut();
    this.#side.held = true;
    return at;
  }

  #end(): void {
    this.#claimed = -1;
    this.#sending.reopen();
  }

  #check(offset: number, method: string): number {
    if (this.open && offset === this.#sending.next) return this.#claimed;
    this.#side.checkOpen(method);
    if (typeof offset !== 'number')
      throw argumentError(
        'ERR_INVALID_ARG_TYPE',
        `\`offset\`: expected what tryClaim() gave, got ${show(offset)}`,
      );
    throw new IpcError('EINVAL', method, this.#side.subject);
  }
}
