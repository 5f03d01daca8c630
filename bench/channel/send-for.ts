import { GarbageWatch } from './garbage-watch.js';
import { Mark } from './messages.js';
import { report, warmUp } from './stage.js';

/** One way to send the prepared messages. */
export interface Sender {
  /** Sends messages from number `sequence` on until `until`, of `performance.now()`: the number of the next one. */
  send(sequence: number, until: number): number | Promise<number>;
  mark(sequence: number, code: Mark): void;
  /** Wake-ups that it has sent, where they are counted. */
  rings?(): number;
}

/** The writer's part of a run, after a warm-up. */
export async function sendFor(seconds: number, { send, mark, rings }: Sender): Promise<void> {
  const watch = new GarbageWatch();
  let sequence = await send(0, performance.now() + warmUp);
  mark(sequence, Mark.start);
  const from = performance.now();
  sequence = await send(sequence, from + 1000 * seconds);
  const to = performance.now();
  mark(sequence, Mark.end);
  report({ writerRings: rings?.() ?? 0, writerGarbage: await watch.between(from, to) });
}
