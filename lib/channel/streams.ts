import { Readable, Writable } from 'node:stream';
import type { ChannelReader } from './reader.js';
import type { ChannelWriter } from './writer.js';

/** Ended with its stream: else a message could be taken by nobody. */
interface Pending {
  readonly abort: AbortController;
  wait: Promise<unknown>;
}

const begin = (): Pending => ({ abort: new AbortController(), wait: Promise.resolve() });

async function finish({ abort, wait }: Pending, side: Disposable): Promise<void> {
  abort.abort();
  await wait.catch(() => {});
  side[Symbol.dispose]();
}

/** A message a chunk; it ends when all writers have closed, and closes the reader. */
export function readableOf(reader: ChannelReader, ended: (error: unknown) => boolean): Readable {
  const pending = begin();
  return new Readable({
    objectMode: true,
    // Nothing is taken that nobody has asked for.
    highWaterMark: 0,
    read() {
      pending.wait = reader.receive({ signal: pending.abort.signal }).then(
        (message) => this.push(message),
        (error) => {
          if (ended(error)) this.push(null);
          else if (!pending.abort.signal.aborted) this.destroy(error);
        },
      );
    },
    destroy(error, done) {
      finish(pending, reader).then(() => done(error), done);
    },
  });
}

/** A chunk a message, one that is too long several; its end closes the writer, which the readers are told. */
export function writableOf(writer: ChannelWriter): Writable {
  const pending = begin();
  const send = (chunks: Buffer[], done: (error?: Error | null) => void) => {
    const pieces = chunks.flatMap((chunk) => cut(chunk, writer.longest));
    pending.wait = writer.sendMany(pieces, { signal: pending.abort.signal });
    pending.wait.then(() => done(), done);
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => send([chunk], done),
    writev: (chunks, done) =>
      send(
        chunks.map(({ chunk }) => chunk),
        done,
      ),
    destroy(error, done) {
      finish(pending, writer).then(() => done(error), done);
    },
  });
}

function cut(chunk: Buffer, longest: number): Buffer[] {
  if (chunk.length <= longest) return [chunk];
  const count = Math.ceil(chunk.length / longest);
  return Array.from({ length: count }, (_, index) => chunk.subarray(index * longest, (index + 1) * longest));
}

/** The same for the web's streams. */
export function readableStreamOf(
  reader: ChannelReader,
  ended: (error: unknown) => boolean,
): ReadableStream<Uint8Array> {
  const pending = begin();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const wait = reader.receive({ signal: pending.abort.signal });
          pending.wait = wait;
          controller.enqueue(await wait);
        } catch (error) {
          if (pending.abort.signal.aborted) return;
          if (!ended(error)) throw error;
          controller.close();
          reader.close();
        }
      },
      cancel: () => finish(pending, reader),
    },
    { highWaterMark: 0 },
  );
}

export function writableStreamOf(writer: ChannelWriter): WritableStream<string | NodeJS.ArrayBufferView> {
  const pending = begin();
  return new WritableStream({
    write(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : bufferOf(chunk);
      const wait = writer.sendMany(cut(bytes, writer.longest), { signal: pending.abort.signal });
      pending.wait = wait;
      return wait;
    },
    close: () => writer.close(),
    abort: () => finish(pending, writer),
  });
}

function bufferOf(view: NodeJS.ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
