/** By signal: what its abort calls. One listener for all of them, since Node warns of more than ten at one signal. */
const calls = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `call` when the signal aborts; gives what takes that back. */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  let those = calls.get(signal);
  if (those === undefined) {
    const made = new Set<() => void>();
    those = made;
    calls.set(signal, made);
    signal.addEventListener(
      'abort',
      () => {
        for (const each of made) each();
      },
      { once: true },
    );
  }
  those.add(call);
  return () => those.delete(call);
}
