import { Broadcast, type BroadcastReader, Latest, type LatestReader, SharedMemory } from 'posix-ipc';
import { Record } from '../channel/layout.js';
import { linger, patience, restUntilStopped } from '../channel/node-ways.js';
import { Side } from '../channel/side.js';
import type { Journal } from '../node-journal.js';
import { firstNumber, Head, longest, parse, readAt, senderAt, type WideKind } from './layout.js';

/** Something that was read; `number`: as the reader counts. */
interface Found {
  readonly data: Buffer;
  readonly number?: number;
  readonly lost: number;
}
type Way = 'get' | 'look' | 'wait';

class Reader {
  readonly side: Side<Latest | Broadcast>;
  readonly #numbers: Int32Array;
  readonly #random;
  #reader: LatestReader | BroadcastReader;
  /** The number that comes next is one of these, and for a value at least the lower. */
  #low = 0;
  #high = 0;
  /** There is something that was sent before it came. */
  #due = false;
  /** Of a broadcast: how many were lost, when the last message came. */
  #lost = 0;

  constructor(victim: Journal, kind: WideKind) {
    const open = kind === 'latest' ? Latest.open : Broadcast.open;
    this.side = new Side<Latest | Broadcast>(victim, 'read', open);
    this.#numbers = SharedMemory.open(`${victim.prefix}-n`).view(Int32Array);
    this.#random = victim.random;
    this.#reader = this.sit();
  }

  sit(): LatestReader | BroadcastReader {
    const { side } = this;
    const object = side.channel;
    side.set(Record.given, 0);
    this.#low = this.#high = this.#lost = 0;
    if (object instanceof Latest) this.#reader = side.sit(() => object.reader());
    else {
      const from = this.#random.below(2) === 0 ? 'now' : 'last';
      this.#due = from === 'last';
      this.#low = this.#sent - (this.#due ? 1 : 0);
      this.#reader = side.sit(() => object.reader({ from }));
      this.#high = Atomics.load(this.#numbers, Head.begun);
    }
    return this.#reader;
  }

  leave(): void {
    this.side.is('moving');
    this.side.set(Record.sitting, 0);
    this.#reader.close();
  }

  async read(way: Way, timeout: number): Promise<void> {
    const { side } = this;
    side.is('receiving');
    let sent = this.#sent;
    let found = await side.ended(() => this.#call(way, timeout));
    if (found === 'deserted') {
      sent = this.#sent;
      found = this.#look();
      if (found !== undefined && !side.cameSince)
        side.fail('lost', 'told that the writer has gone, and there was more', found.data.length);
    }
    if (found !== undefined) this.#check(found, way, sent);
    else if (way === 'get' || this.#due || sent > this.#high)
      side.fail('lost', 'what was sent is not there', sent);
    side.is('idle');
  }

  /** By a loop, which ends by an error where the writer has died. */
  async loop(): Promise<void> {
    const { side } = this;
    side.is('receiving');
    const end = await side.ended(async () => {
      for await (const each of this.#reader) this.#check(this.#foundBy(each), 'wait', 0);
      return 'quiet';
    });
    if (end === 'quiet') {
      side.fail('unreported', 'the writer was killed, and the loop ended quietly', 0);
      side.set(Record.deserted, side.deserted + 1);
    }
    side.is('idle');
  }

  get #sent(): number {
    return Atomics.load(this.#numbers, Head.sent);
  }

  #foundBy(each: Buffer | { data: Buffer; number: number; lost: number }): Found {
    if (!Buffer.isBuffer(each)) return { ...each, number: each.number - firstNumber };
    return { data: each, number: (this.#reader as LatestReader).version - firstNumber, lost: 0 };
  }

  #look(): Found | undefined {
    const reader = this.#reader;
    const found = 'version' in reader ? reader.tryNext() : reader.tryReceive();
    return found && this.#foundBy(found);
  }

  async #call(way: Way, timeout: number): Promise<Found | undefined> {
    const reader = this.#reader;
    const sync = this.#random.below(2) === 0;
    if ('version' in reader) {
      if (way === 'get') return this.#get(reader);
      if (way === 'look') return this.#look();
      return this.#foundBy(sync ? reader.nextSync({ timeout }) : await reader.next({ timeout }));
    }
    if (way === 'look') return this.#look();
    if (this.#random.below(2) === 0)
      return this.#foundBy(sync ? reader.receiveSync({ timeout }) : await reader.receive({ timeout }));
    const buffer = Buffer.alloc(longest);
    const length = sync
      ? reader.receiveIntoSync(buffer, { timeout })
      : await reader.receiveInto(buffer, { timeout });
    return { data: buffer.subarray(0, length), lost: reader.lost - this.#lost };
  }

  #get(reader: LatestReader): Found | undefined {
    if (this.#random.below(2) === 0) {
      const value = reader.get();
      return value && this.#foundBy(value);
    }
    const buffer = Buffer.alloc(longest);
    const length = reader.getInto(buffer);
    return length === undefined ? undefined : this.#foundBy(buffer.subarray(0, length));
  }

  /** `sent`: how many had been sent for certain, before it was read. */
  #check(found: Found, way: Way, sent: number): void {
    const { side } = this;
    const message = parse(found.data);
    if (message === undefined) {
      side.fail('torn', 'what was read', found.data.length);
      return;
    }
    const { id, number } = message;
    if (Atomics.load(this.#numbers, senderAt(number)) !== id)
      side.fail('phantom', 'nobody has sent this under this number', number);
    const before = Atomics.compareExchange(this.#numbers, readAt(number), 0, id);
    if (before !== 0 && before !== id) side.fail('duplicated', 'two under one number', number);
    if (found.number !== undefined && found.number !== number)
      side.fail('corrupt', `the reader counts ${found.number}`, number);
    if ('version' in this.#reader) this.#checkValue(number, way, sent);
    else this.#checkMessage(number, found.lost, this.#reader.lost);
    this.#low = this.#high = number + 1;
    this.#due = false;
    side.set(Record.given, number + 1);
  }

  #checkValue(number: number, way: Way, sent: number): void {
    if (number + 1 < this.#low) this.side.fail('disordered', 'a value after a newer one', number);
    if (way !== 'get' && number + 1 === this.#low) this.side.fail('duplicated', 'a value', number);
    if (number + 1 < sent) this.side.fail('lost', 'a value that was set is not the one there', number);
  }

  #checkMessage(number: number, lost: number, lostInAll: number): void {
    if (number < this.#low) this.side.fail('disordered', 'a message after a later one', number);
    else if (number - lost > this.#high)
      this.side.fail('lost', 'messages before this one, and it was not told', number);
    else if (number - lost < this.#low)
      this.side.fail('phantom', 'told of more that are lost than there were', number);
    if (lostInAll - this.#lost !== lost) this.side.fail('corrupt', `${lostInAll} lost in all`, number);
    this.#lost = lostInAll;
  }
}

export async function readNumbers(victim: Journal, kind: WideKind, steady: boolean): Promise<void> {
  const reader = new Reader(victim, kind);
  const { side } = reader;
  const { random } = victim;
  side.becomes('ready');
  for (;;) {
    const stopping = victim.stopped;
    const ends = side.deserted;
    if (stopping) await reader.read('wait', Number.POSITIVE_INFINITY);
    else if (!steady && random.below(40) === 0) {
      reader.leave();
      reader.sit();
    } else if (kind === 'latest' && random.below(2) === 0) await reader.read('get', 0);
    else await reader.read(random.below(4) === 0 ? 'look' : 'wait', patience(random));
    // No writer that sits down later sends anything.
    if (stopping && side.deserted !== ends) break;
    await linger(random);
  }
  reader.leave();
}

export async function readNumbersToTheEnd(victim: Journal, kind: WideKind): Promise<void> {
  const reader = new Reader(victim, kind);
  const { side } = reader;
  side.becomes('ready');
  const loops = victim.random.below(2) === 0;
  while (!victim.stopped && side.deserted === 0) {
    if (loops) await reader.loop();
    else await reader.read('wait', Number.POSITIVE_INFINITY);
  }
  await restUntilStopped(side);
  reader.leave();
}
