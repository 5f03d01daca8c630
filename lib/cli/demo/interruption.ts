import { constants } from 'node:os';

/**
 * Ends this process, after `cleanUp`, at the first signal that asks for it, or when nobody reads its output any more.
 * The function it gives resolves at once, but never when the end has begun: then the program has to stop there.
 */
export function onInterruption(cleanUp: () => Promise<void>): () => Promise<void> {
  let ending = false;
  const end = async (code: number, words: string) => {
    if (ending) return; // the terminal and npm may both hand on one Ctrl-C
    ending = true;
    await cleanUp();
    process.stderr.write(words);
    process.exit(code);
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const words = `\nEnded by ${signal}. Both processes are gone, and so are all objects.\n`;
    process.on(signal, () => end(128 + constants.signals[signal], words));
  }
  // As with `npm start | head`.
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) =>
    code === 'EPIPE' ? end(0, '') : end(1, `${message}\n`),
  );
  return () => (ending ? new Promise(() => {}) : Promise.resolve());
}
