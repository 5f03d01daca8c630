import { setTimeout as sleep } from 'node:timers/promises';
import { Broadcast, type BroadcastWriter, Latest, type LatestWriter, SharedMemory } from 'posix-ipc';
import { Record } from '../channel/layout.js';
import { linger, restUntilStopped, some } from '../channel/node-ways.js';
import { Side } from '../channel/side.js';
import type { Journal } from '../node-journal.js';
import { compose, firstNumber, Head, isFull, longest, senderAt, type WideKind } from './layout.js';

const batchMost = 64;

class Writer {
  readonly side: Side<Latest | Broadcast>;
  readonly #numbers: Int32Array;
  readonly #random;
  #writer: LatestWriter | BroadcastWriter;
  #attempts = 0;

  constructor(victim: Journal, kind: WideKind) {
    const open = kind === 'latest' ? Latest.open : Broadcast.open;
    this.side = new Side<Latest | Broadcast>(victim, 'write', open);
    this.#numbers = SharedMemory.open(`${victim.prefix}-n`).view(Int32Array);
    this.#random = victim.random;
    this.#writer = this.sit();
  }

  get next(): number {
    const writer = this.#writer;
    return ('sent' in writer ? writer.sent : writer.version + 1) - firstNumber;
  }

  get full(): boolean {
    return isFull(this.next, batchMost);
  }

  sit(): LatestWriter | BroadcastWriter {
    this.#writer = this.side.sit<LatestWriter | BroadcastWriter>(() => this.side.channel.writer());
    this.#takeOver();
    return this.#writer;
  }

  leave(): void {
    this.side.is('moving');
    this.side.set(Record.sitting, 0);
    this.#writer.close();
  }

  /** One, or several at once. */
  send(count: number): void {
    const { side, next } = this;
    const messages = Array.from({ length: count }, (_, index) => this.#compose(next + index));
    Atomics.store(this.#numbers, Head.begun, next + count);
    side.set(Record.until, next + count);
    side.is('sending');
    const writer = this.#writer;
    if ('set' in writer) for (const message of messages) writer.set(message);
    else if (count === 1) writer.send(messages[0] as Buffer);
    else writer.sendMany(messages);
    Atomics.store(this.#numbers, Head.sent, next + count);
    side.is('idle');
  }

  /** What the last writer had sent is sent, and what it had not even begun is not. */
  #takeOver(): void {
    const { side, next } = this;
    if (next < Atomics.load(this.#numbers, Head.sent)) side.fail('duplicated', 'a number comes again', next);
    if (next > Atomics.load(this.#numbers, Head.begun)) side.fail('phantom', 'a number was left out', next);
    if (side.mine(Record.first) === 0) side.set(Record.first, next + 1);
    Atomics.store(this.#numbers, Head.begun, next);
    Atomics.store(this.#numbers, Head.sent, next);
  }

  #compose(number: number): Buffer {
    const id = (this.side.victim.slot << 24) | ++this.#attempts;
    const length = this.#random.below(16) === 0 ? longest : 12 + this.#random.below(400);
    const message = Buffer.alloc(length, id & 255);
    for (let at = 12; at < length; at += 1 + this.#random.below(64)) message[at] = this.#random.below(256);
    Atomics.store(this.#numbers, senderAt(number), id);
    return compose(message, id, number);
  }
}

export async function writeNumbers(victim: Journal, kind: WideKind, steady: boolean): Promise<void> {
  const writer = new Writer(victim, kind);
  const { random } = victim;
  writer.side.becomes('ready');
  while (!victim.stopped) {
    if (!steady && random.below(40) === 0) {
      writer.leave();
      writer.sit();
    } else if (writer.full) await sleep(2);
    else writer.send(random.below(8) === 0 ? 1 + random.below(batchMost) : 1);
    await linger(random);
  }
  writer.leave();
}

export async function writeSomeNumbers(victim: Journal, kind: WideKind): Promise<void> {
  const writer = new Writer(victim, kind);
  writer.side.becomes('ready');
  while (!victim.stopped && writer.next <= some) {
    // Before the last one readers sleep, and do not look by themselves any more.
    if (writer.next === some) await sleep(200);
    writer.send(1);
    await linger(victim.random);
  }
  await restUntilStopped(writer.side);
  writer.leave();
}
