import { rmSync, writeFileSync } from 'node:fs';
import { Semaphore } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { attempt, attempting, nobody, outcomeOf, refused } from '../helpers/attempt.js';
import { uniqueName } from '../helpers/names.js';
import { name } from '../helpers/objects.js';
import { covers, needs } from './covers.js';

const tooLong = `/${'x'.repeat(252)}`;
const fileOf = (path: string) => `/dev/shm/sem.${path.slice(1)}`;

/** The name of a semaphore that is there. */
function present(value = 0, mode = 0o600): string {
  const path = name();
  Semaphore.create(path, { value, mode }).close();
  return path;
}

const openRefusedWith = async (code: string) => {
  const path = present();
  const outcome = await attempt(
    { inject: `openat:error=${code}:when=1`, on: fileOf(path) },
    ({ Semaphore }, path) => Semaphore.open(path),
    path,
  );
  return { path, outcome };
};

covers('sem_open', {
  EACCES: needs('another user', async () => {
    const path = present();
    const outcome = await attempt({ user: nobody }, ({ Semaphore }, path) => Semaphore.open(path), path);
    expect(outcome).toEqual(refused('EACCES', 'sem_open', { path }));
  }),

  EEXIST: () => {
    const path = present();
    const outcome = outcomeOf(() => Semaphore.create(path, { value: 0 }));
    expect(outcome).toEqual(refused('EEXIST', 'sem_open', { path }, /openOrCreate/));
  },

  EMFILE: needs('no sanitizer', async () => {
    const path = present();
    const outcome = await attempt(
      { limits: { nofile: 100 }, everyFile: true },
      ({ Semaphore }, path) => Semaphore.open(path),
      path,
    );
    expect(outcome).toEqual(refused('EMFILE', 'sem_open', { path }, /100 files.*RLIMIT_NOFILE/));
  }),

  ENAMETOOLONG: () => {
    for (const call of [
      () => Semaphore.open(tooLong),
      () => Semaphore.create(tooLong, { value: 0 }),
      () => Semaphore.openOrCreate(tooLong, { value: 0 }),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('ENAMETOOLONG', 'sem_open', { path: tooLong }));
    }
  },

  ENFILE: async () => {
    const { path, outcome } = await openRefusedWith('ENFILE');
    expect(outcome).toEqual(refused('ENFILE', 'sem_open', { path }, /fs\.file-max/));
  },

  ENOENT: () => {
    const path = uniqueName();
    expect(outcomeOf(() => Semaphore.open(path))).toEqual(refused('ENOENT', 'sem_open', { path }));
  },

  ENOMEM: async () => {
    const { path, outcome } = await openRefusedWith('ENOMEM');
    expect(outcome).toEqual(refused('ENOMEM', 'sem_open', { path }));
  },

  ENOSPC: needs('unshare', async () => {
    const path = uniqueName();
    const outcome = await attempt(
      { shm: '4k' },
      ({ Semaphore, SharedMemory }, path) => {
        SharedMemory.create('/full', { size: 4096 });
        Semaphore.create(path, { value: 1 });
      },
      path,
    );
    expect(outcome).toEqual(refused('ENOSPC', 'sem_open', { path }, /0\.0 MiB free/));
  }),

  EPERM: needs('another user', async () => {
    const path = name();
    await attempt(
      { user: nobody },
      ({ Semaphore }, path) => Semaphore.create(path, { value: 4, mode: 0o666 }).value,
      path,
    );
    const outcome = outcomeOf(() => Semaphore.open(path));
    expect(outcome).toEqual(refused('EPERM', 'sem_open', { path }, /owner: 'any'/));
    expect(outcomeOf(() => Semaphore.open(path, { owner: 'any' }).value)).toEqual({ value: 4 });
  }),

  EPROTO: () => {
    for (const content of ['', 'junk', Buffer.alloc(32, 0xff)]) {
      const path = uniqueName();
      writeFileSync(fileOf(path), content);
      onTestFinished(() => rmSync(fileOf(path)));
      const outcome = outcomeOf(() => Semaphore.open(path));
      expect(outcome).toEqual(refused('EPROTO', 'sem_open', { path }, /no.* semaphore/));
    }
  },
});

covers('sem_wait, sem_trywait, sem_timedwait', {
  EAGAIN: () => {
    using semaphore = Semaphore.open(present(0));
    expect(semaphore.tryWait()).toBe(false);
  },

  EINTR: async () => {
    const path = present(0);
    const waiting = attempting(
      {},
      ({ Semaphore }, path) => {
        process.on('SIGUSR2', () => {});
        console.log('waiting');
        Semaphore.open(path).waitSync();
      },
      path,
    );
    await waiting.program.printed('waiting');
    waiting.program.child.kill('SIGUSR2');
    expect(await waiting.outcome()).toEqual(refused('EINTR', 'sem_wait', { path }, /listener/));
  },

  ETIMEDOUT: () => {
    const path = present(0);
    using semaphore = Semaphore.open(path);
    for (const timeout of [0, 0.5, 20]) {
      const outcome = outcomeOf(() => semaphore.waitSync({ timeout }));
      expect(outcome).toEqual(refused('ETIMEDOUT', 'sem_timedwait', { path }));
    }
  },
});

covers('sem_post', {
  EOVERFLOW: () => {
    const path = present(2 ** 31 - 1);
    using semaphore = Semaphore.open(path);
    const outcome = outcomeOf(() => semaphore.post());
    expect(outcome).toEqual(refused('EOVERFLOW', 'sem_post', { path }, /SEM_VALUE_MAX/));
    expect(semaphore.value).toBe(2 ** 31 - 1);
  },
});

covers('sem_unlink', {
  EACCES: needs('another user', async () => {
    const path = present(0, 0o666);
    const outcome = await attempt({ user: nobody }, ({ Semaphore }, path) => Semaphore.unlink(path), path);
    expect(outcome).toEqual(refused('EACCES', 'sem_unlink', { path }));
  }),
  ENAMETOOLONG: () => {
    const outcome = outcomeOf(() => Semaphore.unlink(tooLong));
    expect(outcome).toEqual(refused('ENAMETOOLONG', 'sem_unlink', { path: tooLong }));
  },
  ENOENT: () => {
    const path = uniqueName();
    expect(outcomeOf(() => Semaphore.unlink(path))).toEqual(refused('ENOENT', 'sem_unlink', { path }));
  },
});
