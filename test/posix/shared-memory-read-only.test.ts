import { SharedMemory } from 'posix-ipc';
import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { ipcError } from '../helpers/thrown.js';

leaveNothing();

const page = 4096;

function pair() {
  const path = name();
  const writer = SharedMemory.create(path, { size: 2 * page });
  const reader = SharedMemory.open(path, { readOnly: true });
  return {
    path,
    writer,
    reader,
    [Symbol.dispose]() {
      writer.close();
      reader.close();
    },
  };
}

test('a read-only handle reads what others write', () => {
  using both = pair();
  both.writer.write(0, 'before');
  expect(both.reader.readOnly).toBe(true);
  expect(both.reader.readText(0, 6)).toBe('before');
  const view = both.reader.bytes();
  both.writer.write(0, 'after');
  expect(Buffer.from(view.subarray(0, 5)).toString()).toBe('after');
});

test('write through a read-only handle is EACCES', () => {
  using both = pair();
  const { path, reader, writer } = both;
  expect(() => reader.write(0, 'x')).toThrow(
    ipcError('EACCES', 'write', { path, hint: 'it was opened readOnly' }),
  );
  expect(writer.read(0, 1)[0]).toBe(0);
});

test('a write to a view of a read-only handle stays in this handle and ends no process', () => {
  using both = pair();
  const { path, reader, writer } = both;
  reader.bytes().fill(1);
  reader.view(Int32Array)[3] = 7;
  new DataView(reader.buffer).setInt8(0, 5);
  expect(writer.read(0, 2 * page).every((byte) => byte === 0)).toBe(true);
  using other = SharedMemory.open(path, { readOnly: true });
  expect(other.read(0, 2 * page).every((byte) => byte === 0)).toBe(true);
  expect(reader.read(0, 1)[0]).toBe(5);
});

test('a page that was written locally no longer shows what others write; the other pages do', () => {
  using both = pair();
  const view = both.reader.bytes();
  view[0] = 1;
  both.writer.write(0, 'AB');
  both.writer.write(page, 'CD');
  expect([view[0], view[1]]).toEqual([1, 0]);
  expect([view[page], view[page + 1]]).toEqual([0x43, 0x44]);
});

test('a read-only handle may look, advise and lock, but not resize', () => {
  using both = pair();
  const { path, reader } = both;
  expect(reader.stat().size).toBe(2 * page);
  reader.advise('sequential');
  reader.lockPages();
  reader.unlockPages();
  expect(() => reader.resize(1)).toThrow(ipcError('EACCES', 'resize', { path }));
});

test('a read-only handle needs no right to write', () => {
  const path = name();
  using memory = SharedMemory.create(path, { size: page, mode: 0o400 });
  memory.write(0, 'text');
  using reader = SharedMemory.open(path, { readOnly: true });
  expect(reader.readText(0, 4)).toBe('text');
});
