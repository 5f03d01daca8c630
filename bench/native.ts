import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Where `npm run bench` has built what is not JavaScript. */
const built = join(import.meta.dirname, '../build-cmake/release/build');

export const floorProgram = (name: string) => join(built, 'floors', name);

export const { nothing, now, endWithParent } = createRequire(import.meta.url)(
  join(built, 'floors/empty.node'),
) as {
  /** A native function that does nothing. */
  nothing(): void;
  /** Nanoseconds on the clock that all processes share. */
  now(): number;
  /** From now on the death of the process that has started this one kills it, prctl(2). */
  endWithParent(): void;
};
