import { createHistogram } from 'node:perf_hooks';
import { type Item, readItem, writeItem } from './item.js';

/** What a consumer tells of an exchange. */
export interface Received {
  items: number;
  seconds: number;
  /** The first five items, and the last one. */
  read: { number: number; text: string }[];
  /** Nanoseconds, from before the put to after the take. */
  latency: { mean: number; p99: number } | undefined;
}

/** Keeps account of the items as they come: each has to be the next one, and whole. */
export class Receipt {
  private readonly latency = createHistogram();
  private readonly expected: Buffer;
  private readonly first: Item[] = [];
  private last: Item | undefined;
  private items = 0;

  /** `held`: how many items lay waiting while the exchange was paused. Their latency is that of the pause. */
  constructor(
    size: number,
    private readonly held: number,
  ) {
    this.expected = Buffer.alloc(size);
  }

  /** Throws at the first item that is not what it should be. */
  add(bytes: Buffer, now: bigint): void {
    this.items += 1;
    const item = this.check(bytes);
    if (this.items > this.held) this.latency.record(Math.max(1, Number(now - item.sent)));
    if (this.items <= 5) this.first.push(item);
    else this.last = item;
  }

  summary(seconds: number): Received {
    const { count, mean } = this.latency;
    const read = this.last ? [...this.first, this.last] : this.first;
    return {
      items: this.items,
      seconds,
      read: read.map(({ number, text }) => ({ number, text })),
      latency: count > 0 ? { mean, p99: this.latency.percentile(99) } : undefined,
    };
  }

  private check(bytes: Buffer): Item {
    const { items, expected } = this;
    if (bytes.length !== expected.length) {
      throw new Error(`item ${items} came as ${bytes.length} bytes, not ${expected.length}`);
    }
    const item = readItem(bytes);
    if (item.number !== items) throw new Error(`item ${item.number} came where item ${items} was due`);
    writeItem(expected, items, item.sent);
    if (!bytes.equals(expected)) throw new Error(`item ${items} is damaged`);
    return item;
  }
}
