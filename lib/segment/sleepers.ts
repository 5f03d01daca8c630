// An own constant, which the engine writes into its code.
const x64 = process.arch === 'x64';

/**
 * Whether anybody sleeps at a bell. Asked right after a store by `Atomics`, which this look must not overtake: on x64 that
 * store is a locked exchange, and nothing overtakes one; elsewhere the look has to be one of `Atomics` too, a call that
 * costs 5 ns of the 26 of a message.
 */
export function anybodySleeps(words: Int32Array, sleepers: number): boolean {
  return (x64 ? words[sleepers] : Atomics.load(words, sleepers)) !== 0;
}
