import type { Lane } from './lane.js';

/** Lanes of one handle by what is waited for: who waits for one thing does not hold up who waits for another. */
export class Lanes<L extends Pick<Lane<never, unknown>, 'empty'>> {
  readonly #lanes = new Map<string, L>();

  /** The lane of `key`, made where nobody waits in it yet; `ended` belongs to its options. */
  of(key: string, make: (ended: () => void) => L): L {
    const present = this.#lanes.get(key);
    if (present !== undefined) return present;
    const lane = make(() => this.#lanes.delete(key));
    this.#lanes.set(key, lane);
    return lane;
  }

  /** Forgets a lane that nobody has come to wait in. */
  tidy(key: string): void {
    if (this.#lanes.get(key)?.empty) this.#lanes.delete(key);
  }
}
