import { Role } from '../native.js';
import { checkWaiting, type Wait } from '../waiting/options.js';
import { counterWord } from './layout.js';
import { type Segment, Side } from './side.js';

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
    return attempt() ?? this.side.waitSync(timeout, this.#position, 0, attempt);
  }

  wait<Item>(method: string, attempt: () => Item | undefined, options: Wait | undefined): Promise<Item> {
    const wait = checkWaiting(options);
    const { side } = this;
    side.checkOpen(method);
    return side.wait(attempt, wait);
  }
}
