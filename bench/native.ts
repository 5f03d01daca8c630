import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Where `npm run bench` has built what is not JavaScript. */
const built = join(import.meta.dirname, '../build-cmake/release/build');

export const floorProgram = (name: string) => join(built, 'floors', name);

export const { nothing, now } = createRequire(import.meta.url)(join(built, 'floors/empty.node')) as {
  /** A native function that does nothing. */
  nothing(): void;
  /** Nanoseconds on the clock that all processes share. */
  now(): number;
};
