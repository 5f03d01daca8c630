import type { IpcError } from '../errors.js';
import { Role } from '../native.js';
import { checkOptions } from '../options.js';
import { iterate } from '../waiting/iterate.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
import { counterWord } from './layout.js';
import { type Segment, Side } from './side.js';

const waitOptions = ['timeout', 'signal'] as const;

/** How a reader of a latest value or of a broadcast waits until the number at `counterWord` is not its `position` any more. */
export class Listening {
  readonly side: Side;
  readonly #position: () => number;

  constructor(segment: Segment, persistent: boolean, position: () => number) {
    const side = new Side(segment, Role.reader, persistent, () =>
      side.patience.untilChanged(side.words, counterWord, position() | 0),
    );
    this.side = side;
    this.#position = position;
  }

  sync<Item>(timeout: number, attempt: () => Item | undefined): Item {
    const deadline = performance.now() + timeout;
    for (;;) {
      const item = attempt();
      if (item !== undefined) return item;
      this.side.waitSync(this.#position(), 0, Math.max(0, deadline - performance.now()));
    }
  }

  wait<Item>(method: string, attempt: () => Item | undefined, options: Wait | undefined): Promise<Item> {
    const wait = checkWaitFields(options && checkOptions(options, waitOptions));
    const { side } = this;
    side.checkOpen(method);
    return side.wait(attempt, wait);
  }

  /** Ends quietly when the writer has closed, or this handle. */
  iterate<Item>(next: () => Promise<Item>, options: Wait | undefined): AsyncGenerator<Item, void, undefined> {
    checkWaitFields(checkOptions(options, waitOptions));
    const { side } = this;
    return iterate(
      next,
      (error: IpcError) =>
        (error.code === 'EBADF' && side.closed) ||
        (error.code === 'EPIPE' && !side.closed && side.native.alone() === 1),
    );
  }
}
