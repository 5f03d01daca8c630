import { setTimeout as sleep } from 'node:timers/promises';
import { Channel, type ChannelWriter } from 'posix-ipc';
import type { Journal } from '../node-journal.js';
import { checksum, numbersMost, Record } from './layout.js';
import { linger, patience, restUntilStopped, some } from './node-ways.js';
import { Side } from './side.js';

const batchMost = 8;

class Writer {
  readonly side: Side;
  readonly #random;
  #writer: ChannelWriter;

  constructor(victim: Journal) {
    this.side = new Side(victim, 'write', Channel.open);
    this.#random = victim.random;
    this.#writer = this.side.sit(() => this.side.channel.writer());
  }

  move(): void {
    this.leave();
    this.#writer = this.side.sit(() => this.side.channel.writer());
  }

  leave(): void {
    this.side.is('moving');
    this.side.set(Record.sitting, 0);
    this.#writer.close();
  }

  async sendOne(timeout: number): Promise<void> {
    const number = this.side.mine(Record.sent) + 1;
    const message = this.#compose(this.#someLength(), number);
    this.side.set(Record.until, number);
    this.side.is('sending');
    if (await this.#sent(message, timeout)) this.side.set(Record.sent, number);
    this.side.is('idle');
  }

  async sendCrumb(timeout: number): Promise<void> {
    const number = this.side.mine(Record.crumbsSent) + 1;
    const length = this.#random.below(8);
    this.side.set(Record.until, this.side.mine(Record.sent));
    this.side.set(Record.crumbsUntil, number);
    this.side.is('sending');
    if (await this.#sent(Buffer.alloc(length, 0xa0 + length), timeout))
      this.side.set(Record.crumbsSent, number);
    else this.side.set(Record.crumbsUntil, number - 1);
    this.side.is('idle');
  }

  async sendBatch(): Promise<void> {
    const first = this.side.mine(Record.sent) + 1;
    const count = 2 + this.#random.below(batchMost - 1);
    const messages = Array.from({ length: count }, (_, index) =>
      this.#compose(8 + this.#random.below(300), first + index),
    );
    this.side.set(Record.until, first + count - 1);
    this.side.is('sending');
    const sent = await this.side.ended(() => this.#writer.trySendMany(messages));
    // First what is in doubt becomes less, then what is certain becomes more.
    this.side.set(Record.until, first - 1 + (typeof sent === 'number' ? sent : 0));
    this.side.set(Record.sent, this.side.mine(Record.until));
    this.side.is('idle');
  }

  get full(): boolean {
    return this.side.mine(Record.sent) + batchMost >= numbersMost;
  }

  #someLength(): number {
    if (this.#random.below(64) === 0) return this.#writer.longest;
    return 8 + this.#random.below(this.#random.below(16) === 0 ? 2000 : 400);
  }

  #compose(length: number, number: number): Buffer {
    const id = (this.side.victim.slot << 16) | number;
    const message = Buffer.alloc(length, this.#random.below(256));
    for (let at = 8; at < length; at += 1 + this.#random.below(64)) message[at] = this.#random.below(256);
    message.writeInt32LE(id, 0);
    message.writeInt32LE(checksum(id, message), 4);
    return message;
  }

  async #sent(message: Buffer, timeout: number): Promise<boolean> {
    const sent = await this.side.ended(() => this.#send(message, timeout));
    if (sent !== 'deserted') return sent === true;
    if (!this.#writer.trySend(message)) return false;
    if (!this.side.cameSince)
      this.side.fail('lost', 'told that all have gone, and there was room', message.length);
    return true;
  }

  async #send(message: Buffer, timeout: number): Promise<boolean> {
    const writer = this.#writer;
    if (timeout === 0) return this.#random.below(2) === 0 ? writer.trySend(message) : this.#inPlace(message);
    if (this.#random.below(2) === 0) await writer.send(message, { timeout });
    else writer.sendSync(message, { timeout });
    return true;
  }

  #inPlace(message: Buffer): boolean {
    const at = this.#writer.tryClaim(message.length);
    if (at === undefined) return false;
    message.copy(this.#writer.block, at);
    if (this.#random.below(4) === 0) {
      this.#writer.abort(at);
      return false;
    }
    this.#writer.commit(at, message.length);
    return true;
  }
}

export async function writeMessages(victim: Journal, steady: boolean): Promise<void> {
  const writer = new Writer(victim);
  const { random } = victim;
  writer.side.becomes('ready');
  while (!victim.stopped) {
    if (!steady && random.below(40) === 0) writer.move();
    else if (writer.full) await sleep(2);
    else if (random.below(16) === 0) await writer.sendCrumb(patience(random));
    else if (random.below(8) === 0) await writer.sendBatch();
    else await writer.sendOne(random.below(4) === 0 ? 0 : patience(random));
    await linger(random);
  }
  writer.leave();
}

export async function writeToTheEnd(victim: Journal): Promise<void> {
  const writer = new Writer(victim);
  writer.side.becomes('ready');
  while (!victim.stopped && writer.side.deserted === 0) {
    if (writer.full) await writer.sendCrumb(Number.POSITIVE_INFINITY);
    else await writer.sendOne(Number.POSITIVE_INFINITY);
  }
  await restUntilStopped(writer.side);
  writer.leave();
}

export async function writeSome(victim: Journal): Promise<void> {
  const writer = new Writer(victim);
  writer.side.becomes('ready');
  while (!victim.stopped && writer.side.mine(Record.sent) < some) {
    await writer.sendOne(Number.POSITIVE_INFINITY);
    await linger(victim.random);
  }
  await restUntilStopped(writer.side);
  writer.leave();
}
