import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Counts collections of garbage. Begun before the time that it is asked about. */
export class GarbageWatch {
  readonly #moments: number[] = [];

  constructor() {
    const observer = new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntries()) this.#moments.push(startTime);
    });
    observer.observe({ entryTypes: ['gc'] });
  }

  /** Milliseconds of `performance.now()`. What happened in a loop is told in a later turn. */
  async between(from: number, to: number): Promise<number> {
    await sleep(50);
    return this.#moments.filter((moment) => moment >= from && moment <= to).length;
  }
}
