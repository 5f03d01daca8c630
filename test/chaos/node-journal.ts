import { readFileSync } from 'node:fs';
import { SharedMemory } from 'posix-ipc';
import { Data, dataOf, Head, Phase, Slot, slotAt, slotsMost } from './layout.js';
import { Random } from './random.js';

/** A Node victim's view of its round, and its journal: what class Victim of victim.cc is to one in C++. */
export class Journal {
  readonly words: Int32Array;
  readonly slot: number;
  readonly prefix: `/${string}`;
  readonly random: Random;

  constructor(prefix: `/${string}`, slot: number, seed: number) {
    this.words = SharedMemory.open(`${prefix}-h`).view(Int32Array);
    this.slot = slot;
    this.prefix = prefix;
    this.random = new Random(seed);
    this.mine(Slot.pid, process.pid);
  }

  get stopped(): boolean {
    return Atomics.load(this.words, Head.stop) !== 0;
  }

  head(word: number): number {
    return Atomics.load(this.words, word);
  }

  mine(word: number, value: number): void {
    Atomics.store(this.words, slotAt(this.slot) + word, value);
  }

  count(word: number): number {
    return Atomics.add(this.words, slotAt(this.slot) + word, 1) + 1;
  }

  data(object: number, word: number): number {
    return Atomics.load(this.words, dataOf(object) + word);
  }

  setData(object: number, word: number, value: number): void {
    Atomics.store(this.words, dataOf(object) + word, value);
  }

  becomes(state: number): void {
    this.mine(Slot.state, state);
  }

  intentOf(slot: number): number {
    return Atomics.load(this.words, slotAt(slot) + Slot.intent);
  }

  is(object: number, phase: number): void {
    this.mine(Slot.intent, (object << 8) | phase);
  }

  enter(object: number, ownerDied: boolean): void {
    if (ownerDied) {
      this.is(object, Phase.told);
      this.count(Slot.reports + object);
    }
    this.is(object, Phase.inside);
    const holder = this.data(object, Data.holder);
    if (holder !== 0) {
      if (!this.dead(holder - 1)) this.fail(Head.duplicated, 'two have the lock', object, holder - 1);
      else if (!ownerDied)
        this.fail(Head.unreported, 'nothing told of the death of its owner', object, holder - 1);
    }
    for (let slot = 0; slot < slotsMost; slot++) {
      const reads = this.intentOf(slot) === ((object << 8) | Phase.reading);
      if (reads && !this.dead(slot))
        this.fail(Head.duplicated, 'a reader is in beside the owner', object, slot);
    }
    this.setData(object, Data.holder, this.slot + 1);
    if (ownerDied) this.setData(object, Data.twin, this.data(object, Data.value));
    this.#checkTwins(object, holder);
  }

  enterToRead(object: number): void {
    this.is(object, Phase.reading);
    const holder = this.data(object, Data.holder);
    if (holder === 0) this.#checkTwins(object, 0);
    else if (this.dead(holder - 1))
      this.fail(Head.unreported, 'nothing told the reader of the death of the writer', object, holder - 1);
    else this.fail(Head.duplicated, 'a writer is in beside the reader', object, holder - 1);
  }

  addOne(object: number): void {
    const value = this.data(object, Data.value) + 1;
    this.mine(Slot.adding, 1);
    this.setData(object, Data.value, value);
    this.setData(object, Data.twin, value);
    this.count(Slot.added + object);
    this.mine(Slot.adding, 0);
  }

  /** The next step is to give the lock back. */
  leave(object: number): void {
    this.setData(object, Data.holder, 0);
    this.is(object, Phase.releasing);
  }

  fail(word: number, what: string, object: number, detail: unknown): void {
    Atomics.add(this.words, word, 1);
    process.stderr.write(
      `chaos: victim ${this.slot} (pid ${process.pid}, Node): ${what} (object ${object}, ${detail})\n`,
    );
  }

  #checkTwins(object: number, holder: number): void {
    if (this.data(object, Data.twin) !== this.data(object, Data.value))
      this.fail(Head.lost, 'half a change was seen', object, holder);
  }

  /** Whether another one has died, or does so at this moment. */
  dead(slot: number): boolean {
    const at = slotAt(slot);
    if (Atomics.load(this.words, at + Slot.gone) === 0 && dying(Atomics.load(this.words, at + Slot.pid)))
      Atomics.store(this.words, at + Slot.gone, 1);
    return Atomics.load(this.words, at + Slot.gone) !== 0;
  }
}

/** Field 3 of /proc/PID/stat is the state, field 9 the flags; PF_EXITING is set before any descriptor is closed. */
export function dying(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(fields[0] as string) || (Number(fields[6]) & 4) !== 0;
  } catch {
    return true;
  }
}
