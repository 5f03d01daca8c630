/** A handle of a lock of this thread. */
export interface Holder {
  readonly held: boolean;
}

/** Weakly, by the lock's identity: a handle that is forgotten is collected. */
const holders = new Map<string, Set<WeakRef<Holder>>>();

/** Gives what takes it out again. */
export function enrol(identity: string, holder: Holder): () => void {
  const reference = new WeakRef(holder);
  let those = holders.get(identity);
  if (those === undefined) {
    those = new Set();
    holders.set(identity, those);
  }
  those.add(reference);
  return () => {
    const present = holders.get(identity);
    present?.delete(reference);
    if (present?.size === 0) holders.delete(identity);
  };
}

/** Whether a handle of this thread has the lock: who blocks the thread for it would wait for ever. */
export function heldHere(identity: string): boolean {
  for (const reference of holders.get(identity) ?? []) {
    const holder = reference.deref();
    if (holder === undefined) holders.get(identity)?.delete(reference);
    else if (holder.held) return true;
  }
  return false;
}
