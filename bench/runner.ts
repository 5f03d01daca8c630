import { execFileSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { floorProgram } from './native.js';
import type { Call } from './scenarios/calls.js';

/** Nanoseconds per iteration, one of each kind a round. */
export interface Measured {
  readonly call: Call;
  readonly node: number[];
  readonly floor: number[];
}

/**
 * Rounds of Node and C in turn, so that what slows the machine slows both. The first round warms the caches and the
 * compiler of V8 and is not counted.
 */
export async function measureCall(call: Call, rounds: number, tick: () => void): Promise<Measured> {
  const measured: Measured = { call, node: [], floor: [] };
  const prepared = call.prepare();
  try {
    for (let round = 0; round <= rounds; round++) {
      const floor = call.floor === undefined ? undefined : runFloor(call.floor, call.iterations);
      const node = runNode(prepared.run, call.iterations);
      // What the loop has closed is freed here, in a turn of the event loop, and not in another row's time.
      await setImmediate();
      if (round > 0) {
        measured.node.push(node);
        if (floor !== undefined) measured.floor.push(floor);
      }
      tick();
    }
  } finally {
    prepared.end();
  }
  return measured;
}

function runNode(run: (iterations: number) => void, iterations: number): number {
  const started = process.hrtime.bigint();
  run(iterations);
  return Number(process.hrtime.bigint() - started) / iterations;
}

function runFloor(row: string, iterations: number): number {
  return Number(execFileSync(floorProgram('calls'), [row, String(iterations)], { encoding: 'utf8' }));
}
