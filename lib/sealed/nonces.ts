import { crypto } from './keys.js';
import { at, greatestSequence } from './layout.js';

/**
 * Numbers that are used once under a key: a random prefix and a counter from 1 on.
 *
 * The prefix is drawn at the first message, so that a snapshot of a process that has sealed nothing yet carries none.
 */
export class Nonces {
  readonly #prefix = Buffer.alloc(at.sequence - at.prefix);
  readonly #last: number;
  #sequence: number;

  constructor(last = greatestSequence) {
    this.#last = last;
    this.#sequence = last;
  }

  /** Writes the next one into a header. */
  next(header: Buffer): void {
    if (this.#sequence === this.#last) {
      crypto().randomFillSync(this.#prefix);
      this.#sequence = 0;
    }
    this.#sequence += 1;
    this.#prefix.copy(header, at.prefix);
    header.writeUInt32BE(this.#sequence, at.sequence);
  }

  /** The next one has a new prefix. */
  renew(): void {
    this.#sequence = this.#last;
  }
}
