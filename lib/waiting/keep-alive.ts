import { native } from '../native.js';

/** Words of `answers`: how many handles want the process alive, and whether the event loop was told so. */
const wanted = 4;
const told = 5;

/**
 * Tells the event loop. After the JavaScript that a delivered item has set going the native side does so by itself: a
 * service mostly waits again at once, and then nothing has changed. Whoever ends a wait otherwise calls this.
 */
export function settleKeepAlive(): void {
  const { answers, keepAlive } = native();
  if ((answers[wanted] as number) > 0 !== (answers[told] === 1)) keepAlive();
}

/** Whether the waits of one handle keep the process alive: as long as they are pending and nobody said `unref()`. */
export class KeepAlive {
  #wanted = true;
  #pending = 0;
  #counted = false;

  begin(): void {
    this.#pending += 1;
    this.#count();
    settleKeepAlive();
  }

  /** Leaves it to the caller to settle. */
  end(): void {
    this.#pending -= 1;
    this.#count();
  }

  ref(): void {
    this.#wanted = true;
    this.#count();
    settleKeepAlive();
  }

  unref(): void {
    this.#wanted = false;
    this.#count();
    settleKeepAlive();
  }

  #count(): void {
    const counts = this.#wanted && this.#pending > 0;
    if (counts === this.#counted) return;
    this.#counted = counts;
    const { answers } = native();
    answers[wanted] = (answers[wanted] as number) + (counts ? 1 : -1);
  }
}
