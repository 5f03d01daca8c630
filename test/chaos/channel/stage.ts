import { Channel, SharedMemory } from 'posix-ipc';
import { removed, Stage } from '../stage.js';
import { capacity, Head, journalBytes, phases, recordAt } from './layout.js';

/** Word of the channel's header. */
const tailWord = 1024;
const headWord = 1056;

export interface Ends {
  readonly writers: 'one' | 'many';
  readonly readers: 'one' | 'many';
}

/** One object that has seats, and a journal of those who sit there. */
export abstract class JournalStage extends Stage {
  readonly journal: Int32Array;
  readonly bytes: Uint8Array;
  readonly #memory: SharedMemory;

  constructor(prefix: `/${string}`) {
    super(prefix);
    this.#memory = SharedMemory.create(`${prefix}-j`, { size: journalBytes });
    this.journal = this.#memory.view(Int32Array);
    this.bytes = this.#memory.view(Uint8Array);
  }

  get name(): `/${string}` {
    return `${this.prefix}-k`;
  }

  ofRecord(slot: number, word: number): number {
    return Atomics.load(this.journal, recordAt(slot) + word);
  }

  /** `foreign`: the pids of its victims mean nothing to one another. `last`: nobody comes in the place of one that has gone. */
  mark(what: keyof typeof Head): void {
    Atomics.store(this.journal, Head[what], 1);
  }

  /** `show` gives words in hexadecimal. */
  protected abstract dumpWords(show: (from: number, count: number) => string): string;

  dump(): string {
    const memory = SharedMemory.open(this.name);
    const words = memory.view(Int32Array);
    const shown = (from: number, count: number) =>
      Array.from(words.subarray(from, from + count), (word) => (word >>> 0).toString(16)).join(' ');
    const seats = Array.from({ length: 252 }, (_, seat) => 16 + 4 * seat)
      .filter((seat) => (words[seat] as number) < 0)
      .map((seat) => `${(seat - 16) / 4}: ${shown(seat, 2)} pid ${words[seat + 2]}`);
    const bells = `bells ${shown(headWord + 32, 2)}, ${shown(headWord + 64, 2)}`;
    const owners = `owners ${shown(headWord + 96, 1)}, ${shown(headWord + 128, 1)}`;
    const dump = `  ${this.dumpWords(shown)}; ${bells}; ${owners}; seats ${seats.join(', ')}\n`;
    memory.close();
    return dump;
  }

  override strike(): void {
    super.strike();
    this.#memory.close();
    for (const suffix of ['j', 'k']) removed(() => SharedMemory.unlink(`${this.prefix}-${suffix}`));
  }
}

/** A channel, and the journal of its messages. */
export class ChannelStage extends JournalStage {
  readonly ends: Ends;

  constructor(prefix: `/${string}`, ends: Ends) {
    super(prefix);
    this.ends = ends;
    Channel.create(this.name, { capacity, ...ends }).close();
    this.#startLate();
  }

  describe(intent: number): string {
    const { writers, readers } = this.ends;
    return `a channel with ${writers} to write and ${readers} to read, phase ${phases[intent & 255]}`;
  }

  protected dumpWords(show: (from: number, count: number) => string): string {
    return `tail ${show(tailWord, 1)}, head ${show(headWord, 1)}`;
  }

  /** Its positions pass 2^32 within the round. */
  #startLate(): void {
    const memory = SharedMemory.open(this.name);
    const words = memory.view(Int32Array);
    words[tailWord] = words[headWord] = -32 * capacity;
    memory.close();
  }
}
