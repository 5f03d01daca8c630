import { SingleBar } from 'cli-progress';

const noticeable = 1000;

/** Shows how far an exchange is, if it lasts: a bar on a terminal, else a single line. */
export class Progress {
  private items = 0;
  private late: NodeJS.Timeout | undefined;
  private bar: SingleBar | undefined;

  constructor(
    private readonly total: number,
    private readonly stream: NodeJS.WriteStream,
  ) {}

  start(): void {
    this.late = setTimeout(() => this.show(), noticeable);
  }

  update(items: number): void {
    this.items = items;
    this.bar?.update(items);
  }

  stop(): void {
    clearTimeout(this.late);
    this.bar?.stop();
  }

  private show(): void {
    const { items, total, stream } = this;
    if (!stream.isTTY) {
      stream.write(`  ${items} of ${total} items after ${noticeable / 1000} s, going on\n`);
      return;
    }
    const format = '  {bar} {percentage} %, {value} of {total} items, {eta_formatted} to go';
    const cursor = { hideCursor: true, gracefulExit: true };
    this.bar = new SingleBar({ format, stream, clearOnComplete: true, ...cursor });
    this.bar.start(total, items);
  }
}
