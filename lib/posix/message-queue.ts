import { custom, describe } from '../describe.js';
import { closedError, constructorError, receiverError } from '../errors.js';
import { promiseExitCleanup } from '../exit-cleanup.js';
import { type Handle, Intent, internal } from '../handle.js';
import { checkName, type Name } from '../name.js';
import { type NativeMessageQueue, native } from '../native.js';
import {
  bytesOf,
  checkBoolean,
  checkMode,
  checkOneOf,
  checkOptions,
  checkOwner,
  checkTimeout,
  checkWait,
  type Data,
  targetOf,
  type WaitOptions,
} from '../options.js';
import { listenedSignals } from '../signals.js';
import { iterate } from '../waiting/iterate.js';
import { KeepAlive } from '../waiting/keep-alive.js';
import { checkWaitFields, type Wait } from '../waiting/options.js';
import { PollLane, Readiness, readable, writable } from '../waiting/poll-lane.js';
import { ended, promised } from '../waiting/promised.js';
import {
  type Access,
  accesses,
  checkPriority,
  checkSignal,
  createOptions,
  limitOf,
  type Message,
  type MessageQueueCreateOptions,
  type MessageQueueOpenOptions,
  type MessageQueueOpenOrCreateOptions,
  type MessageQueueStatus,
  openOptions,
  openOrCreateOptions,
  type Received,
  type SendOptions,
  sendOptions,
  sendSyncOptions,
  sendWaitOptions,
  waitOptions,
} from './message-queue-options.js';

/** Who waits in this process, in the order they came. A request is the attempt that takes no time. */
interface Waits {
  readonly senders: PollLane<() => true | undefined, true>;
  readonly receivers: PollLane<() => Message | Received | undefined, Message | Received>;
}

/** A POSIX message queue: mq_overview(7). */
export class MessageQueue implements Handle {
  readonly #native: NativeMessageQueue;
  readonly #name: Name;
  readonly #access: Access;
  readonly #created: boolean;
  readonly #maxMessages: number;
  readonly #messageSize: number;
  readonly #keepAlive = new KeepAlive();
  #waits: Waits | undefined;
  #closed = false;
  // Made at the first use; they find the queue without a look-up.
  #trySend: ReturnType<NativeMessageQueue['bindTrySend']> | undefined;
  #tryReceive: ReturnType<NativeMessageQueue['bindTryReceive']> | undefined;
  /** Where a message lands before its length is known. */
  #landing: Uint8Array | undefined;

  /** A new one. `EEXIST`; `EINVAL`, `EMFILE`, `ENOSPC` at the system's limits, which the hint names. */
  static create(name: Name, options?: MessageQueueCreateOptions): MessageQueue {
    return MessageQueue.#createBy(Intent.create, name, checkOptions(options, createOptions));
  }

  /** One that is there. `ENOENT`; `EACCES`; `EPERM` where its owner is not trusted. */
  static open(name: Name, options?: MessageQueueOpenOptions): MessageQueue {
    return MessageQueue.#createBy(Intent.open, name, checkOptions(options, openOptions));
  }

  /** One that is there, with whatever limits it has; else a new one. */
  static openOrCreate(name: Name, options?: MessageQueueOpenOrCreateOptions): MessageQueue {
    return MessageQueue.#createBy(Intent.openOrCreate, name, checkOptions(options, openOrCreateOptions));
  }

  /** Takes the name away: mq_unlink(3). Whoever has it open keeps it. */
  static unlink(name: Name): void {
    native().PosixMessageQueue.unlink(checkName(name));
  }

  static #createBy(
    intent: Intent,
    name: Name,
    options: Partial<MessageQueueOpenOrCreateOptions>,
  ): MessageQueue {
    checkName(name);
    const access = checkOneOf(options.access ?? 'readWrite', 'access', Object.keys(accesses) as Access[]);
    const unlinkOnExit = checkBoolean(options.unlinkOnExit, 'unlinkOnExit', false);
    const made = new (native().PosixMessageQueue)(
      intent,
      name,
      limitOf(options.maxMessages, 'maxMessages'),
      limitOf(options.messageSize, 'messageSize'),
      checkMode(options.mode),
      accesses[access],
      checkOwner(options.owner),
    );
    const queue = new MessageQueue(internal, made, name, access);
    if (unlinkOnExit && queue.#created) {
      promiseExitCleanup(
        () => made.unlinkOnExit(),
        () => {
          queue.close();
          MessageQueue.unlink(name);
        },
      );
    }
    return queue;
  }

  /** @internal */
  constructor(key: typeof internal, made: NativeMessageQueue, name: Name, access: Access) {
    if (key !== internal) throw constructorError('MessageQueue', 'create, open or openOrCreate');
    const [created, maxMessages, messageSize] = native().answers;
    this.#native = made;
    this.#name = name;
    this.#access = access;
    this.#created = created === 1;
    this.#maxMessages = maxMessages as number;
    this.#messageSize = messageSize as number;
  }

  static #of(value: MessageQueue): MessageQueue {
    if (typeof value !== 'object' || value === null || !(#native in value))
      throw receiverError('MessageQueue');
    return value;
  }

  get name(): Name {
    return MessageQueue.#of(this).#name;
  }

  /** Whether this handle has made the queue. */
  get created(): boolean {
    return MessageQueue.#of(this).#created;
  }

  get closed(): boolean {
    return MessageQueue.#of(this).#closed;
  }

  get access(): Access {
    return MessageQueue.#of(this).#access;
  }

  /** How many messages it holds. */
  get maxMessages(): number {
    return MessageQueue.#of(this).#maxMessages;
  }

  /** Bytes of the longest message. */
  get messageSize(): number {
    return MessageQueue.#of(this).#messageSize;
  }

  /** Messages in it at this moment: mq_getattr(3). */
  get length(): number {
    return MessageQueue.#of(this).#native.length();
  }

  /** Sends unless the queue is full, and tells whether it did: mq_send(3). `EMSGSIZE`; `EBADF` without write access. */
  trySend(data: Data, options?: SendOptions): boolean {
    const queue = MessageQueue.#of(this);
    const priority = options === undefined ? 0 : checkPriority(checkOptions(options, sendOptions).priority);
    return (queue.#trySend ?? queue.#bindTrySend())(bytesOf(data), priority);
  }

  /** Sends; blocks the thread while the queue is full: mq_timedsend(3). `ETIMEDOUT`. */
  sendSync(data: Data, options?: SendOptions & WaitOptions): void {
    const queue = MessageQueue.#of(this);
    const { priority, timeout } = checkOptions(options, sendSyncOptions);
    queue.#native.sendSync(bytesOf(data), checkPriority(priority), checkTimeout(timeout), listenedSignals());
  }

  /** Sends as soon as there is room, after those of this handle who came before. The data is copied before it waits. */
  send(data: Data, options?: SendOptions & Wait): Promise<void> {
    return promised(() => {
      const queue = MessageQueue.#of(this);
      const checked = checkOptions<SendOptions & Wait>(options, sendWaitOptions);
      const wait = checkWaitFields(checked);
      const priority = checkPriority(checked.priority);
      const bytes = bytesOf(data);
      queue.#checkOpen('send');
      wait.signal?.throwIfAborted();
      const attempt = (what: Uint8Array) => queue.trySend(what, { priority }) || undefined;
      const { senders } = queue.#wait();
      if (senders.empty && attempt(bytes)) return Promise.resolve();
      const copy = Uint8Array.from(bytes);
      return ended(senders.wait(() => attempt(copy), wait));
    });
  }

  /** The oldest message of the highest priority, or `undefined`: mq_receive(3). */
  tryReceive(): Message | undefined {
    const queue = MessageQueue.#of(this);
    const landing = queue.#land();
    const length = (queue.#tryReceive ?? queue.#bindTryReceive())(landing);
    return length < 0 ? undefined : { data: copyOf(landing, length), priority: lastPriority() };
  }

  /** The same; blocks the thread until there is one: mq_timedreceive(3). `ETIMEDOUT`. */
  receiveSync(options?: WaitOptions): Message {
    const queue = MessageQueue.#of(this);
    const landing = queue.#land();
    const length = queue.#native.receiveSync(landing, checkWait(options), listenedSignals());
    return { data: copyOf(landing, length), priority: lastPriority() };
  }

  /** The next message, after those of this handle who came before. `ETIMEDOUT`; the signal's reason. */
  receive(options?: Wait): Promise<Message> {
    return promised(() =>
      MessageQueue.#of(this).#receive(() => this.tryReceive(), options),
    ) as Promise<Message>;
  }

  /** Into the caller's buffer, which has to hold `messageSize` bytes, however short the message is: else `EMSGSIZE`. */
  tryReceiveInto(buffer: NodeJS.ArrayBufferView): Received | undefined {
    const queue = MessageQueue.#of(this);
    const length = (queue.#tryReceive ?? queue.#bindTryReceive())(targetOf(buffer));
    return length < 0 ? undefined : { length, priority: lastPriority() };
  }

  receiveIntoSync(buffer: NodeJS.ArrayBufferView, options?: WaitOptions): Received {
    const length = MessageQueue.#of(this).#native.receiveSync(
      targetOf(buffer),
      checkWait(options),
      listenedSignals(),
    );
    return { length, priority: lastPriority() };
  }

  /** The buffer is written when the promise resolves, and not before. */
  receiveInto(buffer: NodeJS.ArrayBufferView, options?: Wait): Promise<Received> {
    return promised(() => {
      const queue = MessageQueue.#of(this);
      targetOf(buffer);
      return queue.#receive(() => queue.tryReceiveInto(buffer), options);
    }) as Promise<Received>;
  }

  /** Message after message, until the handle closes; leaving the loop closes nothing and loses nothing. */
  messages(options?: Wait): AsyncGenerator<Message, void, undefined> {
    const queue = MessageQueue.#of(this);
    checkWaitFields(checkOptions(options, waitOptions));
    return iterate(
      () => queue.receive(options),
      (error) => error.code === 'EBADF' && queue.#closed,
    );
  }

  [Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    return MessageQueue.#of(this).messages();
  }

  /** Pending waits keep the process alive: so it is from the start. */
  ref(): void {
    MessageQueue.#of(this).#keepAlive.ref();
  }

  /** Pending waits no longer keep the process alive. */
  unref(): void {
    MessageQueue.#of(this).#keepAlive.unref();
  }

  /**
   * A signal to this process, once, when a message comes to the empty queue and nobody is waiting for it: mq_notify(3).
   * The program has to listen for it before, or it would end by it; Node keeps SIGUSR1 for its debugger.
   * `EBUSY` where a process is registered already.
   */
  notify(signal: NodeJS.Signals): void {
    const queue = MessageQueue.#of(this);
    queue.#native.notify(checkSignal(signal));
  }

  cancelNotify(): void {
    MessageQueue.#of(this).#native.cancelNotify();
  }

  stat(): MessageQueueStatus {
    return MessageQueue.#of(this).#native.stat() as MessageQueueStatus;
  }

  close(): void {
    const queue = MessageQueue.#of(this);
    const subject = { path: queue.#name };
    queue.#closed = true;
    queue.#waits?.senders.close(() => closedError('send', subject));
    queue.#waits?.receivers.close(() => closedError('receive', subject));
    queue.#native.close();
  }

  [Symbol.dispose](): void {
    MessageQueue.#of(this).close();
  }

  [custom](_depth: number, options: object): string {
    const { name, access, maxMessages, messageSize, closed } = MessageQueue.#of(this);
    const fields = { name, access, maxMessages, messageSize, closed };
    return describe('MessageQueue', closed ? fields : { ...fields, length: this.length }, options);
  }

  /** Made at the first wait. */
  #wait(): Waits {
    if (this.#waits !== undefined) return this.#waits;
    const readiness = new Readiness(this.#native);
    const common = { subject: { path: this.#name }, keepAlive: this.#keepAlive };
    this.#waits = {
      senders: new PollLane(readiness, writable, {
        ...common,
        operation: 'send',
        syscall: 'mq_send',
        take: (attempt) => attempt(),
      }),
      receivers: new PollLane(readiness, readable, {
        ...common,
        operation: 'receive',
        syscall: 'mq_receive',
        take: (attempt) => attempt(),
      }),
    };
    return this.#waits;
  }

  #checkOpen(method: string): void {
    if (this.#closed) throw closedError(method, { path: this.#name });
  }

  #receive(
    attempt: () => Message | Received | undefined,
    options: Wait | undefined,
  ): Promise<Message | Received> {
    const wait = checkWaitFields(checkOptions(options, waitOptions));
    this.#checkOpen('receive');
    return this.#wait().receivers.wait(attempt, wait);
  }

  #bindTrySend() {
    this.#trySend = this.#native.bindTrySend();
    return this.#trySend;
  }

  #bindTryReceive() {
    this.#tryReceive = this.#native.bindTryReceive();
    return this.#tryReceive;
  }

  #land(): Uint8Array {
    this.#landing ??= new Uint8Array(this.#messageSize);
    return this.#landing;
  }
}

function lastPriority(): number {
  return native().answers[0] as number;
}

function copyOf(bytes: Uint8Array, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(bytes.length === length ? bytes : bytes.subarray(0, length));
  return copy;
}
