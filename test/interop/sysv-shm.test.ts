import { sysv } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueKey } from '../helpers/names.js';
import { withPeers } from './peers.js';
import { fill, lines, linesIn, sizeOf } from './records.js';

const count = 50;

leaveNothing();

// Each test holds a view to its end, so that close() and not the garbage collector ends the attachment.

withPeers('sysv-shm', ({ language, lines: linesOf }, test) => {
  test(`what ${language} has written is read`, async () => {
    const key = uniqueKey();
    await linesOf('write', key, count);
    const segment = sysv.SharedMemory.open(key, { size: sizeOf(count) });
    onTestFinished(() => segment.remove());

    using attachment = segment.attach();
    const numbers = attachment.view(Int32Array);
    expect(linesIn(attachment, count)).toEqual(lines(count));
    using reader = segment.attach({ readOnly: true });
    expect(reader.readText(4 * count, 9)).toBe('Message-0');
    expect(numbers[0]).toBe(-1000);
  });

  test(`what is written is read by ${language}`, async () => {
    const key = uniqueKey();
    const segment = sysv.SharedMemory.create(key, { size: sizeOf(count) });
    onTestFinished(() => segment.remove());
    using attachment = segment.attach();
    fill(attachment, count);
    const numbers = attachment.view(Int32Array);

    expect(await linesOf('read', key, count)).toEqual(lines(count));
    expect(numbers[0]).toBe(-1000);
  });

  test(`what ${language} changes shows in views that are there already`, async () => {
    const key = uniqueKey();
    const segment = sysv.SharedMemory.create(key, { size: sizeOf(count) });
    onTestFinished(() => segment.remove());
    using attachment = segment.attach();
    fill(attachment, count);
    const numbers = attachment.view(Int32Array, 0, count);

    await linesOf('double', key, count);
    expect(numbers[7]).toBe(2 * (7 * 7 - 1000));
    expect(linesIn(attachment, count)).toEqual(lines(count, 2));
  });
});
