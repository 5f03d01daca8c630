/** What stands in a chain: in one at a time. */
export interface Link {
  /** @internal */
  next?: this | undefined;
  /** @internal */
  previous?: this | undefined;
}

/** A queue whose members can leave from the middle. A Set is one too, but rehashes and allocates as they come and go. */
export class Chain<T extends Link> {
  first: T | undefined;
  #last: T | undefined;

  /** At the end. */
  add(link: T): void {
    link.previous = this.#last;
    if (this.#last === undefined) this.first = link;
    else this.#last.next = link;
    this.#last = link;
  }

  remove(link: T): void {
    const { next, previous } = link;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    link.next = link.previous = undefined;
  }

  /** Whether it has one member and no more. */
  get single(): boolean {
    return this.first !== undefined && this.first === this.#last;
  }
}
