import { now } from '../native.js';
import { quantile } from '../stats.js';
import { warmUp } from './stage.js';

/** Nanoseconds of a round trip. */
export interface Trips {
  readonly p50: number;
  readonly p99: number;
}

/** So many round trips at a time between two looks at the clock; from each is subtracted what is not its own. */
export function pingBlocking(
  seconds: number,
  roundTrip: () => void,
  { block, subtracted }: { block: number; subtracted: number },
): Trips {
  const samples: number[] = [];
  const begin = now() + 1e6 * warmUp;
  const end = begin + 1e9 * seconds;
  for (let started = now(); started < end; ) {
    for (let trip = 0; trip < block; trip++) roundTrip();
    const ended = now();
    if (started >= begin) samples.push((ended - started) / block - subtracted);
    started = ended;
  }
  return trips(samples);
}

export async function pingAwaiting(seconds: number, roundTrip: () => Promise<void>): Promise<Trips> {
  const samples: number[] = [];
  const begin = now() + 1e6 * warmUp;
  const end = begin + 1e9 * seconds;
  for (let started = now(); started < end; ) {
    await roundTrip();
    const ended = now();
    if (started >= begin) samples.push(ended - started);
    started = ended;
  }
  return trips(samples);
}

function trips(samples: readonly number[]): Trips {
  return { p50: quantile(samples, 0.5), p99: quantile(samples, 0.99) };
}
