import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { SharedMemory } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { attempt, attempting, nobody, outcomeOf, refused } from '../helpers/attempt.js';
import { uniqueName } from '../helpers/names.js';
import { name } from '../helpers/objects.js';
import { covers, needs } from './covers.js';
import { expectRetried } from './retried.js';

const tooLong = `/${'x'.repeat(256)}`;

/** The name of an object that is there. */
function present(mode = 0o600): string {
  const path = name();
  SharedMemory.create(path, { size: 4096, mode }).close();
  return path;
}

/** Something else under a name. */
function instead(make: (file: string) => void, remove: (file: string) => void = rmSync): string {
  const path = uniqueName();
  const file = `/dev/shm${path}`;
  make(file);
  onTestFinished(() => remove(file));
  return path;
}

covers('shm_open', {
  EACCES: needs('another user', async () => {
    const path = present();
    const outcome = await attempt(
      { user: nobody },
      ({ SharedMemory }, path) => SharedMemory.open(path),
      path,
    );
    expect(outcome).toEqual(refused('EACCES', 'shm_open', { path }));
  }),

  EEXIST: () => {
    const path = present();
    const outcome = outcomeOf(() => SharedMemory.create(path, { size: 1 }));
    expect(outcome).toEqual(refused('EEXIST', 'shm_open', { path }, /openOrCreate/));
  },

  EISDIR: () => {
    const path = instead(mkdirSync, rmdirSync);
    for (const readOnly of [false, true]) {
      const outcome = outcomeOf(() => SharedMemory.open(path, { readOnly }));
      expect(outcome).toEqual(refused('EISDIR', 'shm_open', { path }));
    }
  },

  ELOOP: () => {
    const path = instead((file) => symlinkSync('/etc/hostname', file));
    const outcome = outcomeOf(() => SharedMemory.open(path, { readOnly: true }));
    expect(outcome).toEqual(refused('ELOOP', 'shm_open', { path }, /symbolic link/));
  },

  EMFILE: needs('no sanitizer', async () => {
    const path = present();
    const outcome = await attempt(
      { limits: { nofile: 100 }, everyFile: true },
      ({ SharedMemory }, path) => SharedMemory.open(path),
      path,
    );
    expect(outcome).toEqual(refused('EMFILE', 'shm_open', { path }, /100 files.*RLIMIT_NOFILE/));
  }),

  ENAMETOOLONG: () => {
    for (const call of [
      () => SharedMemory.open(tooLong),
      () => SharedMemory.create(tooLong, { size: 1 }),
      () => SharedMemory.openOrCreate(tooLong, { size: 1 }),
    ]) {
      expect(outcomeOf(call)).toEqual(refused('ENAMETOOLONG', 'shm_open', { path: tooLong }));
    }
  },

  ENFILE: async () => {
    const path = present();
    const outcome = await attempt(
      { inject: 'openat:error=ENFILE:when=1', on: `/dev/shm${path}` },
      ({ SharedMemory }, path) => SharedMemory.open(path),
      path,
    );
    expect(outcome).toEqual(refused('ENFILE', 'shm_open', { path }, /fs\.file-max/));
  },

  ENOENT: () => {
    const path = uniqueName();
    expect(outcomeOf(() => SharedMemory.open(path))).toEqual(refused('ENOENT', 'shm_open', { path }));
  },

  EPERM: needs('another user', async () => {
    const path = name();
    await attempt(
      { user: nobody },
      ({ SharedMemory }, path) => SharedMemory.create(path, { size: 1, mode: 0o666 }).size,
      path,
    );
    const outcome = outcomeOf(() => SharedMemory.open(path));
    expect(outcome).toEqual(refused('EPERM', 'shm_open', { path }, /owner: 'any'/));
    expect(outcomeOf(() => SharedMemory.open(path, { owner: nobody }).size)).toEqual({ value: 1 });
  }),

  EPROTO: () => {
    const path = instead((file) => execFileSync('mkfifo', [file]));
    for (const readOnly of [false, true]) {
      const outcome = outcomeOf(() => SharedMemory.open(path, { readOnly }));
      expect(outcome).toEqual(refused('EPROTO', 'shm_open', { path }, /FIFO/));
    }
  },

  EINTR: async () => {
    const path = present();
    const interrupted = attempting(
      { inject: 'openat:error=EINTR:when=1', on: `/dev/shm${path}` },
      ({ SharedMemory }, path) => SharedMemory.open(path).size,
      path,
    );
    await expectRetried(interrupted, 'openat', 4096);
  },
});

const mapRefusedWith = (code: string) => async () => {
  const path = present();
  const outcome = await attempt(
    { inject: `mmap:error=${code}:when=1`, on: `/dev/shm${path}` },
    ({ SharedMemory }, path) => SharedMemory.open(path),
    path,
  );
  expect(outcome).toEqual(refused(code, 'mmap', { path }));
};

covers('mmap', {
  EAGAIN: mapRefusedWith('EAGAIN'),
  ENFILE: mapRefusedWith('ENFILE'),
  ENODEV: mapRefusedWith('ENODEV'),

  EINVAL: () => {
    const path = present();
    for (const options of [{ offset: 1 }, { offset: 4096 }, { length: 4097 }]) {
      const outcome = outcomeOf(() => SharedMemory.open(path, options));
      expect(outcome).toEqual(refused('EINVAL', 'mmap', { path }, /page size/));
    }
  },

  ENOMEM: () => {
    const path = uniqueName();
    const outcome = outcomeOf(() => SharedMemory.create(path, { size: 2 ** 52, reserve: false }));
    expect(outcome).toEqual(refused('ENOMEM', 'mmap', { path }, /max_map_count/));
  },
});

covers('posix_fallocate', {
  EFBIG: async () => {
    const path = uniqueName();
    const outcome = await attempt(
      { limits: { fsize: 4096 } },
      ({ SharedMemory }, path) => SharedMemory.create(path, { size: 8192 }),
      path,
    );
    expect(outcome).toEqual(refused('EFBIG', 'posix_fallocate', { path }));
  },

  ENOSPC: needs('unshare', async () => {
    const path = uniqueName();
    const outcome = await attempt(
      { shm: '64k' },
      ({ SharedMemory }, path) => {
        const used = SharedMemory.create('/used', { size: 40_960 });
        const codes: unknown[] = [];
        const refusedWith = (call: () => unknown) => {
          try {
            call();
          } catch (error) {
            codes.push((error as { code: string }).code);
          }
        };
        refusedWith(() => SharedMemory.create(path, { size: 32_768 }));
        refusedWith(() => SharedMemory.create(path, { size: 2 ** 50 }));
        refusedWith(() => SharedMemory.openOrCreate(path, { size: 32_768 }));
        refusedWith(() => SharedMemory.open(path));
        refusedWith(() => used.resize(81_920));
        const expected = 'ENOSPC,ENOSPC,ENOSPC,ENOENT,ENOSPC';
        if (codes.join() !== expected || used.size !== 40_960) return codes;
        return SharedMemory.create(path, { size: 32_768 });
      },
      path,
    );
    expect(outcome).toEqual(refused('ENOSPC', 'posix_fallocate', { path }, /0\.0 MiB free of 0\.1 MiB/));
  }),

  EINTR: async () => {
    const path = name();
    const interrupted = attempting(
      { inject: 'fallocate:error=EINTR:when=1', on: `/dev/shm${path}` },
      ({ SharedMemory }, path) => SharedMemory.create(path, { size: 4096 }).stat().allocated,
      path,
    );
    await expectRetried(interrupted, 'fallocate', 4096);
  },
});

const lockedWith = async (memlock: number) => {
  const path = name();
  const outcome = await attempt(
    { limits: { memlock }, user: nobody },
    ({ SharedMemory }, path) => SharedMemory.create(path, { size: 2 ** 20 }).lockPages(),
    path,
  );
  return { path, outcome };
};

covers('mlock', {
  ENOMEM: needs(['another user', 'no sanitizer'], async () => {
    const { path, outcome } = await lockedWith(65_536);
    expect(outcome).toEqual(refused('ENOMEM', 'mlock', { path }, /65536 bytes.*RLIMIT_MEMLOCK/));
  }),
  EPERM: needs(['another user', 'no sanitizer'], async () => {
    const { path, outcome } = await lockedWith(0);
    expect(outcome).toEqual(refused('EPERM', 'mlock', { path }, /0 bytes.*RLIMIT_MEMLOCK/));
  }),
});

covers('shm_unlink', {
  EACCES: needs('another user', async () => {
    const path = present(0o666);
    const outcome = await attempt(
      { user: nobody },
      ({ SharedMemory }, path) => SharedMemory.unlink(path),
      path,
    );
    expect(outcome).toEqual(refused('EACCES', 'shm_unlink', { path }));
  }),
  ENAMETOOLONG: () => {
    const outcome = outcomeOf(() => SharedMemory.unlink(tooLong));
    expect(outcome).toEqual(refused('ENAMETOOLONG', 'shm_unlink', { path: tooLong }));
  },
  ENOENT: () => {
    const path = uniqueName();
    expect(outcomeOf(() => SharedMemory.unlink(path))).toEqual(refused('ENOENT', 'shm_unlink', { path }));
  },
});
