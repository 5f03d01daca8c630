import { SharedMemory } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';
import { withPeers } from './peers.js';
import { fill, lines, linesIn, sizeOf } from './records.js';

const count = 50;

leaveNothing();

withPeers('posix-shm', ({ language, lines: linesOf }, test) => {
  test(`what ${language} has written is read`, async () => {
    const name = uniqueName();
    await linesOf('write', name, count);
    onTestFinished(() => SharedMemory.unlink(name));

    using memory = SharedMemory.open(name);
    expect(memory.size).toBe(sizeOf(count));
    expect(linesIn(memory, count)).toEqual(lines(count));
    using reader = SharedMemory.open(name, { readOnly: true });
    expect(linesIn(reader, count)).toEqual(lines(count));
  });

  test(`what is written is read by ${language}`, async () => {
    const name = uniqueName();
    using memory = SharedMemory.create(name, { size: sizeOf(count) });
    onTestFinished(() => SharedMemory.unlink(name));
    fill(memory, count);

    expect(await linesOf('read', name, count)).toEqual(lines(count));
  });

  test(`what ${language} changes shows in views that are there already`, async () => {
    const name = uniqueName();
    using memory = SharedMemory.create(name, { size: sizeOf(count) });
    onTestFinished(() => SharedMemory.unlink(name));
    fill(memory, count);
    const numbers = memory.view(Int32Array, 0, count);

    await linesOf('double', name, count);
    expect(numbers[7]).toBe(2 * (7 * 7 - 1000));
    expect(linesIn(memory, count)).toEqual(lines(count, 2));
  });
});
