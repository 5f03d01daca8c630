import { MessageQueue, Semaphore as Named, type Semaphore, type sysv, type Wait } from 'posix-ipc';
import { onTestFinished } from 'vitest';
import { letters, name, set } from '../helpers/objects.js';

/** What test/fixtures/waiting/kinds.mjs knows. */
export const everyKind = [
  'posix semaphore',
  'posix receive',
  'posix send',
  'sysv semaphore',
  'sysv receive',
  'sysv send',
] as const;
export type KindName = (typeof everyKind)[number];

/** Something to wait for, of which there is none yet. */
export interface Awaited {
  /** How another process finds it. */
  readonly place: string;
  readonly about: { path: string } | { id: number };
  readonly handle: Semaphore | MessageQueue | sysv.SemaphoreSet | sysv.MessageQueue;
  /** What a wait takes one of. */
  items(): number;
  give(): void;
}

export interface Kind {
  readonly title: string;
  readonly kind: KindName;
  /** As the error of a wait names it. */
  readonly syscall: string;
  /** What close() tells who waits: nothing where there is no close(). */
  readonly closing?: 'EBADF' | 'the end';
  readonly method: string;
  make(): Awaited;
  /** Never throws. */
  wait(from: Awaited, options?: Wait): Promise<unknown>;
}

const down = { index: 0, delta: -1 };
const up = { index: 0, delta: 1 };

export function semaphore(): Awaited & { handle: Semaphore } {
  const path = name();
  const handle = Named.create(path, { value: 0 });
  onTestFinished(() => handle.close());
  const again = Named.open(path);
  onTestFinished(() => again.close());
  return { place: path, about: { path }, handle, items: () => again.value, give: () => again.post() };
}

export function queue(maxMessages = 8): Awaited & { handle: MessageQueue } {
  const path = name();
  const handle = MessageQueue.create(path, { maxMessages, messageSize: 64 });
  onTestFinished(() => handle.close());
  const again = MessageQueue.open(path);
  onTestFinished(() => again.close());
  const give = () => again.sendSync('given', { timeout: 0 });
  return { place: path, about: { path }, handle, items: () => again.length, give };
}

/** Full: what a wait takes is room. */
export function fullQueue(): Awaited & { handle: MessageQueue } {
  const full = queue();
  const again = MessageQueue.open(full.handle.name);
  onTestFinished(() => again.close());
  while (again.trySend('stuffing'));
  const items = () => again.maxMessages - again.length;
  return { ...full, items, give: () => again.receiveSync({ timeout: 0 }) };
}

export function semaphoreSet(...more: number[]): Awaited & { handle: sysv.SemaphoreSet } {
  const handle = set(0, ...more);
  const { id } = handle;
  const give = () => handle.operateSync(up);
  return { place: String(id), about: { id }, handle, items: () => handle.value(0), give };
}

export function mailbox(maxBytes = 1024): Awaited & { handle: sysv.MessageQueue } {
  const handle = letters({ maxBytes });
  const { id } = handle;
  const give = () => handle.sendSync('given', { timeout: 0 });
  return { place: String(id), about: { id }, handle, items: () => handle.stat().length, give };
}

export function fullMailbox(): Awaited & { handle: sysv.MessageQueue } {
  const handle = letters({ maxBytes: 64 });
  const { id } = handle;
  while (handle.trySend('stuffing'));
  const items = () => 8 - handle.stat().length;
  const give = () => handle.receiveSync({ timeout: 0 });
  return { place: String(id), about: { id }, handle, items, give };
}

const make: Record<KindName, () => Awaited> = {
  'posix semaphore': semaphore,
  'posix receive': () => queue(),
  'posix send': fullQueue,
  'sysv semaphore': () => semaphoreSet(),
  'sysv receive': () => mailbox(),
  'sysv send': fullMailbox,
};

/** For a program: the places of one of every kind, of which there is no item. */
export function oneOfEach(...kinds: KindName[]): {
  json: string;
  all: Record<string, Awaited>;
} {
  const all = Object.fromEntries((kinds.length > 0 ? kinds : everyKind).map((kind) => [kind, make[kind]()]));
  const places = Object.entries(all).map(([kind, { place }]) => [kind, place]);
  return { json: JSON.stringify(Object.fromEntries(places)), all };
}

/** A generator's own bad arguments are thrown, not a rejection. */
const eventually = async (start: () => Promise<unknown>) => start();

const asSemaphore = (from: Awaited) => from.handle as Semaphore;
const asQueue = (from: Awaited) => from.handle as MessageQueue;
const asSet = (from: Awaited) => from.handle as sysv.SemaphoreSet;
const asMailbox = (from: Awaited) => from.handle as sysv.MessageQueue;

const named = { kind: 'posix semaphore', syscall: 'sem_wait', method: 'wait', make: semaphore } as const;
const receiving = {
  kind: 'posix receive',
  syscall: 'mq_receive',
  method: 'receive',
  make: () => queue(),
} as const;
const operating = {
  kind: 'sysv semaphore',
  syscall: 'semop',
  method: 'operate',
  make: () => semaphoreSet(),
} as const;
const letterReceiving = {
  kind: 'sysv receive',
  syscall: 'msgrcv',
  method: 'receive',
  make: () => mailbox(),
} as const;

/** Every method of this library that waits as a promise. */
export const waits: readonly Kind[] = [
  {
    ...named,
    title: 'Semaphore.wait',
    closing: 'EBADF',
    wait: (from, options) => asSemaphore(from).wait(options),
  },
  {
    ...named,
    title: 'Semaphore.hold',
    closing: 'EBADF',
    wait: (from, options) => asSemaphore(from).hold(options),
  },
  {
    ...receiving,
    title: 'MessageQueue.receive',
    closing: 'EBADF',
    wait: (from, options) => asQueue(from).receive(options),
  },
  {
    ...receiving,
    title: 'MessageQueue.receiveInto',
    closing: 'EBADF',
    wait: (from, options) => asQueue(from).receiveInto(new Uint8Array(64), options),
  },
  {
    ...receiving,
    title: 'MessageQueue.messages',
    closing: 'the end',
    wait: (from, options) => eventually(() => asQueue(from).messages(options).next()),
  },
  {
    title: 'MessageQueue.send',
    kind: 'posix send',
    syscall: 'mq_send',
    method: 'send',
    closing: 'EBADF',
    make: fullQueue,
    wait: (from, options) => asQueue(from).send('sent', options),
  },
  {
    ...operating,
    title: 'SemaphoreSet.operate',
    wait: (from, options) => asSet(from).operate(down, options),
  },
  {
    ...operating,
    title: 'PreparedOperations.operate',
    wait: (from, options) => asSet(from).prepare(down).operate(options),
  },
  {
    ...letterReceiving,
    title: 'sysv.MessageQueue.receive',
    wait: (from, options) => asMailbox(from).receive(options),
  },
  {
    ...letterReceiving,
    title: 'sysv.MessageQueue.receiveInto',
    wait: (from, options) => asMailbox(from).receiveInto(new Uint8Array(64), options),
  },
  {
    ...letterReceiving,
    title: 'sysv.MessageQueue.messages',
    wait: (from, options) => eventually(() => asMailbox(from).messages(options).next()),
  },
  {
    title: 'sysv.MessageQueue.send',
    kind: 'sysv send',
    syscall: 'msgsnd',
    method: 'send',
    make: fullMailbox,
    wait: (from, options) => asMailbox(from).send('sent out', options),
  },
];

/** What the queues of both kinds have in common. */
export type Queue = Omit<Awaited, 'handle'> & {
  handle: {
    send(data: NodeJS.ArrayBufferView | string): Promise<void>;
    sendSync(data: string): void;
    receive(): Promise<{ data: Buffer }>;
    receiveSync(options?: { timeout: number }): { data: Buffer };
    receiveInto(buffer: NodeJS.ArrayBufferView): Promise<{ length: number }>;
    messages(options?: Wait): AsyncGenerator<{ data: Buffer }>;
    [Symbol.asyncIterator](): AsyncGenerator<{ data: Buffer }>;
  };
};
export const bothQueues = (): Queue[] => [queue(), mailbox()];

export const turn = () => new Promise((resolve) => setImmediate(resolve));
export const texts = (messages: { data: Buffer }[]) => messages.map(({ data }) => String(data));
