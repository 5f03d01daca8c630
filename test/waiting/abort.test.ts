import { getEventListeners } from 'node:events';
import { Semaphore } from 'posix-ipc';
import { expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueName } from '../helpers/names.js';

leaveNothing();

test('many waits listen to one signal by one listener, and all end by it', async () => {
  const path = uniqueName();
  using semaphore = Semaphore.create(path, { value: 0 });
  Semaphore.unlink(path);
  const controller = new AbortController();
  const { signal } = controller;
  const waits = Array.from({ length: 50 }, () => semaphore.wait({ signal }));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  controller.abort(new Error('enough'));
  for (const { status } of await Promise.allSettled(waits)) expect(status).toBe('rejected');
  semaphore.post();
  expect(semaphore.value).toBe(1);
});

test('a wait that is over no longer listens', async () => {
  const path = uniqueName();
  using semaphore = Semaphore.create(path, { value: 0 });
  Semaphore.unlink(path);
  const controller = new AbortController();
  const first = semaphore.wait({ signal: controller.signal });
  semaphore.post();
  await first;
  const second = semaphore.wait();
  controller.abort();
  semaphore.post();
  await second;
  expect(semaphore.value).toBe(0);
});
