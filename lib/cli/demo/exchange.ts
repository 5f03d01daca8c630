import { type Mechanism, type Objects, type Run, slots } from './mechanism.js';
import type { Produced } from './producer.js';
import type { Received } from './receipt.js';
import { RoleProcess } from './role-process.js';

export interface Plan {
  run: Run;
  items: number;
  mechanism: Mechanism;
  objects: Objects;
}

export interface Hooks {
  /** While nothing moves: the first items are in, and both processes have the objects open. */
  paused(held: number, processes: Map<number, string>): Promise<void>;
  progress(items: number): void;
}

export interface Traffic {
  produced: Produced;
  received: Received;
}

/** Has a producer process and a consumer process exchange all items. Throws whatever goes wrong in it. */
export async function exchange({ run, items, mechanism, objects }: Plan, hooks: Hooks): Promise<Traffic> {
  const held = Math.min(5, objects.room ?? slots, Math.floor(items / 2));
  const job = { mechanism: mechanism.name, run, items, held };
  const producer = new RoleProcess<Produced>('producer', job);
  const consumer = new RoleProcess<Received>('consumer', job);
  const patience = new Patience();
  consumer.onProgress((taken) => {
    patience.renew(taken);
    hooks.progress(taken);
  });
  try {
    await patience.with(Promise.all([producer.ready, consumer.ready]));
    const roles = [producer, consumer].map(({ pid, role }) => [pid, role] as const);
    await hooks.paused(held, new Map([[process.pid, 'main'], ...roles]));

    consumer.resume();
    producer.resume();
    const [produced, received] = await patience.with(Promise.all([producer.result, consumer.result]));
    if (objects.left() > 0) throw new Error(`${objects.left()} items came twice`);
    return { produced, received };
  } finally {
    await Promise.all([producer.end(), consumer.end()]);
  }
}

/** An end to waiting: an item that was lost would never come. */
class Patience {
  private readonly seconds = 10;
  private idle = 0;
  private taken = 0;

  renew(taken: number): void {
    this.taken = taken;
    this.idle = 0;
  }

  // Counts ticks rather than time: while these processes are stopped by Ctrl-Z, time goes on and they do not.
  with<T>(work: Promise<T>): Promise<T> {
    this.idle = 0;
    return new Promise((resolve, reject) => {
      const tick = setInterval(() => {
        this.idle += 1;
        if (this.idle < this.seconds) return;
        reject(new Error(`nothing came for ${this.seconds} s after item ${this.taken}`));
      }, 1000);
      work.then(resolve, reject).finally(() => clearInterval(tick));
    });
  }
}
