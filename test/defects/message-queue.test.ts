import { test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { survives } from '../helpers/survives.js';

// Part of the list in shared-memory.test.ts; each in a process of its own.
leaveNothing();

test('defect 10: a queue may be opened twice, and again after its close', async () => {
  await survives('queue-opened-again');
});

test('defect 11: handles of every kind that were dropped while open are collected', async () => {
  await survives('dropped-while-open');
});

test('defect 12: what lay in the queue before it was opened is received, all of it', async () => {
  await survives('queue-filled-before');
});

test('defect 15: no byte that nobody wrote is handed out, and a text with a NUL is sent whole', async () => {
  await survives('never-uninitialised');
});

test('defect 16: a queue works in a worker thread, and an open one keeps no process alive', async () => {
  await survives('queue-in-a-worker');
});

test('defect 17: the state of a System V object is told, and it is removed, once', async () => {
  await survives('stat-and-remove');
});

test('defect 18: the receiver gets the bytes there were when the message was sent', async () => {
  await survives('changed-after-sending');
});

test('defect 19: messages of 5,000 bytes are received, and a buffer that is too short loses none', async () => {
  await survives('long-messages');
});

test('defect 21: a mode is the mode that was written, and close removes no object', async () => {
  await survives('modes-and-close');
});
