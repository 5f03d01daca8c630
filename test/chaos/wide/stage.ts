import { Broadcast, Latest, SharedMemory } from 'posix-ipc';
import { phases } from '../channel/layout.js';
import { JournalStage } from '../channel/stage.js';
import { removed } from '../stage.js';
import {
  capacity,
  compose,
  firstNumber,
  Head,
  longest,
  numbersBytes,
  senderAt,
  type WideKind,
} from './layout.js';

/** Words and bytes of the segment: native/include/posix-ipc/channel.h. */
const wide = { tail: 1216, intent: 1248, newest: 1280 } as const;
const dataStart = 8192;
/** Before each value, or message. */
const headers = { latest: 8, broadcast: 16 } as const;

/** A latest value, or a broadcast, and the journal of what was sent. */
export class WideStage extends JournalStage {
  readonly kind: WideKind;
  readonly numbers: Int32Array;
  readonly #numbers: SharedMemory;

  constructor(prefix: `/${string}`, kind: WideKind) {
    super(prefix);
    this.kind = kind;
    this.#numbers = SharedMemory.create(`${prefix}-n`, { size: numbersBytes });
    this.numbers = this.#numbers.view(Int32Array);
    if (kind === 'latest') Latest.create(this.name, { size: longest }).close();
    else Broadcast.create(this.name, { capacity }).close();
    this.#sendFirst();
  }

  ofNumbers(word: number): number {
    return Atomics.load(this.numbers, word);
  }

  describe(intent: number): string {
    return `a ${this.kind}, phase ${phases[intent & 255]}`;
  }

  protected dumpWords(show: (from: number, count: number) => string): string {
    if (this.kind === 'latest') return `counter ${show(wide.tail, 3)}`;
    return `tail ${show(wide.tail, 3)}, intent ${show(wide.intent, 3)}, newest ${show(wide.newest, 3)}`;
  }

  override strike(): void {
    super.strike();
    this.#numbers.close();
    removed(() => SharedMemory.unlink(`${this.prefix}-n`));
  }

  /** Number 0, as if by a writer that had never come; from there on numbers and positions pass 2^32 within the round. */
  #sendFirst(): void {
    const memory = SharedMemory.open(this.name);
    const words = memory.view(Int32Array);
    const header = headers[this.kind];
    const id = -1;
    const message = compose(Buffer.alloc(64), id, 0);
    const data = dataStart / 4;
    words[data] = message.length;
    memory.view(Uint8Array).set(message, dataStart + header);
    if (this.kind === 'latest') words[wide.tail] = firstNumber | 0;
    else {
      words[data + 2] = firstNumber | 0;
      const start = -32 * capacity;
      words[wide.newest] = start;
      words[wide.tail] = words[wide.intent] = start + message.length + header;
    }
    memory.close();
    this.numbers[senderAt(0)] = id;
    this.numbers[Head.sent] = this.numbers[Head.begun] = 1;
  }
}
