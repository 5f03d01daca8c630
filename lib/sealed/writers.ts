import { IpcError } from '../errors.js';

/** Where a message stands among those of its writer. */
export interface Place {
  /** How many between the newest that was opened before and this one have not come: lost, late, or opened elsewhere. */
  skipped: number;
  /** Whether a newer one was opened before. */
  late: boolean;
}

interface Writer {
  newest: number;
  /** The sequence numbers seen, each at its remainder; they begin at 1, so 0 is none. */
  seen: Uint32Array;
}

/**
 * Which messages have been opened, of each writer the latest. Only an authentic message makes an entry, so the memory
 * is at most about (4 * window + 600) * most bytes for each key, whatever others send.
 */
export class Writers {
  readonly #ofKey = new Map<number, Map<string, Writer>>();
  readonly #window: number;
  readonly #most: number;

  constructor(window: number, most: number) {
    this.#window = window;
    this.#most = most;
  }

  /** Notes an authentic message, or refuses it. */
  note(keyId: number, prefix: string, sequence: number): Place {
    const writer = this.#writer(keyId, prefix);
    const slot = sequence % this.#window;
    if (writer.seen[slot] === sequence) throw new IpcError('EALREADY', 'open');
    if (sequence + this.#window <= writer.newest) throw new IpcError('ESTALE', 'open');

    const late = sequence < writer.newest;
    const skipped = late ? 0 : sequence - writer.newest - 1;
    writer.seen[slot] = sequence;
    if (!late) writer.newest = sequence;
    return { skipped, late };
  }

  /** Forgets the writers of all other keys: nothing of theirs can be opened any more. */
  keep(keyIds: ReadonlyMap<number, unknown>): void {
    for (const id of this.#ofKey.keys()) if (!keyIds.has(id)) this.#ofKey.delete(id);
  }

  #writer(keyId: number, prefix: string): Writer {
    const writers = this.#ofKey.get(keyId) ?? new Map<string, Writer>();
    const known = writers.get(prefix);
    if (known !== undefined) return known;
    // To forget one instead would let its messages in once more.
    if (writers.size >= this.#most) throw new IpcError('ENOBUFS', 'open');
    const writer = { newest: 0, seen: new Uint32Array(this.#window) };
    this.#ofKey.set(keyId, writers.set(prefix, writer));
    return writer;
  }
}
