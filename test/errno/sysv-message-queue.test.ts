import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IpcError, sysv } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { attempt, attempting, nobody, outcomeOf, refused } from '../helpers/attempt.js';
import { uniqueKey } from '../helpers/names.js';
import { cutOff, letters, temporary } from '../helpers/objects.js';
import { ipcError } from '../helpers/thrown.js';
import { python } from '../helpers/tools.js';
import { blocked } from '../helpers/until.js';
import { covers, needs } from './covers.js';
import { expectRetried } from './retried.js';

const { IPC_PRIVATE } = sysv;

/** A queue that is there. */
const present = (mode = 0o600) => temporary(sysv.MessageQueue.create(uniqueKey(), { mode }));

/** A queue without room for one more byte. */
function full() {
  const queue = letters({ maxBytes: 4 });
  queue.sendSync('full');
  return queue;
}

const getRefusedWith = async (code: string) => {
  const { key } = present();
  const outcome = await attempt(
    { inject: `msgget:error=${code}:when=1` },
    ({ sysv }, key) => sysv.MessageQueue.open(key),
    key,
  );
  expect(outcome).toEqual(refused(code, 'msgget', { key }));
};

covers('msgget', {
  EACCES: () => getRefusedWith('EACCES'),
  EEXIST: () => {
    const { key } = present();
    const outcome = outcomeOf(() => sysv.MessageQueue.create(key));
    expect(outcome).toEqual(refused('EEXIST', 'msgget', { key }, /openOrCreate/));
  },
  ENOENT: () => {
    const key = uniqueKey();
    expect(outcomeOf(() => sysv.MessageQueue.open(key))).toEqual(refused('ENOENT', 'msgget', { key }));
  },
  ENOMEM: () => getRefusedWith('ENOMEM'),
  ENOSPC: needs('unshare', async () => {
    const key = uniqueKey();
    const outcome = await attempt(
      { sysctl: { 'kernel/msgmni': '0' } },
      ({ sysv }, key) => sysv.MessageQueue.create(key),
      key,
    );
    expect(outcome).toEqual(refused('ENOSPC', 'msgget', { key }, /have 0 queues/));
  }),
});

covers('msgsnd', {
  EFAULT: () => {
    const queue = letters();
    const { id } = queue;
    expect(outcomeOf(() => queue.trySend(cutOff()))).toEqual(refused('EFAULT', 'msgsnd', { id }, /view/));
    expect(outcomeOf(() => queue.sendSync(cutOff()))).toEqual(refused('EFAULT', 'msgsnd', { id }, /view/));
    expect(queue.stat().length).toBe(0);
  },

  EACCES: needs('another user', async () => {
    const { id } = present(0o644);
    const outcome = await attempt(
      { user: nobody },
      ({ sysv }, id) => sysv.MessageQueue.fromId(id).trySend('no'),
      id,
    );
    expect(outcome).toEqual(refused('EACCES', 'msgsnd', { id }));
  }),

  EAGAIN: () => {
    const queue = full();
    expect(queue.trySend('!')).toBe(false);
    expect(queue.stat().length).toBe(1);
  },

  EIDRM: async () => {
    for (const timeout of [null, 50_000]) {
      const queue = full();
      const { id } = queue;
      const waiting = attempting(
        {},
        ({ sysv }, id, timeout) => {
          const queue = sysv.MessageQueue.fromId(id);
          console.log('waiting');
          queue.sendSync('!', { timeout: timeout ?? Number.POSITIVE_INFINITY });
        },
        id,
        timeout,
      );
      await waiting.program.printed('waiting');
      await blocked(waiting.program.pid);
      queue.remove();
      expect(await waiting.outcome()).toEqual(refused('EIDRM', 'msgsnd', { id }, /removed/));
    }
  },

  EINTR: async () => {
    for (const timeout of [null, 50_000]) {
      const { id } = letters();
      const interrupted = attempting(
        { inject: 'msgsnd:error=EINTR:when=1' },
        ({ sysv }, id, timeout) => {
          const queue = sysv.MessageQueue.fromId(id);
          if (timeout === null) queue.trySend('once');
          else queue.sendSync('once', { timeout });
          return queue.stat().length;
        },
        id,
        timeout,
      );
      await expectRetried(interrupted, 'msgsnd', 1);
    }
  },

  EINVAL: () => {
    const queue = letters();
    const { id } = queue;
    const long = Buffer.alloc(2 ** 20);
    expect(outcomeOf(() => queue.trySend(long))).toEqual(refused('EINVAL', 'msgsnd', { id }, /msgmax/));
    queue.remove();
    for (const call of [
      () => queue.trySend('!'),
      () => queue.sendSync('!'),
      () => queue.sendSync('!', { timeout: 1 }),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('EINVAL', 'msgsnd', { id }, /removed/));
    }
  },

  ENOMEM: async () => {
    const { id } = letters();
    const outcome = await attempt(
      { inject: 'msgsnd:error=ENOMEM:when=1' },
      ({ sysv }, id) => sysv.MessageQueue.fromId(id).trySend('!'),
      id,
    );
    expect(outcome).toEqual(refused('ENOMEM', 'msgsnd', { id }));
  },

  ETIMEDOUT: () => {
    const queue = full();
    const { id } = queue;
    for (const timeout of [0, 20]) {
      const outcome = outcomeOf(() => queue.sendSync('!', { timeout }));
      expect(outcome).toEqual(refused('ETIMEDOUT', 'msgsnd', { id }));
    }
    expect(queue.stat().length).toBe(1);
  },
});

covers('msgrcv', {
  EFAULT: () => {
    const queue = letters();
    const { id } = queue;
    for (const call of [
      (into: Uint8Array) => queue.tryReceiveInto(into),
      (into: Uint8Array) => queue.receiveIntoSync(into),
    ]) {
      queue.sendSync('1', { type: 7 });
      const received = { data: Buffer.from('1'), type: 7n };
      expect(() => call(cutOff())).toThrow(ipcError('EFAULT', 'msgrcv', { id, received }));
    }
  },

  E2BIG: () => {
    const queue = letters();
    const { id } = queue;
    queue.sendSync('longer');
    for (const call of [
      () => queue.tryReceive({ maxLength: 5 }),
      () => queue.receiveSync({ maxLength: 5, timeout: 1 }),
      () => queue.tryReceiveInto(Buffer.alloc(5)),
      () => queue.receiveIntoSync(Buffer.alloc(5)),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('E2BIG', 'msgrcv', { id }, /truncate/));
    }
    expect(queue.tryReceive({ maxLength: 5, truncate: true })?.data.toString()).toBe('longe');
  },

  EACCES: needs('another user', async () => {
    const { key, id } = present(0o622);
    const outcome = await attempt(
      { user: nobody },
      ({ sysv }, key) => {
        const queue = sysv.MessageQueue.open(key);
        queue.sendSync('allowed');
        queue.tryReceive();
      },
      key,
    );
    expect(outcome).toEqual(refused('EACCES', 'msgrcv', { id }));
  }),

  EIDRM: async () => {
    for (const timeout of [null, 50_000]) {
      const queue = letters();
      const { id } = queue;
      const waiting = attempting(
        {},
        ({ sysv }, id, timeout) => {
          const queue = sysv.MessageQueue.fromId(id);
          console.log('waiting');
          queue.receiveSync({ timeout: timeout ?? Number.POSITIVE_INFINITY });
        },
        id,
        timeout,
      );
      await waiting.program.printed('waiting');
      await blocked(waiting.program.pid);
      queue.remove();
      expect(await waiting.outcome()).toEqual(refused('EIDRM', 'msgrcv', { id }, /removed/));
    }
  },

  EINTR: async () => {
    for (const timeout of [null, 50_000]) {
      const queue = letters();
      queue.sendSync('once');
      const interrupted = attempting(
        { inject: 'msgrcv:error=EINTR:when=1' },
        ({ sysv }, id, timeout) => {
          const queue = sysv.MessageQueue.fromId(id);
          return (timeout === null ? queue.tryReceive() : queue.receiveSync({ timeout }))?.data.toString();
        },
        queue.id,
        timeout,
      );
      await expectRetried(interrupted, 'msgrcv', 'once');
    }
  },

  EINVAL: () => {
    const queue = letters();
    const { id } = queue;
    queue.remove();
    for (const call of [
      () => queue.tryReceive(),
      () => queue.receiveSync(),
      () => queue.receiveSync({ timeout: 1 }),
      () => queue.tryReceiveInto(Buffer.alloc(8)),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('EINVAL', 'msgrcv', { id }, /removed/));
    }
  },

  ENOMSG: () => {
    const queue = letters();
    expect(queue.tryReceive()).toBe(undefined);
    queue.sendSync('of type 5', { type: 5 });
    expect(queue.tryReceive({ type: 4 })).toBe(undefined);
    expect(queue.tryReceive({ type: 5, except: true })).toBe(undefined);
    expect(queue.tryReceiveInto(Buffer.alloc(16), { type: -4 })).toBe(undefined);
  },

  ETIMEDOUT: () => {
    const queue = letters();
    const { id } = queue;
    queue.sendSync('of type 5', { type: 5 });
    for (const timeout of [0, 20]) {
      const outcome = outcomeOf(() => queue.receiveSync({ type: 4, timeout }));
      expect(outcome).toEqual(refused('ETIMEDOUT', 'msgrcv', { id }));
    }
  },

  EOVERFLOW: needs('python3', () => {
    const queue = present();
    const { id } = queue;
    const message = "struct.pack('l3s', 2**60 + 1, b'far')";
    const send = `import ctypes, struct; ctypes.CDLL(None).msgsnd(${id}, ${message}, ctypes.c_size_t(3), 0)`;
    execFileSync(python, ['-c', send], { env: {} });
    let thrown: unknown;
    const outcome = outcomeOf(() => {
      try {
        queue.tryReceive();
      } catch (error) {
        thrown = error;
        throw error;
      }
    });
    expect(outcome).toEqual(refused('EOVERFLOW', 'msgrcv', { id }, /received/));
    expect(thrown).toBeInstanceOf(IpcError);
    expect((thrown as IpcError).received).toEqual({ data: Buffer.from('far'), type: 2n ** 60n + 1n });
    expect(queue.stat().length).toBe(0);
  }),
});

covers('msgctl', {
  EACCES: needs('another user', async () => {
    const { id } = letters();
    const outcome = await attempt({ user: nobody }, ({ sysv }, id) => sysv.MessageQueue.fromId(id), id);
    expect(outcome).toEqual(refused('EACCES', 'msgctl', { id }));
  }),

  EIDRM: async () => {
    const { id } = letters();
    const outcome = await attempt(
      { inject: 'msgctl:error=EIDRM:when=1' },
      ({ sysv }, id) => sysv.MessageQueue.fromId(id),
      id,
    );
    expect(outcome).toEqual(refused('EIDRM', 'msgctl', { id }, /removed/));
  },

  EINVAL: () => {
    const removed = letters();
    const { id } = removed;
    removed.remove();
    for (const call of [
      () => removed.stat(),
      () => removed.set({ mode: 0o600 }),
      () => removed.remove(),
      () => sysv.MessageQueue.fromId(id),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('EINVAL', 'msgctl', { id }, /removed/));
    }
  },

  EPERM: needs('another user', async () => {
    const { id } = present(0o666);
    for (const body of [
      ({ sysv }: typeof import('posix-ipc'), id: number) => sysv.MessageQueue.fromId(id).set({ mode: 0o600 }),
      ({ sysv }: typeof import('posix-ipc'), id: number) => sysv.MessageQueue.fromId(id).remove(),
    ]) {
      expect(await attempt({ user: nobody }, body, id)).toEqual(refused('EPERM', 'msgctl', { id }));
    }

    const own = temporary(sysv.MessageQueue.create(IPC_PRIVATE));
    own.set({ uid: nobody });
    const outcome = await attempt(
      { user: nobody },
      ({ sysv }, id) => sysv.MessageQueue.fromId(id).set({ maxBytes: 2 ** 30 }),
      own.id,
    );
    expect(outcome).toEqual(refused('EPERM', 'msgctl', { id: own.id }, /msgmnb/));
  }),
});

/** A file of this test alone. */
function file(): { folder: string; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'key');
  writeFileSync(path, '');
  return { folder, path };
}

covers('ftok', {
  EACCES: needs('another user', async () => {
    const { folder, path } = file();
    chmodSync(folder, 0o700);
    const outcome = await attempt({ user: nobody }, ({ sysv }, path) => sysv.ftok(path, 1), path);
    expect(outcome).toEqual(refused('EACCES', 'ftok', { path }));
  }),
  ENOENT: () => {
    const { path } = file();
    const absent = `${path}-absent`;
    expect(outcomeOf(() => sysv.ftok(absent, 1))).toEqual(refused('ENOENT', 'ftok', { path: absent }));
  },
});
