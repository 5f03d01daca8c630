import { Channel, type ChannelReader } from 'posix-ipc';
import type { Journal } from '../node-journal.js';
import { checksum, crumb, givenAt, numbersMost, Record, slotsMost, unreleasedMost } from './layout.js';
import { linger, patience, restUntilStopped, some } from './node-ways.js';
import { Side } from './side.js';

/** Its id, or `crumb`; undefined where it is damaged. */
export function idOf(message: Uint8Array): number | undefined {
  if (message.length < 8) return message.every((byte) => byte === 0xa0 + message.length) ? crumb : undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const id = view.getInt32(0, true);
  const number = id & 0xffff;
  const known = id >>> 16 < slotsMost && number > 0 && number < numbersMost;
  return known && view.getInt32(4, true) === checksum(id, message) ? id : undefined;
}

class Reader {
  readonly side: Side;
  readonly #random;
  readonly #alone: boolean;
  #reader: ChannelReader;
  /** The last number of each writer. */
  #last = new Map<number, number>();

  constructor(victim: Journal) {
    this.side = new Side(victim, 'read', Channel.open);
    this.#random = victim.random;
    this.#alone = this.side.channel.stats().readers === 'one';
    this.#reader = this.side.sit(() => this.side.channel.reader());
  }

  move(): void {
    this.leave();
    this.#reader = this.side.sit(() => this.side.channel.reader());
    this.#last.clear();
  }

  leave(): void {
    this.side.is('moving');
    this.side.set(Record.sitting, 0);
    this.#reader.close();
  }

  async receive(timeout: number): Promise<boolean> {
    this.side.set(Record.given, 0);
    this.side.is('receiving');
    const is = this.#given(await this.side.ended(() => this.#receive(timeout)));
    this.side.is('idle');
    return is;
  }

  async lease(timeout: number): Promise<void> {
    const { side } = this;
    side.set(Record.given, 0);
    side.is('taking');
    const lease = await side.ended(() =>
      this.#random.below(2) === 0 ? this.#reader.lease({ timeout }) : this.#reader.leaseSync({ timeout }),
    );
    if (lease === 'deserted') {
      side.is('receiving');
      this.#given('deserted');
    } else if (lease !== undefined) {
      const id = this.#check(lease.bytes);
      side.set(Record.unreleased, id);
      side.set(Record.unreleasedCount, 1);
      side.is('leasing');
      this.#note(id);
      side.set(Record.given, id);
      await linger(this.#random);
      side.is('releasing');
      lease.release();
    }
    side.is('idle');
  }

  async drain(): Promise<void> {
    this.side.set(Record.unreleasedCount, 0);
    this.side.is('draining');
    await this.side.ended(() =>
      this.#reader.drain((block, offset, length) => this.#visit(block.subarray(offset, offset + length))),
    );
    this.side.is('idle');
  }

  #visit(message: Uint8Array): void {
    const { side } = this;
    // The room of so many was given back.
    if (side.mine(Record.unreleasedCount) === unreleasedMost) side.set(Record.unreleasedCount, 0);
    const count = side.mine(Record.unreleasedCount);
    side.is('visiting');
    const id = this.#check(message);
    side.set(Record.unreleased + count, id);
    side.set(Record.unreleasedCount, count + 1);
    this.#note(id);
    side.is('draining');
  }

  async #receive(timeout: number): Promise<Buffer | undefined> {
    const reader = this.#reader;
    const way = this.#random.below(timeout === 0 ? 2 : 4);
    if (timeout === 0 && way === 0) return reader.tryReceive();
    if (timeout !== 0 && way === 0) return await reader.receive({ timeout });
    if (way === 1) return reader.receiveSync({ timeout });
    const buffer = Buffer.alloc(this.#random.below(8) === 0 ? 16 : 4096);
    const length =
      way === 2 ? await reader.receiveInto(buffer, { timeout }) : reader.receiveIntoSync(buffer, { timeout });
    return buffer.subarray(0, length);
  }

  /** After EPIPE there was nothing, unless somebody has come since. */
  #given(outcome: Buffer | undefined | 'deserted'): boolean {
    const message = outcome === 'deserted' ? this.#reader.tryReceive() : outcome;
    if (message === undefined) return false;
    if (outcome === 'deserted' && !this.side.cameSince)
      this.side.fail('lost', 'told that all have gone, and there was a message', message.length);
    const id = this.#check(message);
    this.side.set(Record.given, id);
    this.#note(id);
    return true;
  }

  #check(message: Uint8Array): number {
    const id = idOf(message);
    if (id === undefined) this.side.fail('torn', 'a message', message.length);
    else if (id !== crumb) this.#inOrder(id);
    return id ?? 0;
  }

  #inOrder(id: number): void {
    const last = this.#last.get(id >> 16) ?? 0;
    const number = id & 0xffff;
    if (number <= last) this.side.fail('disordered', `a message after ${last}`, id);
    // Alone it sees all of them.
    if (this.#alone && last !== 0 && number > last + 1) this.side.fail('lost', `left out after ${last}`, id);
    this.#last.set(id >> 16, number);
  }

  #note(id: number): void {
    if (id === crumb) this.side.set(Record.crumbsGiven, this.side.mine(Record.crumbsGiven) + 1);
    else if (id !== 0) Atomics.add(this.side.bytes, givenAt(id), 1);
  }
}

export async function readMessages(victim: Journal, steady: boolean): Promise<void> {
  const reader = new Reader(victim);
  const { random } = victim;
  reader.side.becomes('ready');
  for (;;) {
    const ends = reader.side.deserted;
    if (!steady && random.below(40) === 0 && !victim.stopped) reader.move();
    else if (random.below(8) === 0) await reader.drain();
    else if (random.below(4) === 0) await reader.lease(patience(random));
    else await reader.receive(random.below(4) === 0 ? 0 : patience(random));
    // The writers have ended, and left nothing.
    if (victim.stopped && reader.side.deserted !== ends) break;
    await linger(random);
  }
  reader.leave();
}

export async function readToTheEnd(victim: Journal): Promise<void> {
  const reader = new Reader(victim);
  reader.side.becomes('ready');
  while (!victim.stopped && reader.side.deserted === 0) await reader.receive(Number.POSITIVE_INFINITY);
  await restUntilStopped(reader.side);
  reader.leave();
}

export async function readSome(victim: Journal): Promise<void> {
  const reader = new Reader(victim);
  reader.side.becomes('ready');
  for (let count = 0; !victim.stopped && count < some; ) {
    if (await reader.receive(Number.POSITIVE_INFINITY)) count++;
    await linger(victim.random);
  }
  await restUntilStopped(reader.side);
  reader.leave();
}
