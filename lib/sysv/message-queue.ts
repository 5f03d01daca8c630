import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { IpcError, receiverError } from '../errors.js';
import { Intent, internal } from '../handle.js';
import { type NativeSysvMessageCalls, native } from '../native.js';
import {
  bytesOf,
  checkInteger,
  checkMode,
  checkOptions,
  checkTimeout,
  type Data,
  targetOf,
  type WaitOptions,
} from '../options.js';
import { listenedSignals } from '../signals.js';
import { iterate } from '../waiting/iterate.js';
import { Lanes } from '../waiting/lanes.js';
import { type CheckedWait, checkWaitFields, type Wait } from '../waiting/options.js';
import { ended, promised } from '../waiting/promised.js';
import { ThreadLane } from '../waiting/thread-lane.js';
import { checkKey, checkOpenKey } from './key.js';
import {
  anyMessage,
  type CheckedSelection,
  changeOptions,
  checkSelection,
  checkType,
  createOptions,
  everyOption,
  intoWaitOptions,
  type Message,
  type MessageQueueChange,
  type MessageQueueCreateOptions,
  type MessageQueueStatus,
  type Received,
  type ReceiveOptions,
  receiveOptions,
  receiveWaitOptions,
  type Selection,
  type SendOptions,
  selectionOptions,
  sendOptions,
  sendSyncOptions,
  sendWaitOptions,
} from './message-queue-options.js';
import { checkRemoveOnExit, found, type Identified, identified, SysvObject } from './object.js';

interface Letter {
  readonly bytes: Uint8Array;
  readonly type: number;
}

const { E2BIG } = constants.errno;

/** A System V message queue: msgget(2), msgop(2). */
export class MessageQueue extends SysvObject<MessageQueueStatus, MessageQueueChange> {
  readonly #calls: NativeSysvMessageCalls;
  // Who waits in this process: to send, in the order they came; to receive, by the selection.
  readonly #senders: ThreadLane<Letter, true>;
  readonly #receivers = new Lanes<ThreadLane<undefined, Message>>();
  /** Where a message lands before its length is known. */
  #landing: Uint8Array | undefined;

  /** A new one. `EEXIST`; `ENOSPC` at the system's limit. */
  static create(key: number, options?: MessageQueueCreateOptions): MessageQueue {
    return MessageQueue.#createBy(Intent.create, key, options);
  }

  /** One that is there. `ENOENT`, `EACCES`. */
  static open(key: number): MessageQueue {
    const kind = native().sysvMessageQueue;
    const unsigned = checkOpenKey(key);
    return new MessageQueue(internal, identified(kind, kind.get(Intent.open, unsigned, 0), unsigned, false));
  }

  /** One that is there, with its limit; else a new one. */
  static openOrCreate(key: number, options?: MessageQueueCreateOptions): MessageQueue {
    return MessageQueue.#createBy(Intent.openOrCreate, key, options);
  }

  /** The one with this identifier. */
  static fromId(id: number): MessageQueue {
    return new MessageQueue(internal, found(native().sysvMessageQueue, id));
  }

  static #createBy(intent: Intent, key: number, options?: MessageQueueCreateOptions): MessageQueue {
    const { mode, maxBytes, removeOnExit } = checkOptions(options, createOptions);
    const limit = maxBytes === undefined ? undefined : checkInteger(maxBytes, 'maxBytes', 1);
    const promise = checkRemoveOnExit(removeOnExit);
    const kind = native().sysvMessageQueue;
    const unsigned = checkKey(key);
    const id = kind.get(intent, unsigned, checkMode(mode));
    const queue = new MessageQueue(internal, identified(kind, id, unsigned, promise));
    if (queue.created && limit !== undefined) queue.#limit(limit);
    return queue;
  }

  /** @internal */
  constructor(key: typeof internal, answer: Identified) {
    super(key, 'MessageQueue', native().sysvMessageQueue, answer);
    this.#calls = native().sysvMessageQueue.bind(answer.id);
    this.#senders = this.#makeSenders();
  }

  static #of(value: MessageQueue): MessageQueue {
    if (typeof value !== 'object' || value === null || !(#calls in value))
      throw receiverError('MessageQueue');
    return value;
  }

  /** Sends unless the queue is full, and tells whether it did: msgsnd(2). `EINVAL` above kernel.msgmax; `EIDRM`. */
  trySend(data: Data, options?: SendOptions): boolean {
    const queue = MessageQueue.#of(this);
    const type = options === undefined ? 1 : checkType(checkOptions(options, sendOptions).type);
    return queue.#calls.trySend(bytesOf(data), type);
  }

  /** Sends; blocks the thread while the queue is full. `ETIMEDOUT`. */
  sendSync(data: Data, options?: SendOptions & WaitOptions): void {
    const queue = MessageQueue.#of(this);
    const { type, timeout } = checkOptions(options, sendSyncOptions);
    queue.#calls.sendSync(bytesOf(data), checkType(type), checkTimeout(timeout), listenedSignals());
  }

  /** Sends as soon as there is room, after those of this object who came before. The data is copied before it waits. */
  send(data: Data, options?: SendOptions & Wait): Promise<void> {
    return promised(() => {
      const queue = MessageQueue.#of(this);
      const checked = checkOptions<SendOptions & Wait>(options, sendWaitOptions);
      const wait = checkWaitFields(checked);
      const letter = { bytes: Uint8Array.from(bytesOf(data)), type: checkType(checked.type) };
      return ended(queue.#senders.wait(letter, wait));
    });
  }

  /** A message that fits the selection, or `undefined`: msgrcv(2). */
  tryReceive(options?: ReceiveOptions): Message | undefined {
    const { type, except, truncate, maxLength } = checkSelection(checkOptions(options, receiveOptions));
    const queue = MessageQueue.#of(this);
    return queue.#take(maxLength, (landing) => queue.#calls.tryReceive(landing, type, except, truncate));
  }

  /** The same; blocks the thread until there is one. `ETIMEDOUT`. */
  receiveSync(options?: ReceiveOptions & WaitOptions): Message {
    const checked = checkOptions<ReceiveOptions & WaitOptions>(options, everyOption);
    const { type, except, truncate, maxLength } = checkSelection(checked);
    const timeout = checkTimeout(checked.timeout);
    const queue = MessageQueue.#of(this);
    return queue.#take(maxLength, (landing) =>
      queue.#calls.receiveSync(landing, type, except, truncate, timeout, listenedSignals()),
    ) as Message;
  }

  /**
   * The next message that fits the selection. Who waits for the same one is served in order; who waits for another is
   * not held up. `EIDRM` as soon as somebody removes the queue; `ETIMEDOUT`; the signal's reason.
   */
  receive(options?: ReceiveOptions & Wait): Promise<Message> {
    return promised(() => {
      const queue = MessageQueue.#of(this);
      const checked = checkOptions<ReceiveOptions & Wait>(options, receiveWaitOptions);
      return queue.#receive(checkSelection(checked), checkWaitFields(checked));
    });
  }

  /** Into the caller's buffer. `E2BIG` where it is too short; the message stays. */
  tryReceiveInto(buffer: NodeJS.ArrayBufferView, options?: Selection): Received | undefined {
    const queue = MessageQueue.#of(this);
    const selection =
      options === undefined ? anyMessage : checkSelection(checkOptions(options, selectionOptions));
    const into = targetOf(buffer);
    const { type, except, truncate } = selection;
    const length = queue.#calls.tryReceive(into, type, except, truncate);
    return length < 0 ? undefined : { length, type: lastType(queue.id, into, length) };
  }

  receiveIntoSync(buffer: NodeJS.ArrayBufferView, options?: Selection & WaitOptions): Received {
    const queue = MessageQueue.#of(this);
    const checked = checkOptions<Selection & WaitOptions>(options, [...selectionOptions, 'timeout']);
    const { type, except, truncate } = checkSelection(checked);
    const into = targetOf(buffer);
    const timeout = checkTimeout(checked.timeout);
    const length = queue.#calls.receiveSync(into, type, except, truncate, timeout, listenedSignals());
    return { length, type: lastType(queue.id, into, length) };
  }

  /** The buffer is written when the promise resolves, and not before. */
  receiveInto(buffer: NodeJS.ArrayBufferView, options?: Selection & Wait): Promise<Received> {
    return promised(async () => {
      const queue = MessageQueue.#of(this);
      const checked = checkOptions<Selection & Wait>(options, intoWaitOptions);
      const into = targetOf(buffer);
      const selection = { ...checkSelection(checked), maxLength: into.length };
      const { data, type } = await queue.#receive(selection, checkWaitFields(checked));
      // The bytes of the buffer went to somebody else meanwhile; the message must not go with them.
      if (into.length < data.length) {
        throw new IpcError('EFAULT', 'msgrcv', { id: queue.id }, { data, type: BigInt(type) });
      }
      into.set(data);
      return { length: data.length, type };
    });
  }

  /** Message after message that fits the selection; leaving the loop loses nothing. */
  messages(options?: ReceiveOptions & Wait): AsyncGenerator<Message, void, undefined> {
    const queue = MessageQueue.#of(this);
    checkSelection(checkOptions<ReceiveOptions & Wait>(options, receiveWaitOptions));
    return iterate(
      () => queue.receive(options),
      () => false,
    );
  }

  [Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    return MessageQueue.#of(this).messages();
  }

  /** Changes owner, group, permissions and `maxBytes`. `EPERM`. */
  override set(change: MessageQueueChange): void {
    const queue = MessageQueue.#of(this);
    const { maxBytes, ...permissions } = checkOptions<MessageQueueChange>(change, changeOptions);
    queue.apply(permissions, maxBytes === undefined ? -1 : checkInteger(maxBytes, 'maxBytes', 0));
  }

  #makeSenders(): ThreadLane<Letter, true> {
    return new ThreadLane<Letter, true>({
      operation: 'send',
      syscall: 'msgsnd',
      subject: { id: this.id },
      keepAlive: this.keepAlive,
      anonymous: false,
      take: ({ bytes, type }) => this.#calls.trySend(bytes, type) || undefined,
      start: ({ bytes, type }, done) => this.#calls.startSend(bytes, type, done),
      itemOf: () => true,
    });
  }

  #receive(selection: CheckedSelection, wait: CheckedWait): Promise<Message> {
    const { type, except, truncate, maxLength } = selection;
    const key = `${type} ${except} ${truncate} ${maxLength}`;
    const lane = this.#receivers.of(key, (ended) => this.#makeReceivers(selection, ended));
    const received = lane.wait(undefined, wait);
    this.#receivers.tidy(key);
    return received;
  }

  #makeReceivers({ type, except, truncate, maxLength }: CheckedSelection, ended: () => void) {
    return new ThreadLane<undefined, Message>({
      operation: 'receive',
      syscall: 'msgrcv',
      subject: { id: this.id },
      keepAlive: this.keepAlive,
      anonymous: true,
      take: () => this.#take(maxLength, (landing) => this.#calls.tryReceive(landing, type, except, truncate)),
      start: (_request, done) =>
        this.#calls.startReceive(maxLength ?? this.#land().length, type, except, truncate, done),
      itemOf: (data) => {
        const bytes = data as Buffer;
        return { data: bytes, type: lastType(this.id, bytes, bytes.length) };
      },
      // The attempt that follows finds a larger place for the message.
      recover: (errno) => errno === E2BIG && maxLength === undefined,
      ended,
    });
  }

  #limit(maxBytes: number): void {
    try {
      this.apply({}, maxBytes);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Receives into memory of our own, which grows until the message fits, and copies it out. */
  #take(maxLength: number | undefined, receive: (landing: Uint8Array) => number): Message | undefined {
    for (;;) {
      const landing = maxLength === undefined ? this.#land() : new Uint8Array(maxLength);
      try {
        const length = receive(landing);
        if (length < 0) return undefined;
        return { type: lastType(this.id, landing, length), data: copyOf(landing, length) };
      } catch (error) {
        if (maxLength !== undefined || (error as IpcError).code !== 'E2BIG') throw error;
        // kernel.msgmax was raised after this queue was opened. All the bytes in the queue are enough for any one.
        this.#landing = new Uint8Array(Math.max(2 * landing.length, this.stat().bytes));
      }
    }
  }

  #land(): Uint8Array {
    this.#landing ??= new Uint8Array(longestMessage());
    return this.#landing;
  }
}

function longestMessage(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/msgmax', 'utf8'));
  } catch {
    return 8192;
  }
}

/** The type of the message that was received last. One that no number can hold is an error that carries the message. */
function lastType(id: number, bytes: Uint8Array, length: number): number {
  const [type, upper, lower] = native().answers as unknown as [number, number, number];
  if (Number.isSafeInteger(type)) return type;
  const exact = BigInt.asIntN(64, (BigInt(upper) << 32n) | BigInt(lower));
  throw new IpcError('EOVERFLOW', 'msgrcv', { id }, { data: copyOf(bytes, length), type: exact });
}

function copyOf(bytes: Uint8Array, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(bytes.subarray(0, length));
  return copy;
}
