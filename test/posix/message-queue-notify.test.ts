import { MessageQueue } from 'posix-ipc';
import { expect, onTestFinished, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { fixture, runFixture, start } from '../helpers/program.js';
import { ipcError, typeError } from '../helpers/thrown.js';
import { blocked, until } from '../helpers/until.js';

leaveNothing();

function listening() {
  const heard = { count: 0 };
  const listener = () => {
    heard.count += 1;
  };
  process.on('SIGUSR2', listener);
  onTestFinished(() => {
    process.off('SIGUSR2', listener);
  });
  return heard;
}

const create = (path = name()) => MessageQueue.create(path, { maxMessages: 4, messageSize: 16 });

test('a message to the empty queue sends the signal, once', async () => {
  const heard = listening();
  using queue = create();
  queue.notify('SIGUSR2');
  queue.trySend('first');
  await until(() => heard.count > 0);
  queue.tryReceive();
  queue.trySend('second');
  // Whoever is registered at this moment would be refused a second registration.
  queue.notify('SIGUSR2');
  queue.cancelNotify();
  expect(heard.count).toBe(1);
});

test('a message to a queue that is not empty sends none', async () => {
  const heard = listening();
  using queue = create();
  queue.trySend('there before');
  queue.notify('SIGUSR2');
  queue.trySend('one more');
  expect(() => queue.notify('SIGUSR2')).toThrow(ipcError('EBUSY', 'mq_notify'));
  queue.tryReceive();
  queue.tryReceive();
  queue.trySend('to the empty one');
  await until(() => heard.count > 0);
  expect(heard.count).toBe(1);
});

test('a message for which somebody waits sends none, and the registration stays', async () => {
  listening();
  const path = name();
  using queue = create(path);
  queue.notify('SIGUSR2');
  const program = start(process.execPath, [fixture('posix/receive-messages.mjs'), path, '1']);
  await program.printed('waiting');
  await blocked(program.pid);
  queue.trySend('for the waiter');
  expect(await program.ended).toMatchObject({ stdout: 'waiting\n0 for the waiter\n' });
  expect(() => queue.notify('SIGUSR2')).toThrow(ipcError('EBUSY', 'mq_notify'));
});

test('cancelNotify takes the registration back, and needs none', () => {
  const heard = listening();
  using queue = create();
  queue.cancelNotify();
  queue.notify('SIGUSR2');
  queue.cancelNotify();
  queue.trySend('unheard');
  queue.cancelNotify();
  expect(heard.count).toBe(0);
});

test('close takes the registration back', () => {
  listening();
  const path = name();
  const first = create(path);
  first.notify('SIGUSR2');
  first.close();
  using second = MessageQueue.open(path);
  second.notify('SIGUSR2');
});

test('only one process at a time may be registered: EBUSY, in words', async () => {
  listening();
  const path = name();
  using queue = create(path);
  queue.notify('SIGUSR2');
  const hint = 'another process, or this one, is registered for this queue already';
  expect(() => queue.notify('SIGUSR2')).toThrow(ipcError('EBUSY', 'mq_notify', { path, hint }));
  const { stdout } = await runFixture('posix/register-for-signal.mjs', [path]);
  expect(stdout).toBe('EBUSY\n');
});

test('a signal that nobody listens for would end the process: it is refused, with what to do', () => {
  using queue = create();
  expect(() => queue.notify('SIGUSR2')).toThrow(
    typeError('ERR_INVALID_ARG_VALUE', "first process.on('SIGUSR2', …)"),
  );
  expect(() => queue.notify('SIGTERM')).toThrow(
    typeError('ERR_INVALID_ARG_VALUE', 'nobody listens for SIGTERM'),
  );
});

test("the signal of Node's debugger is refused", () => {
  using queue = create();
  const listener = () => {};
  process.on('SIGUSR1', listener);
  try {
    expect(() => queue.notify('SIGUSR1')).toThrow(typeError('ERR_INVALID_ARG_VALUE', 'take SIGUSR2'));
  } finally {
    process.off('SIGUSR1', listener);
  }
});

test.each(['SIGNONE', 'usr2', '', 12, undefined, null, 'toString'])('%s is no signal', (signal) => {
  using queue = create();
  expect(() => Reflect.apply(queue.notify, queue, [signal])).toThrow(
    typeError('ERR_INVALID_ARG_VALUE', "expected the name of a signal such as 'SIGUSR2'"),
  );
});
