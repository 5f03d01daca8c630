import fc from 'fast-check';
import type { Channel, ChannelReader, ChannelWriter, Lease } from 'posix-ipc';
import { expect } from 'vitest';
import { codeOf } from './made.js';

export const capacity = 4096;
const longest = capacity - 8;
const sizeOf = (length: number) => (length + 15) & ~7;

export interface Model {
  /** What is sent and not received. */
  messages: Buffer[];
  claim: number | undefined;
  leased: boolean;
}
export interface Real {
  channel: Channel;
  writer: ChannelWriter;
  reader: ChannelReader;
  offset: number | undefined;
  lease: Lease | undefined;
  into: Buffer;
}

const used = ({ messages }: Model) => messages.reduce((sum, { length }) => sum + sizeOf(length), 0);
const fits = (model: Model, length: number) => used(model) + sizeOf(length) <= capacity;

/** What refuses every call of a side in the model's state. */
const writerRefuses = (model: Model, length: number) =>
  model.claim !== undefined ? 'EBUSY' : length > longest ? 'EMSGSIZE' : undefined;
const readerRefuses = (model: Model) => (model.leased ? 'EBUSY' : undefined);

class Call implements fc.AsyncCommand<Model, Real> {
  readonly #title: string;
  readonly #run: (model: Model, real: Real) => void | Promise<void>;

  constructor(title: string, run: (model: Model, real: Real) => void | Promise<void>) {
    this.#title = title;
    this.#run = run;
  }

  check = () => true;
  toString = () => this.#title;

  async run(model: Model, real: Real) {
    await this.#run(model, real);
    expect(real.channel.stats().used).toBe(used(model));
  }
}

type Send = (writer: ChannelWriter, message: Buffer) => unknown;
const sends: Record<string, Send> = {
  trySend: (writer, message) => writer.trySend(message),
  trySendMany: (writer, message) => writer.trySendMany([message]) === 1,
  sendSync: (writer, message) => writer.sendSync(message, { timeout: 0 }),
  sendManySync: (writer, message) => writer.sendManySync([message], { timeout: 0 }),
  send: (writer, message) => writer.send(message, { timeout: 0 }),
  sendMany: (writer, message) => writer.sendMany([message], { timeout: 0 }),
};

const send = (way: string, message: Buffer) =>
  new Call(`${way} of ${message.length}`, async (model, { writer }) => {
    const full = way.startsWith('try') ? false : 'ETIMEDOUT';
    const tooLong = message.length > longest ? 'EMSGSIZE' : undefined;
    const refusal = awaited(way)
      ? (tooLong ?? (model.claim === undefined ? undefined : full))
      : writerRefuses(model, message.length);
    const expected = refusal ?? (fits(model, message.length) ? true : full);
    expect(await outcome(() => sends[way](writer, message))).toBe(expected);
    if (expected === true) model.messages.push(message);
  });

/** A promise waits for the end of a claim or a lease, which refuses all else. */
const awaited = (way: string) => !way.startsWith('try') && !way.endsWith('Sync');

/** A value, or the code of an error; nothing is `true`. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const value = await call();
    return value === undefined ? true : value;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const sendBatch = (batch: Buffer[]) =>
  new Call(`trySendMany of ${batch.map(({ length }) => length)}`, (model, { writer }) => {
    let count = 0;
    const after = { ...model, messages: [...model.messages] };
    while (count < batch.length && fits(after, batch[count].length)) after.messages.push(batch[count++]);
    const refusal = batch.length > 0 && model.claim !== undefined ? 'EBUSY' : undefined;
    let sent: unknown;
    expect(codeOf(() => (sent = writer.trySendMany(batch)))).toBe(refusal);
    if (refusal !== undefined) return;
    expect(sent).toBe(count);
    model.messages = after.messages;
  });

const claim = (length: number) =>
  new Call(`tryClaim(${length})`, (model, real) => {
    const refusal = writerRefuses(model, length);
    let offset: number | undefined;
    expect(codeOf(() => (offset = real.writer.tryClaim(length)))).toBe(refusal);
    if (refusal !== undefined) return;
    expect(offset !== undefined).toBe(fits(model, length));
    if (offset === undefined) return;
    model.claim = length;
    real.offset = offset;
    real.writer.block.fill(length, offset, offset + length);
  });

const commit = (part: number) =>
  new Call(`commit of ${part}`, (model, { writer, offset }) => {
    if (model.claim === undefined) return expect(codeOf(() => writer.commit(offset ?? 8200))).toBe('EINVAL');
    const length = Math.floor(part * model.claim);
    writer.commit(offset as number, length);
    model.messages.push(Buffer.alloc(length, model.claim));
    model.claim = undefined;
  });

const abort = new Call('abort', (model, { writer, offset }) => {
  if (model.claim === undefined) return expect(codeOf(() => writer.abort(offset ?? 8200))).toBe('EINVAL');
  writer.abort(offset as number);
  model.claim = undefined;
});

type Receive = (real: Real) => unknown;
const receives: Record<string, Receive> = {
  tryReceive: ({ reader }) => reader.tryReceive() ?? 'empty',
  tryReceiveInto: ({ reader, into }) => cut(into, reader.tryReceiveInto(into)),
  receiveSync: ({ reader }) => reader.receiveSync({ timeout: 0 }),
  receiveIntoSync: ({ reader, into }) => cut(into, reader.receiveIntoSync(into, { timeout: 0 })),
  receive: ({ reader }) => reader.receive({ timeout: 0 }),
  receiveInto: async ({ reader, into }) => cut(into, await reader.receiveInto(into, { timeout: 0 })),
  messages: async ({ reader }) => (await reader.messages({ timeout: 0 }).next()).value,
};
const cut = (into: Buffer, length: number | undefined) =>
  length === undefined ? 'empty' : Buffer.from(into.subarray(0, length));

const receive = (way: string) =>
  new Call(way, async (model, real) => {
    const refusal = model.leased && awaited(way) ? 'ETIMEDOUT' : readerRefuses(model);
    const expected = refusal ?? model.messages[0] ?? (way.startsWith('try') ? 'empty' : 'ETIMEDOUT');
    expect(await outcome(() => receives[way](real))).toEqual(expected);
    if (refusal === undefined) model.messages.shift();
  });

const tooShort = new Call('tryReceiveInto a short buffer', (model, { reader }) => {
  if (model.leased || (model.messages[0]?.length ?? 0) === 0) return;
  expect(codeOf(() => reader.tryReceiveInto(Buffer.alloc(model.messages[0].length - 1)))).toBe('EMSGSIZE');
});

const drain = (most: number, stop: number) =>
  new Call(`drain(${most}), which throws at ${stop}`, (model, { reader }) => {
    const found: Buffer[] = [];
    const call = () =>
      reader.drain((block, offset, length) => {
        if (found.length === stop) throw Object.assign(new Error(), { code: 'STOP' });
        found.push(Buffer.from(block.subarray(offset, offset + length)));
      }, most);
    const shown = Math.min(most, model.messages.length);
    expect(codeOf(call)).toBe(readerRefuses(model) ?? (shown > stop ? 'STOP' : undefined));
    if (model.leased) return;
    expect(found).toEqual(model.messages.splice(0, Math.min(shown, stop)));
  });

const lease = new Call('tryLease', (model, real) => {
  const refusal = readerRefuses(model);
  let leased: Lease | undefined;
  expect(codeOf(() => (leased = real.reader.tryLease()))).toBe(refusal);
  if (refusal !== undefined) return;
  expect(leased?.read()).toEqual(model.messages[0]);
  if (leased === undefined) return;
  real.lease = leased;
  model.leased = true;
});

const endLease = (way: 'release' | 'putBack') =>
  new Call(way, (model, { lease }) => {
    if (!model.leased) return expect(lease && codeOf(() => lease[way]())).toBe(lease && 'EINVAL');
    lease?.[way]();
    model.leased = false;
    if (way === 'release') model.messages.shift();
  });

const reopen = (role: 'writer' | 'reader') =>
  new Call(`close the ${role} and open another`, (model, real) => {
    const held = role === 'writer' ? model.claim !== undefined : model.leased;
    expect(codeOf(() => real[role].close())).toBe(held ? 'EBUSY' : undefined);
    if (held) return;
    if (role === 'writer') real.writer = real.channel.writer();
    else real.reader = real.channel.reader();
  });

const length = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 60 }), weight: 4 },
  { arbitrary: fc.integer({ min: 0, max: 1500 }), weight: 2 },
  { arbitrary: fc.integer({ min: longest - 20, max: longest + 2 }), weight: 1 },
);
const message = fc
  .tuple(length, fc.integer({ min: 0, max: 255 }))
  .map(([size, fill]) => Buffer.alloc(size, fill));
const short = message.map((each) => each.subarray(0, 900));

/** Every public operation of both sides. */
export const commands = [
  fc.tuple(fc.constantFrom(...Object.keys(sends)), message).map(([way, each]) => send(way, each)),
  fc.array(short, { maxLength: 12 }).map(sendBatch),
  length.map(claim),
  fc.constantFrom(0, 0.3, 1).map(commit),
  fc.constant(abort),
  fc.constantFrom(...Object.keys(receives)).map(receive),
  fc.constant(tooShort),
  fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.constantFrom(0, 3, Number.POSITIVE_INFINITY))
    .map(([most, stop]) => drain(most, stop)),
  fc.constant(lease),
  fc.constantFrom('release' as const, 'putBack' as const).map(endLease),
  fc.constantFrom('writer' as const, 'reader' as const).map(reopen),
];
