/**
 * How much of what is repeated: more with POSIX_IPC_STRESS=30, say; a quarter where another build or another Node is tried,
 * after the usual one has done the whole.
 */
export const stress = Number(
  process.env.POSIX_IPC_STRESS ?? (process.env.POSIX_IPC_PREBUILD === undefined ? 1 : 0.25),
);

/** Milliseconds of a watchdog, given those that are enough for a stress of 1. */
export const watchdog = (milliseconds: number): number => milliseconds * Math.max(1, stress);
