import { MessageQueue, type MessageQueueCreateOptions } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { attempt, attempting, nobody, outcomeOf, refused } from '../helpers/attempt.js';
import { uniqueName } from '../helpers/names.js';
import { cutOff, name } from '../helpers/objects.js';
import { covers, needs } from './covers.js';
import { expectRetried } from './retried.js';

const tooLong = `/${'x'.repeat(256)}`;

/** The name of a queue that is there: for two messages of 8 bytes. */
function present(options: MessageQueueCreateOptions = {}): string {
  const path = name();
  MessageQueue.create(path, { maxMessages: 2, messageSize: 8, ...options }).close();
  return path;
}

covers('mq_open', {
  EACCES: needs('another user', async () => {
    const path = present();
    const outcome = await attempt(
      { user: nobody },
      ({ MessageQueue }, path) => MessageQueue.open(path),
      path,
    );
    expect(outcome).toEqual(refused('EACCES', 'mq_open', { path }));
  }),

  EEXIST: () => {
    const path = present();
    const outcome = outcomeOf(() => MessageQueue.create(path));
    expect(outcome).toEqual(refused('EEXIST', 'mq_open', { path }, /openOrCreate/));
  },

  EINVAL: () => {
    const path = uniqueName();
    for (const options of [{ maxMessages: 2 ** 17 }, { messageSize: 2 ** 25 }]) {
      const outcome = outcomeOf(() => MessageQueue.create(path, options));
      expect(outcome).toEqual(refused('EINVAL', 'mq_open', { path }, /at most \d+ .*at most \d+ .*msg_max/));
    }
  },

  EMFILE: needs('no sanitizer', async () => {
    const path = uniqueName();
    const create = ({ MessageQueue }: typeof import('posix-ipc'), path: string) => MessageQueue.create(path);
    const ofBytes = await attempt({ limits: { msgqueue: 1000 } }, create, path);
    expect(ofBytes).toEqual(refused('EMFILE', 'mq_open', { path }, /1000 bytes.*RLIMIT_MSGQUEUE/));
    const ofFiles = await attempt({ limits: { nofile: 100 }, everyFile: true }, create, path);
    expect(ofFiles).toEqual(refused('EMFILE', 'mq_open', { path }, /100 files.*RLIMIT_NOFILE/));
  }),

  ENAMETOOLONG: () => {
    for (const call of [
      () => MessageQueue.open(tooLong),
      () => MessageQueue.create(tooLong),
      () => MessageQueue.openOrCreate(tooLong),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('ENAMETOOLONG', 'mq_open', { path: tooLong }));
    }
  },

  ENFILE: async () => {
    const path = uniqueName();
    const outcome = await attempt(
      { inject: 'mq_open:error=ENFILE:when=1' },
      ({ MessageQueue }, path) => MessageQueue.create(path),
      path,
    );
    expect(outcome).toEqual(refused('ENFILE', 'mq_open', { path }, /fs\.file-max/));
  },

  ENOENT: () => {
    const path = uniqueName();
    expect(outcomeOf(() => MessageQueue.open(path))).toEqual(refused('ENOENT', 'mq_open', { path }));
  },

  ENOMEM: async () => {
    const path = uniqueName();
    const outcome = await attempt(
      { inject: 'mq_open:error=ENOMEM:when=1' },
      ({ MessageQueue }, path) => MessageQueue.openOrCreate(path),
      path,
    );
    expect(outcome).toEqual(refused('ENOMEM', 'mq_open', { path }));
  },

  ENOSPC: {
    tools: ['unshare', 'another user'],
    body: async () => {
      const path = uniqueName();
      const outcome = await attempt(
        { sysctl: { 'fs/mqueue/queues_max': '0' }, user: nobody },
        ({ MessageQueue }, path) => MessageQueue.create(path),
        path,
      );
      expect(outcome).toEqual(refused('ENOSPC', 'mq_open', { path }, /may have 0 queues/));
    },
  },

  EPERM: needs('another user', async () => {
    const path = name();
    await attempt(
      { user: nobody },
      ({ MessageQueue }, path) =>
        MessageQueue.create(path, { maxMessages: 1, messageSize: 8, mode: 0o666 }).length,
      path,
    );
    const outcome = outcomeOf(() => MessageQueue.open(path));
    expect(outcome).toEqual(refused('EPERM', 'mq_open', { path }, /owner: 'any'/));
    expect(outcomeOf(() => MessageQueue.open(path, { owner: nobody }).maxMessages)).toEqual({ value: 1 });
  }),

  EINTR: async () => {
    const path = present();
    const interrupted = attempting(
      { inject: 'mq_open:error=EINTR:when=1' },
      ({ MessageQueue }, path) => MessageQueue.open(path).maxMessages,
      path,
    );
    await expectRetried(interrupted, 'mq_open', 2);
  },
});

covers('mq_send, mq_timedsend', {
  EFAULT: () => {
    const path = present();
    using queue = MessageQueue.open(path);
    expect(outcomeOf(() => queue.trySend(cutOff()))).toEqual(refused('EFAULT', 'mq_send', { path }, /view/));
    expect(outcomeOf(() => queue.sendSync(cutOff()))).toEqual(refused('EFAULT', 'mq_send', { path }));
    const timed = outcomeOf(() => queue.sendSync(cutOff(), { timeout: 1 }));
    expect(timed).toEqual(refused('EFAULT', 'mq_timedsend', { path }));
    expect(queue.length).toBe(0);
  },

  EAGAIN: () => {
    using queue = MessageQueue.open(present());
    expect([queue.trySend('1'), queue.trySend('2'), queue.trySend('3')]).toEqual([true, true, false]);
    expect(queue.length).toBe(2);
  },

  EBADF: () => {
    const path = present();
    using queue = MessageQueue.open(path, { access: 'read' });
    expect(outcomeOf(() => queue.trySend('1'))).toEqual(refused('EBADF', 'mq_send', { path }, /'read'/));
    expect(outcomeOf(() => queue.sendSync('1'))).toEqual(refused('EBADF', 'mq_send', { path }, /'read'/));
    const timed = outcomeOf(() => queue.sendSync('1', { timeout: 1 }));
    expect(timed).toEqual(refused('EBADF', 'mq_timedsend', { path }, /'read'/));
  },

  EINTR: async () => {
    for (const timeout of [undefined, 10_000]) {
      const path = present();
      const interrupted = attempting(
        { inject: 'mq_timedsend:error=EINTR:when=1' },
        ({ MessageQueue }, path, timeout) => {
          const queue = MessageQueue.open(path);
          if (timeout === null) queue.trySend('once');
          else queue.sendSync('once', { timeout });
          return queue.length;
        },
        path,
        timeout ?? null,
      );
      await expectRetried(interrupted, 'mq_timedsend', 1);
    }
  },

  EMSGSIZE: () => {
    const path = present();
    using queue = MessageQueue.open(path);
    const tooLong = outcomeOf(() => queue.trySend('nine char'));
    expect(tooLong).toEqual(refused('EMSGSIZE', 'mq_send', { path }, /messageSize/));
    const timed = outcomeOf(() => queue.sendSync('nine char', { timeout: 1 }));
    expect(timed).toEqual(refused('EMSGSIZE', 'mq_timedsend', { path }, /messageSize/));
    expect(queue.length).toBe(0);
  },

  ETIMEDOUT: () => {
    const path = present();
    using queue = MessageQueue.open(path);
    queue.sendSync('1');
    queue.sendSync('2', { timeout: 0 });
    for (const timeout of [0, 20]) {
      const outcome = outcomeOf(() => queue.sendSync('3', { timeout }));
      expect(outcome).toEqual(refused('ETIMEDOUT', 'mq_timedsend', { path }));
    }
    expect(queue.length).toBe(2);
  },
});

covers('mq_receive, mq_timedreceive', {
  EFAULT: () => {
    const path = present();
    using queue = MessageQueue.open(path);
    for (const call of [
      (into: Uint8Array) => queue.tryReceiveInto(into),
      (into: Uint8Array) => queue.receiveIntoSync(into),
    ]) {
      queue.sendSync('1');
      expect(outcomeOf(() => call(cutOff()))).toEqual(refused('EFAULT', 'mq_receive', { path }, /view/));
    }
    expect(queue.length).toBe(0);
  },

  EAGAIN: () => {
    using queue = MessageQueue.open(present());
    expect(queue.tryReceive()).toBe(undefined);
    expect(queue.tryReceiveInto(Buffer.alloc(8))).toBe(undefined);
  },

  EBADF: () => {
    const path = present();
    using queue = MessageQueue.open(path, { access: 'write' });
    queue.sendSync('1');
    expect(outcomeOf(() => queue.tryReceive())).toEqual(refused('EBADF', 'mq_receive', { path }, /'write'/));
    const timed = outcomeOf(() => queue.receiveSync({ timeout: 1 }));
    expect(timed).toEqual(refused('EBADF', 'mq_timedreceive', { path }, /'write'/));
  },

  EINTR: async () => {
    for (const timeout of [undefined, 10_000]) {
      const path = present();
      using queue = MessageQueue.open(path);
      queue.sendSync('once');
      const interrupted = attempting(
        { inject: 'mq_timedreceive:error=EINTR:when=1' },
        ({ MessageQueue }, path, timeout) => {
          const queue = MessageQueue.open(path);
          return (timeout === null ? queue.tryReceive() : queue.receiveSync({ timeout }))?.data.toString();
        },
        path,
        timeout ?? null,
      );
      await expectRetried(interrupted, 'mq_timedreceive', 'once');
    }
  },

  EMSGSIZE: () => {
    const path = present();
    using queue = MessageQueue.open(path);
    queue.sendSync('1');
    const short = Buffer.alloc(7);
    const outcome = outcomeOf(() => queue.tryReceiveInto(short));
    expect(outcome).toEqual(refused('EMSGSIZE', 'mq_receive', { path }, /messageSize/));
    const timed = outcomeOf(() => queue.receiveIntoSync(short, { timeout: 1 }));
    expect(timed).toEqual(refused('EMSGSIZE', 'mq_timedreceive', { path }, /messageSize/));
    expect(queue.length).toBe(1);
  },

  ETIMEDOUT: () => {
    const path = present();
    using queue = MessageQueue.open(path);
    for (const timeout of [0, 20]) {
      const outcome = outcomeOf(() => queue.receiveSync({ timeout }));
      expect(outcome).toEqual(refused('ETIMEDOUT', 'mq_timedreceive', { path }));
    }
  },
});

covers('mq_notify', {
  EBUSY: () => {
    const path = present();
    using queue = MessageQueue.open(path);
    using again = MessageQueue.open(path);
    const ignore = () => {};
    process.on('SIGUSR2', ignore);
    onTestFinished(() => void process.off('SIGUSR2', ignore));
    queue.notify('SIGUSR2');
    for (const handle of [queue, again]) {
      const outcome = outcomeOf(() => handle.notify('SIGUSR2'));
      expect(outcome).toEqual(refused('EBUSY', 'mq_notify', { path }, /registered/));
    }
    queue.cancelNotify();
    again.notify('SIGUSR2');
  },

  ENOMEM: async () => {
    const path = present();
    const outcome = await attempt(
      { inject: 'mq_notify:error=ENOMEM:when=1' },
      ({ MessageQueue }, path) => {
        process.on('SIGUSR2', () => {});
        MessageQueue.open(path).notify('SIGUSR2');
      },
      path,
    );
    expect(outcome).toEqual(refused('ENOMEM', 'mq_notify', { path }));
  },
});

covers('mq_unlink', {
  EACCES: needs('another user', async () => {
    const path = present({ mode: 0o666 });
    const outcome = await attempt(
      { user: nobody },
      ({ MessageQueue }, path) => MessageQueue.unlink(path),
      path,
    );
    expect(outcome).toEqual(refused('EACCES', 'mq_unlink', { path }));
  }),
  ENAMETOOLONG: () => {
    const outcome = outcomeOf(() => MessageQueue.unlink(tooLong));
    expect(outcome).toEqual(refused('ENAMETOOLONG', 'mq_unlink', { path: tooLong }));
  },
  ENOENT: () => {
    const path = uniqueName();
    expect(outcomeOf(() => MessageQueue.unlink(path))).toEqual(refused('ENOENT', 'mq_unlink', { path }));
  },
});
