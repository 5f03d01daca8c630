import { createSecretKey } from 'node:crypto';
import {
  type Access,
  type Advice,
  type Atomic,
  Barrier,
  Channel,
  type ChannelReader,
  ChannelWriter,
  Condition,
  type Data,
  guard,
  type Handle,
  IpcError,
  inspect,
  type Lease,
  type Memory,
  type Message,
  MessageQueue,
  Mutex,
  type MutexGuard,
  type Opened,
  type RwGuard,
  RwLock,
  type Sealed,
  type SealingKeys,
  Semaphore,
  SharedMemory,
  sealed,
  struct,
  sysv,
  types,
} from 'posix-ipc';

// What the types of the package allow, and what they refuse. Nothing here runs: the type checker is the test, and a
// line that it should refuse and does not is an error too.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Same<A, B> extends true ? [] : ['these types differ']) => {};

export function guarding() {
  same<typeof guard.enabled, boolean>();
  guard.disable();
  guard.enable();
  // @ts-expect-error: it is switched by its methods
  guard.enabled = false;
}

export async function posix() {
  using memory = SharedMemory.create('/name', {
    size: 4096,
    mode: 0o600,
    reserve: false,
    unlinkOnExit: true,
  });
  same<typeof memory.buffer, ArrayBuffer>();
  const bytes: Uint8Array<ArrayBuffer> = memory.bytes(0, 10);
  const numbers: Float64Array = memory.view(Float64Array, 8, 2);
  const big: BigInt64Array = memory.view(BigInt64Array);
  const copy: Buffer = memory.read(0, 4);
  memory.write(0, 'text');
  memory.write(0, bytes);
  memory.write(0, new DataView(memory.buffer));
  await memory.reserve({ signal: AbortSignal.timeout(1) });
  memory.advise('hugePage', 0, 4096);
  const advice: Advice = 'willNeed';
  memory.advise(advice);
  SharedMemory.open('/name', { readOnly: true, owner: 'self' });
  SharedMemory.open('/name', { offset: 4096, length: 1, owner: 1000 });
  const { allocated, mtime } = memory.stat();
  same<typeof allocated, number>();
  same<typeof mtime, Date>();

  using semaphore = Semaphore.openOrCreate('/name', { value: 1, owner: 'any' });
  const taken: boolean = semaphore.tryWait();
  semaphore.waitSync({ timeout: 0.5 });
  semaphore.waitSync({ timeout: undefined });

  using queue = MessageQueue.create('/name', { access: 'read' });
  const access: Access = queue.access;
  const message: Message | undefined = queue.tryReceive();
  const { data, priority }: Message = queue.receiveSync({ timeout: 1 });
  const sent: boolean = queue.trySend(data, { priority });
  queue.notify('SIGUSR2');

  const handles: Handle[] = [memory, semaphore, queue];
  const disposables: Disposable[] = handles;
  const memories: Memory[] = [memory, sysv.SharedMemory.fromId(1).attach()];
  const anything: Data[] = ['text', bytes, numbers, new DataView(new ArrayBuffer(1))];
  return { taken, access, message, sent, big, copy, disposables, memories, anything };
}

export function structures(memory: SharedMemory) {
  const { aligned, array, atomic, bool, bytes, f32, i16, i32, text, u32, u64, u8 } = types;
  const Point = struct({ x: i32, y: f32 });
  const Counter = struct(
    {
      hits: aligned(atomic(u32), 64),
      total: atomic(u64),
      since: u64,
      on: bool,
      label: text(16),
      blob: bytes(4),
      size: aligned(u8, 2),
      point: Point,
      path: array(Point, 2),
      grid: array(array(i16, 3), 2),
    },
    { align: 64 },
  );
  const view = Counter.at(memory, 64);
  view.since = 1n;
  view.on = true;
  view.label = 'text';
  view.blob = new Uint8Array(4);
  view.size = 1;
  view.point.x = 1;
  view.path.get(0).y = 0.5;
  view.path.set(1, { x: 1 });
  view.grid.get(1).set(2, 3);
  same<typeof view.hits, Atomic<number>>();
  same<typeof view.blob, Uint8Array>();
  const before: number = view.hits.add(1);
  const swapped: bigint = view.total.compareExchange(1n, 2n);
  const points: ReturnType<typeof Point.at>[] = [view.point, ...view.path, Point.at(new Float64Array(1))];
  view.set({ hits: 1, total: 2n, point: { y: 1 }, path: [{}, { x: 1 }], grid: [[1, 2, 3], []] });
  const copy = view.toObject();
  same<typeof copy.hits, number>();
  same<typeof copy.path, { x: number; y: number }[]>();
  same<typeof copy.grid, number[][]>();
  same<typeof copy.blob, Buffer>();
  const offset: number = Counter.layout.hits.offset + Counter.byteLength + Counter.alignment;
  const header: string = Counter.cHeader('counter');

  // @ts-expect-error an atomic is stored
  view.hits = 1;
  // @ts-expect-error the fields of a struct are assigned, or set
  view.point = { x: 1, y: 1 };
  // @ts-expect-error its elements are set
  view.grid = [];
  // @ts-expect-error no such element
  view.grid[0];
  // @ts-expect-error 64 bits are a bigint
  view.since = 1;
  // @ts-expect-error and a bigint they stay
  view.total.add(1);
  // @ts-expect-error no such field
  view.hist;
  // @ts-expect-error nor here
  view.set({ hist: 1 });
  // @ts-expect-error nor within
  view.set({ point: { z: 1 } });
  // @ts-expect-error it is text
  view.set({ label: 1 });
  // @ts-expect-error no place in C for a half of 64 bytes
  array(aligned(u8, 64), 2);
  // @ts-expect-error no atomic of a byte
  atomic(u8);
  // @ts-expect-error nor of a float
  atomic(f32);
  // @ts-expect-error a type
  struct({ x: 'i32' });
  // @ts-expect-error an option
  struct({ x: i32 }, { size: 64 });
  return { before, swapped, points, offset, header };
}

export async function locks(memory: SharedMemory) {
  using mutex = Mutex.create('/name', { mode: 0o600, unlinkOnExit: true, recover: () => {} });
  using placed = Mutex.openOrCreate({ memory, offset: Mutex.byteLength });
  same<typeof Mutex.alignment, 64>();
  const attempt: MutexGuard | undefined = mutex.tryLock();
  using guard = await mutex.lock({ timeout: 1, signal: AbortSignal.timeout(1) });
  placed.lockSync({ timeout: 1 }).makeConsistent();
  same<typeof guard.ownerDied, boolean>();
  same<typeof guard.held, boolean>();

  using rwLock = RwLock.open('/name', { owner: 'self', recover: undefined });
  const guards: (RwGuard | undefined)[] = [rwLock.tryRead(), await rwLock.write(), rwLock.readSync()];
  const alone: boolean | undefined = guards[0]?.exclusive;

  using condition = Condition.open('/name', { owner: 1000 });
  same<ReturnType<typeof condition.wait>, Promise<void>>();
  await condition.wait(guard, { timeout: 1 });
  condition.waitSync(guard);
  condition.broadcast();

  using barrier = Barrier.create('/name', { parties: 2 });
  const serial: boolean = await barrier.wait();
  same<typeof barrier.broken, boolean>();
  barrier.reset();

  const handles: Handle[] = [mutex, rwLock, condition, barrier];
  // @ts-expect-error the number of parties has no default
  Barrier.create('/name');
  // @ts-expect-error nor is it asked for where there is one
  Barrier.open('/name', { parties: 2 });
  // @ts-expect-error a guard of a mutex
  condition.wait(rwLock.readSync());
  // @ts-expect-error System V memory has no descriptor
  Mutex.open({ memory: sysv.SharedMemory.fromId(1).attach(), offset: 0 });
  // @ts-expect-error a place has an offset
  Mutex.open({ memory });
  // @ts-expect-error trying takes no time
  mutex.tryLock({ timeout: 1 });
  // @ts-expect-error a blocked thread hears no signal
  mutex.lockSync({ signal: AbortSignal.timeout(1) });
  // @ts-expect-error what is told does not change
  guard.ownerDied = false;
  // @ts-expect-error only create, open and openOrCreate make locks
  new Mutex();
  return { attempt, alone, serial, handles };
}

export function system() {
  const segment = sysv.SharedMemory.create(sysv.IPC_PRIVATE, { size: 1, removeOnExit: true });
  using memory = segment.attach({ readOnly: true });
  segment.set({ uid: 1, gid: 1, mode: 0o640 });
  const { attached, removed } = segment.stat();
  same<typeof attached, number>();
  same<typeof removed, boolean>();

  using mutex = sysv.RobustMutex.openOrCreate({ memory, offset: sysv.RobustMutex.byteLength });
  const attempt: sysv.RobustMutexGuard | undefined = mutex.tryLock();
  using guard = mutex.lockSync({ timeout: 1 });
  const died: boolean = guard.ownerDied;
  void died;
  attempt?.makeConsistent();

  const set = sysv.SemaphoreSet.openOrCreate(sysv.ftok('/', 1), { values: [1, 2] });
  const operations: readonly sysv.Operation[] = [{ index: 0, delta: -1, undo: true }];
  const applied: boolean = set.tryOperate(operations);
  const prepared: sysv.PreparedOperations = set.prepare({ index: 0, delta: 1 });
  prepared.operateSync({ timeout: 1 });
  const values: number[] = set.values;

  const letters = sysv.MessageQueue.create(1, { maxBytes: 10 });
  letters.set({ maxBytes: 5 });
  const letter = letters.tryReceive({ type: -3, truncate: true, maxLength: 5 });
  const into = letters.receiveIntoSync(new Float64Array(1), { type: 1, except: true, timeout: 1 });
  same<typeof letter, sysv.Message | undefined>();
  same<typeof into, sysv.Received>();
  return { memory, applied, values };
}

export function sealing(bytes: Uint8Array) {
  const pair: Sealed = sealed(bytes);
  const keys: SealingKeys = { keys: { 1: bytes, 2: createSecretKey(bytes) }, current: 2 };
  const { seal, open, overhead } = sealed(keys, { context: '/jobs', window: 1, writers: 10 });
  const message: Buffer = seal('text');
  const opened: Opened = open(new DataView(message.buffer));
  same<typeof opened.data, Buffer>();
  same<typeof opened.late, boolean>();
  same<typeof overhead, number>();
  pair.rotate(keys);
  // @ts-expect-error a password is no key
  sealed('password');
  // @ts-expect-error keys have numbers
  sealed({ keys: { today: bytes }, current: 1 });
  // @ts-expect-error one of them seals
  sealed({ keys: { 1: bytes } });
  // @ts-expect-error a number for every key
  pair.rotate(bytes);
  // @ts-expect-error a sealed message is no text
  open('text');
  // @ts-expect-error it does not change
  pair.overhead = 0;
}

export function inspecting(): string[] {
  const [{ object, verdict, evidence, remove }] = inspect.leaks().leaks;
  same<typeof verdict, 'orphan' | 'unclaimed'>();
  same<typeof remove, string | undefined>();
  same<typeof object, inspect.ObjectRecord>();
  const all: inspect.Judged[] = inspect.verdicts().verdicts;
  same<(typeof all)[number]['verdict'], inspect.Verdict>();
  // @ts-expect-error what is in use is no leak
  const used: inspect.Leak['verdict'] = 'in use';
  return [...evidence, used];
}

export function errors(thrown: unknown) {
  if (thrown instanceof IpcError) {
    same<typeof thrown.code, string>();
    same<typeof thrown.errno, number>();
    same<typeof thrown.syscall, string>();
    same<typeof thrown.path, string | undefined>();
    same<typeof thrown.key, number | undefined>();
    same<typeof thrown.id, number | undefined>();
    same<typeof thrown.hint, string | undefined>();
    // @ts-expect-error what an error is about does not change
    thrown.code = 'EOTHER';
  }
}

export function refused(
  memory: SharedMemory,
  semaphore: Semaphore,
  queue: MessageQueue,
  letters: sysv.MessageQueue,
) {
  // @ts-expect-error the size has no default
  SharedMemory.create('/name');
  // @ts-expect-error nor has it here
  SharedMemory.create('/name', { mode: 0o600 });
  // @ts-expect-error an option of open
  SharedMemory.create('/name', { size: 1, readOnly: true });
  // @ts-expect-error an option of create
  SharedMemory.open('/name', { size: 1 });
  // @ts-expect-error sizes are numbers
  SharedMemory.create('/name', { size: 1n });
  // @ts-expect-error names are strings
  SharedMemory.open(1);
  // @ts-expect-error an unknown word
  SharedMemory.open('/name', { owner: 'root' });
  // @ts-expect-error an unknown word
  memory.advise('never');
  // @ts-expect-error an ArrayBuffer is no view
  memory.write(0, memory.buffer);
  // @ts-expect-error a DataView has no elements
  memory.view(DataView);
  // @ts-expect-error the size changes by resize only
  memory.size = 1;
  // @ts-expect-error objects come from create, open or openOrCreate
  new SharedMemory();
  // @ts-expect-error the value has no default
  Semaphore.create('/name', {});
  // @ts-expect-error a semaphore is not set
  semaphore.value = 1;
  // @ts-expect-error a timeout is milliseconds
  semaphore.waitSync(100);
  // @ts-expect-error an unknown word
  MessageQueue.open('/name', { access: 'readwrite' });
  // @ts-expect-error trying takes no time
  queue.trySend('text', { timeout: 1 });
  // @ts-expect-error what is received into is no string
  queue.tryReceiveInto('text');
  // @ts-expect-error no signal
  queue.notify('SIGNONE');
  // @ts-expect-error System V objects have nothing to close
  letters.close();
  // @ts-expect-error nor are they disposed of
  using _ = letters;
  // @ts-expect-error types, not priorities
  letters.trySend('text', { priority: 1 });
  // @ts-expect-error it lies in a System V segment only
  sysv.RobustMutex.open({ memory, offset: 0 });
  // @ts-expect-error it has no promise
  sysv.RobustMutex.open({ memory: sysv.SharedMemory.fromId(1).attach(), offset: 0 }).lock();
  // @ts-expect-error an operation needs its delta
  sysv.SemaphoreSet.fromId(1).tryOperate({ index: 0 });
  // @ts-expect-error the caller's buffer has its length
  letters.tryReceiveInto(new Uint8Array(1), { maxLength: 1 });
  // @ts-expect-error keys are numbers
  sysv.MessageQueue.open('0x1234');
  // @ts-expect-error a set has no limit in bytes
  sysv.SemaphoreSet.fromId(1).set({ maxBytes: 1 });
}

export async function channelling(writer: ChannelWriter, reader: ChannelReader) {
  using channel: Handle = Channel.create('/c', {
    capacity: 4096,
    writers: 'many',
    readers: 'one',
    mode: 0o600,
  });
  same<typeof channel.closed, boolean>();
  Channel.openOrCreate('/c', { capacity: 4096, owner: 'any', unlinkOnExit: true });
  // @ts-expect-error it is as it is
  Channel.open('/c', { capacity: 4096 });
  // @ts-expect-error one or many
  Channel.create('/c', { writers: 2 });
  // @ts-expect-error both sides come from a channel
  new ChannelWriter();
  // @ts-expect-error a writer does not receive
  writer.receive();
  // @ts-expect-error a reader does not send
  reader.send('x');
  // @ts-expect-error a call that blocks has no signal
  reader.receiveSync({ signal: new AbortController().signal });
  same<ReturnType<typeof writer.trySend>, boolean>();
  same<ReturnType<typeof writer.tryClaim>, number | undefined>();
  same<ReturnType<typeof reader.tryReceive>, Buffer | undefined>();
  same<ReturnType<typeof reader.tryReceiveInto>, number | undefined>();
  same<ReturnType<typeof reader.tryLease>, Lease | undefined>();
  for await (const message of reader) same<typeof message, Buffer>();
  using lease = await reader.lease({ timeout: 1, signal: new AbortController().signal });
  same<typeof lease.bytes, Buffer>();
  return writer.sendMany(['x', new Uint8Array(1)], { timeout: 1 });
}
