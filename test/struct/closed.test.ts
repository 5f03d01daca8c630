import { truncateSync } from 'node:fs';
import { inspect } from 'node:util';
import { type Memory, SharedMemory, struct, types } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { attached, name } from '../helpers/objects.js';
import { ipcError } from '../helpers/thrown.js';

leaveNothing();

const { array, atomic, bool, bytes, f32, f64, i16, i32, i64, i8, text, u16, u32, u64, u8 } = types;

const plain = { i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, truth: bool, label: text(8), blob: bytes(4) };
const All = struct({
  ...plain,
  hits: atomic(u32),
  big: atomic(i64),
  inner: struct({ x: i32 }),
  list: array(i32, 2),
});

const written: [string, (view: ReturnType<typeof All.at>) => unknown][] = [
  ...Object.entries(plain).map(([field, type]): (typeof written)[number] => {
    const value =
      { label: 'x', blob: new Uint8Array(4), truth: true }[field] ??
      (/64$/.test(field) && type !== f64 ? 1n : 1);
    return [`${field} = …`, (view) => Reflect.set(view, field, value)];
  }),
  ['hits.store', (view) => view.hits.store(1)],
  ['hits.add', (view) => view.hits.add(1)],
  ['hits.sub', (view) => view.hits.sub(1)],
  ['hits.and', (view) => view.hits.and(1)],
  ['hits.or', (view) => view.hits.or(1)],
  ['hits.exchange', (view) => view.hits.exchange(1)],
  ['hits.compareExchange', (view) => view.hits.compareExchange(0, 1)],
  ['big.add', (view) => view.big.add(1n)],
  ['inner.x = …', (view) => Reflect.set(view.inner, 'x', 1)],
  ['list.set', (view) => view.list.set(0, 1)],
  ['set', (view) => view.set({ i32: 1 })],
];

const read: typeof written = [
  ...Object.keys(plain).map((field): (typeof read)[number] => [field, (view) => Reflect.get(view, field)]),
  ['hits.load', (view) => view.hits.load()],
  ['big.load', (view) => view.big.load()],
  ['inner.x', (view) => view.inner.x],
  ['inner.toObject', (view) => view.inner.toObject()],
  ['list.get', (view) => view.list.get(0)],
  ['list of all', (view) => [...view.list]],
  ['list.toArray', (view) => view.list.toArray()],
  ['toObject', (view) => view.toObject()],
];

const shared = () => SharedMemory.create(name(), { size: 4096 });
const ends: [string, () => { memory: Memory | ArrayBuffer; end: () => void }][] = [
  ['a SharedMemory is closed', () => closing(shared())],
  ['an attachment is closed', () => closing(attached())],
  [
    'a SharedMemory is resized',
    () => {
      const memory = shared();
      return { memory, end: () => memory.resize(8192) };
    },
  ],
  [
    'a buffer is transferred',
    () => {
      const memory = new ArrayBuffer(4096);
      return { memory, end: () => structuredClone(memory, { transfer: [memory] }) };
    },
  ],
];
function closing(memory: Memory) {
  return { memory, end: () => memory.close() };
}

describe.each(ends)('after %s', (_, make) => {
  test.each([...written, ...read])('%s is EBADF', (_, access) => {
    const { memory, end } = make();
    const [used, unused] = [All.at(memory), All.at(memory)];
    access(used);
    end();
    for (const view of [used, unused]) expect(() => access(view)).toThrow(ipcError('EBADF', 'view'));
    if (memory instanceof SharedMemory) memory.close();
  });

  test('inspection shows it', () => {
    const { memory, end } = make();
    const view = All.at(memory);
    const { hits, list } = view;
    end();
    expect([view, hits, list].map((each) => inspect(each))).toEqual([
      "struct { view: 'EBADF' }",
      "Atomic { value: 'EBADF' }",
      "array { view: 'EBADF' }",
    ]);
    if (memory instanceof SharedMemory) memory.close();
  });
});

test('the error names the memory, and says what to do', () => {
  const memory = shared();
  const view = All.at(memory);
  memory.close();
  expect(() => view.i32).toThrow(ipcError('EBADF', 'view', { path: memory.name }));
  expect(() => view.i32).toThrow('make the view anew');
  expect(() => All.at(memory)).toThrow(ipcError('EBADF', 'buffer'));
});

test('a memory that is closed while values are taken is written no more', () => {
  const memory = shared();
  const view = All.at(memory);
  const values = {
    i8: 1,
    get u8() {
      memory.close();
      return 1;
    },
  };
  expect(() => view.set(values)).toThrow(ipcError('EBADF', 'view'));
});

describe('where the memory was opened readOnly', () => {
  test.each(written)('%s is EACCES', (_, access) => {
    using memory = shared();
    All.at(memory).i32 = 5;
    using reader = SharedMemory.open(memory.name, { readOnly: true });
    const view = All.at(reader);
    const { inner } = view;
    expect(() => access(view)).toThrow(ipcError('EACCES', 'view', { path: memory.name }));
    expect([view.i32, view.hits.load(), inner.x, view.toObject().i32]).toEqual([5, 0, 0, 5]);
  });

  test('an attachment has no views', () => {
    expect(() => All.at(attached(4096, { readOnly: true }))).toThrow(ipcError('EACCES', 'buffer'));
  });
});

test('where a peer has made the memory shorter, copies say so, and numbers are zero', () => {
  const memory = shared();
  const view = All.at(memory);
  view.i32 = 5;
  truncateSync(`/dev/shm${memory.name}`);
  expect(view.i32).toBe(0);
  for (const copying of [() => view.toObject(), () => view.label, () => view.blob, () => view.list.toArray()])
    expect(copying).toThrow(ipcError('ESTALE', 'read'));
  memory.close();
});
