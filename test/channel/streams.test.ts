import { randomBytes } from 'node:crypto';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Channel, type ChannelReader } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, start } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';

leaveNothing();

const channel = () => closing(Channel.create(name(), { capacity: 4096 }));

function collected(): { chunks: Buffer[]; sink: Writable } {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    objectMode: true,
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { chunks, sink };
}

async function inTurn(readable: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const chunk of readable) all.push(chunk);
  return all;
}

describe('streams of Node', () => {
  test('a pipeline carries a megabyte through a channel of 4 KiB, and ends', async () => {
    const c = channel();
    const data = randomBytes(2 ** 20);
    const { chunks, sink } = collected();
    await Promise.all([
      pipeline(Readable.from([data.subarray(0, 70_000), data.subarray(70_000)]), c.writer().toWritable()),
      pipeline(c.reader().toReadable(), sink),
    ]);
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
  });

  test('a chunk is a message, the empty one too', async () => {
    const c = channel();
    const [reader, writable] = [c.reader(), c.writer().toWritable()];
    for (const text of ['one', '', 'three']) writable.write(text);
    writable.end();
    const got = (await inTurn(reader.toReadable())) as Buffer[];
    expect(got.map(String)).toEqual(['one', '', 'three']);
    expect(reader.closed).toBe(true);
  });

  test('who does not read holds the writer back', async () => {
    const c = channel();
    const writable = c.writer().toWritable();
    let written = 0;
    for (; written < 1000 && writable.write(Buffer.alloc(1000)); written++);
    expect(written).toBeLessThan(1000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(c.stats().used).toBeGreaterThan(4096 - 1016);
    const reader = c.reader();
    const drained = new Promise((resolve) => writable.once('drain', resolve));
    for (let left = written + 1; left > 0; left--) await reader.receive();
    await drained;
    writable.destroy();
  });

  test('nothing is read ahead: what a destroyed stream has not given stays', async () => {
    const c = channel();
    const writer = c.writer();
    for (const text of ['a', 'b', 'c']) writer.trySend(text);
    const readable = c.reader().toReadable();
    for await (const chunk of readable) {
      expect(String(chunk)).toBe('a');
      break;
    }
    if (!readable.closed) await new Promise((resolve) => readable.once('close', resolve));
    expect(String(c.reader().tryReceive())).toBe('b');
  });

  test('destroying ends what waits, and frees the seat', async () => {
    const c = channel();
    const readable = c.reader().toReadable();
    readable.read();
    readable.destroy();
    await new Promise((resolve) => readable.once('close', resolve));
    c.reader().close();

    const writer = c.writer();
    while (writer.trySend(Buffer.alloc(500)));
    const writable = writer.toWritable();
    writable.write(Buffer.alloc(4000));
    writable.destroy();
    await new Promise((resolve) => writable.once('close', resolve));
    expect(writer.closed).toBe(true);
    c.writer().close();
  });

  test('an error before it ends the writer too', async () => {
    const c = channel();
    const broken = new PassThrough();
    const sent = pipeline(broken, c.writer().toWritable());
    broken.destroy(new Error('broken'));
    await expect(sent).rejects.toThrow('broken');
    c.writer().close();
  });
});

describe('streams of the web', () => {
  test('carry as much, and end', async () => {
    const c = channel();
    const data = randomBytes(200_000);
    const chunks: Uint8Array[] = [];
    await Promise.all([
      new Blob([data]).stream().pipeTo(c.writer().toWritableStream()),
      c
        .reader()
        .toReadableStream()
        .pipeTo(new WritableStream({ write: (chunk) => void chunks.push(chunk) })),
    ]);
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
  });

  test('cancel and abort free the seats', async () => {
    const c = channel();
    const stream = c.reader().toReadableStream();
    const source = stream.getReader();
    const read = source.read();
    await source.cancel();
    expect((await read).done).toBe(true);
    c.reader().close();
    await c.writer().toWritableStream().abort(new Error('enough'));
    c.writer().close();
  });
});

describe('the death of the writer', () => {
  async function orphaned<T>(read: (reader: ChannelReader) => T): Promise<T> {
    const c = channel();
    const writer = start(process.execPath, [fixture('channel/hold-writer.mjs'), c.name, 'last words']);
    await writer.printed('ready');
    const result = read(c.reader());
    writer.child.kill('SIGKILL');
    await writer.ended;
    return result;
  }

  test('is an error of the stream, after the last message', async () => {
    const chunks: string[] = [];
    const readable = await orphaned((reader) => reader.toReadable());
    readable.on('data', (chunk) => chunks.push(String(chunk)));
    const error = await new Promise((resolve) => readable.once('error', resolve));
    expect(error).toEqual(ipcError('EPIPE', 'receive'));
    expect(chunks).toEqual(['last words']);
  });

  test('is an error of the web stream too', async () => {
    const source = (await orphaned((reader) => reader.toReadableStream())).getReader();
    expect(String(Buffer.from((await source.read()).value as Uint8Array))).toBe('last words');
    await expect(source.read()).rejects.toEqual(ipcError('EPIPE', 'receive'));
  });
});
