import { type Channel, SharedMemory } from 'posix-ipc';
import { Head as HarnessHead, State } from '../layout.js';
import type { Journal } from '../node-journal.js';
import * as layout from './layout.js';

const { Head, Phase, Record, recordAt } = layout;

/** What writers and readers among Node's victims have in common: what class Side of channel/side.h is to those in C++. */
export class Side<Kind = Channel> {
  readonly victim: Journal;
  readonly end: layout.End;
  readonly channel: Kind;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  #came = 0;
  #seen: number[] = [];
  #coming = false;

  constructor(victim: Journal, end: layout.End, open: (name: `/${string}`) => Kind) {
    const memory = SharedMemory.open(`${victim.prefix}-j`);
    this.victim = victim;
    this.end = end;
    this.words = memory.view(Int32Array);
    this.bytes = memory.view(Uint8Array);
    this.set(Record.role, layout.Role[end]);
    this.channel = open(`${victim.prefix}-k`);
  }

  is(phase: keyof typeof Phase): void {
    this.victim.is(0, Phase[phase]);
  }

  mine(word: number): number {
    return Atomics.load(this.words, recordAt(this.victim.slot) + word);
  }

  set(word: number, value: number): void {
    Atomics.store(this.words, recordAt(this.victim.slot) + word, value);
  }

  fail(kind: keyof typeof HarnessHead, what: string, detail: unknown): void {
    this.victim.fail(HarnessHead[kind], what, 0, detail);
  }

  becomes(state: keyof typeof State): void {
    this.victim.becomes(State[state]);
  }

  /** Sits down by `open`. One at a time comes for the only seat, when the last one has ended. */
  sit<Seat>(open: () => Seat): Seat {
    this.is('moving');
    Atomics.add(this.words, layout.cameOf(this.end), 1);
    try {
      const side = open();
      this.set(Record.sitting, 1);
      this.is('idle');
      return side;
    } catch (error) {
      this.fail((error as { code?: string }).code === 'EBUSY' ? 'stuck' : 'corrupt', String(error), this.end);
      return process.exit(1);
    }
  }

  /** Undefined where the call was refused for a reason that may be; `deserted`: EPIPE, of which one was told rightly. */
  async ended<Outcome>(call: () => Outcome | Promise<Outcome>): Promise<Outcome | undefined | 'deserted'> {
    this.#lookAround();
    try {
      return await call();
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code === 'EPIPE') this.#told();
      if (code === 'EPIPE') return 'deserted';
      if (code !== 'ETIMEDOUT' && code !== 'EMSGSIZE') this.fail('corrupt', message, this.end);
      return undefined;
    }
  }

  /** Whether somebody may have come to the other side since the wait began. */
  get cameSince(): boolean {
    if (Atomics.load(this.words, Head.last) !== 0) return false;
    return this.#coming || this.#othersCame !== this.#came;
  }

  get deserted(): number {
    return this.mine(Record.deserted);
  }

  get #othersCame(): number {
    return Atomics.load(this.words, layout.cameOf(layout.otherEnd(this.end)));
  }

  #lookAround(): void {
    this.#came = this.#othersCame;
    this.#seen = [];
    this.#coming = false;
    if (Atomics.load(this.words, Head.foreign) !== 0) return;
    const role = layout.Role[layout.otherEnd(this.end)];
    for (let slot = 0; slot < layout.slotsMost; slot++) {
      if (Atomics.load(this.words, recordAt(slot) + Record.role) !== role) continue;
      if (this.#sits(slot)) this.#seen.push(slot);
      else if (this.victim.intentOf(slot) === Phase.moving) this.#coming ||= !this.victim.dead(slot);
    }
  }

  #sits(slot: number): boolean {
    return Atomics.load(this.words, recordAt(slot) + Record.sitting) !== 0;
  }

  #told(): void {
    const now = process.hrtime.bigint();
    for (const slot of this.#seen) {
      // One that has left may have come back.
      if (this.#sits(slot) && !this.victim.dead(slot) && !this.cameSince)
        this.fail('phantom', 'told that all have gone, and one is there', slot);
    }
    this.set(Record.told, Number(BigInt.asIntN(32, now)));
    this.set(Record.told + 1, Number(BigInt.asIntN(32, now >> 32n)));
    this.set(Record.deserted, this.deserted + 1);
  }
}
