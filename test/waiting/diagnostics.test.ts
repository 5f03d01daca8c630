import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import type { WaitEvent } from 'posix-ipc';
import { expect, onTestFinished, test } from 'vitest';
import { expectIdle } from '../helpers/idle-calls.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { fixture } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';
import {
  fullMailbox,
  fullQueue,
  mailbox,
  oneOfEach,
  queue,
  semaphore,
  semaphoreSet,
  waits,
} from './objects.js';

leaveNothing();

function listening(): ['start' | 'end', WaitEvent][] {
  const events: ['start' | 'end', WaitEvent][] = [];
  for (const which of ['start', 'end'] as const) {
    const listener = (event: unknown) => events.push([which, event as WaitEvent]);
    subscribe(`posix-ipc:wait:${which}`, listener);
    onTestFinished(() => {
      unsubscribe(`posix-ipc:wait:${which}`, listener);
    });
  }
  return events;
}

test.each(waits)(
  '$title tells diagnostics_channel of its start and its end',
  async ({ method, syscall, make, wait }) => {
    const events = listening();
    const from = make();
    from.give();
    await wait(from);
    expect(events).toEqual([]);

    const about = { operation: method, ...from.about };
    const served = wait(from);
    expect(events).toEqual([['start', about]]);
    from.give();
    await served;
    expect(events.splice(0)).toEqual([
      ['start', about],
      ['end', about],
    ]);

    await expect(wait(from, { timeout: 1 })).rejects.toThrow('ETIMEDOUT');
    const error = ipcError('ETIMEDOUT', syscall);
    expect(events.splice(0)).toEqual([
      ['start', about],
      ['end', { ...about, error }],
    ]);

    const reason = { any: 'reason' };
    const stop = new AbortController();
    const aborted = expect(wait(from, { signal: stop.signal })).rejects.toBe(reason);
    stop.abort(reason);
    await aborted;
    expect(events).toEqual([
      ['start', about],
      ['end', { ...about, error: reason }],
    ]);
  },
);

test('a listener may end other waits of the same handle', async () => {
  for (const from of [semaphore(), semaphoreSet(), queue(), mailbox()]) {
    const found = waits.find(({ syscall }) => from.place !== '' && syscall === syscallOf(from));
    if (found === undefined) throw new Error('no such wait');
    const stop = Array.from({ length: 3 }, () => new AbortController());
    const listener = () => stop[1].abort();
    subscribe('posix-ipc:wait:end', listener);
    const pending = [
      found.wait(from, { signal: stop[0].signal }),
      found.wait(from, { signal: stop[1].signal }),
      found.wait(from, { signal: stop[2].signal }),
      found.wait(from),
    ];
    const told = Promise.allSettled(pending.slice(0, 3));
    stop[0].abort();
    stop[2].abort();
    expect((await told).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    from.give();
    await pending[3];
    unsubscribe('posix-ipc:wait:end', listener);
    expect(from.items()).toBe(0);
  }
});

test('close and removal end every wait, though a listener ends one of them first', async () => {
  for (const from of [semaphore(), semaphoreSet(), queue(), mailbox()]) {
    const found = waits.find(({ syscall }) => syscall === syscallOf(from));
    if (found === undefined) throw new Error('no such wait');
    const stop = new AbortController();
    const listener = () => stop.abort();
    subscribe('posix-ipc:wait:end', listener);
    const pending = [
      found.wait(from),
      found.wait(from, { signal: stop.signal }),
      found.wait(from),
      found.wait(from),
    ];
    const told = Promise.allSettled(pending);
    const { handle } = from;
    if ('close' in handle) handle.close();
    else handle.remove();
    const reasons = (await told).map((outcome) =>
      outcome.status === 'rejected' ? outcome.reason : undefined,
    );
    unsubscribe('posix-ipc:wait:end', listener);
    const code = 'close' in handle ? 'EBADF' : 'EIDRM';
    expect(reasons.map((reason) => reason.code)).toEqual([code, 20, code, code]);
  }
});

const syscallOf = ({ handle }: { handle: object }) =>
  'post' in handle ? 'sem_wait' : 'operate' in handle ? 'semop' : 'close' in handle ? 'mq_receive' : 'msgrcv';

test('util.inspect shows every handle, pending or closed', async () => {
  const one = semaphore();
  one.handle.post();
  expect(inspect(one.handle)).toBe(`Semaphore { name: '${one.place}', value: 1, closed: false }`);
  one.handle.close();
  expect(inspect(one.handle)).toBe(`Semaphore { name: '${one.place}', closed: true }`);

  const two = queue();
  const fields = `name: '${two.place}', access: 'readWrite', maxMessages: 8, messageSize: 64`;
  two.give();
  const plain = { breakLength: Number.POSITIVE_INFINITY };
  expect(inspect(two.handle, plain)).toBe(`MessageQueue { ${fields}, closed: false, length: 1 }`);
  two.handle.close();
  expect(inspect(two.handle, plain)).toBe(`MessageQueue { ${fields}, closed: true }`);

  for (const { handle, place } of [semaphoreSet(), mailbox()]) {
    const pending = 'operate' in handle ? handle.operate({ index: 0, delta: -1 }) : handle.receive();
    const title = 'operate' in handle ? 'SemaphoreSet' : 'MessageQueue';
    expect(inspect(handle)).toBe(`sysv.${title} { id: ${place}, key: 0, created: true }`);
    handle.remove();
    await expect(pending).rejects.toThrow('EIDRM');
    expect(inspect({ nested: { handle } })).toContain(`sysv.${title} {`);
  }
  for (const { handle } of [fullQueue(), fullMailbox()])
    expect(inspect(handle, { colors: true })).toContain('[');
});

testWith('strace', 'no sanitizer')(
  'nothing polls: who waits 3 s for one of each makes less than 2 calls a second',
  async () => {
    const { json } = oneOfEach();
    await expectIdle([fixture('waiting/wait-for-three-seconds.mjs'), json], 'waiting\n6\n');
  },
);
