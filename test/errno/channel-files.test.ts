import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Channel, Mutex } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { made, words } from '../channel/made.js';
import { attempt, type Ipc, nobody, outcomeOf, refused } from '../helpers/attempt.js';
import { uniqueName } from '../helpers/names.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { covers, needs } from './covers.js';

const create = ({ Channel }: Ipc, path: string) => Channel.create(path, { capacity: 4096 }).created;
const open = ({ Channel }: Ipc, path: string) => Channel.open(path).created;
const tooLong = `/${'x'.repeat(256)}`;

/** Something else under a name. */
function instead(make: (file: string) => void, remove: (file: string) => void = rmSync): string {
  const path = uniqueName();
  make(`/dev/shm${path}`);
  onTestFinished(() => remove(`/dev/shm${path}`));
  return path;
}

covers('open, of a channel', {
  EMFILE: needs('no sanitizer', async () => {
    const path = uniqueName();
    const outcome = await attempt({ limits: { nofile: 100 }, everyFile: true }, create, path);
    expect(outcome).toEqual(refused('EMFILE', 'open', { path }, /100 files.*RLIMIT_NOFILE/));
  }),
});

covers('posix_fallocate, of a channel', {
  EFBIG: async () => {
    const path = uniqueName();
    const outcome = await attempt({ limits: { fsize: 8192 } }, create, path);
    expect(outcome).toEqual(refused('EFBIG', 'posix_fallocate', { path }));
  },
  ENOSPC: needs('unshare', async () => {
    const path = uniqueName();
    const outcome = await attempt({ shm: '8k' }, create, path);
    expect(outcome).toEqual(refused('ENOSPC', 'posix_fallocate', { path }, /free of/));
  }),
});

covers('linkat, of a channel', {
  EEXIST: () => {
    const { path } = made();
    const outcome = outcomeOf(() => Channel.create(path));
    expect(outcome).toEqual(refused('EEXIST', 'linkat', { path }, /openOrCreate/));
  },
  ENAMETOOLONG: () => {
    const outcome = outcomeOf(() => Channel.create(tooLong));
    expect(outcome).toEqual(refused('ENAMETOOLONG', 'linkat', { path: tooLong }));
  },
});

covers('shm_open, of a channel', {
  EACCES: needs('another user', async () => {
    const { path } = made();
    expect(await attempt({ user: nobody }, open, path)).toEqual(refused('EACCES', 'shm_open', { path }));
  }),
  EBADMSG: () => {
    const { path } = made();
    words(path)[5] = 5000;
    const outcome = outcomeOf(() => Channel.open(path));
    expect(outcome).toEqual(refused('EBADMSG', 'shm_open', { path }, /its capacity cannot be/));
  },
  EISDIR: () => {
    const path = instead(mkdirSync, rmdirSync);
    expect(outcomeOf(() => Channel.open(path))).toEqual(refused('EISDIR', 'shm_open', { path }, /directory/));
  },
  ELOOP: () => {
    const path = instead((file) => symlinkSync('/etc/hostname', file));
    expect(outcomeOf(() => Channel.open(path))).toEqual(refused('ELOOP', 'shm_open', { path }, /symbolic/));
  },
  ENOENT: () => {
    const path = uniqueName();
    expect(outcomeOf(() => Channel.open(path))).toEqual(refused('ENOENT', 'shm_open', { path }));
  },
  EPERM: needs('another user', async () => {
    const path = name();
    await attempt(
      { user: nobody },
      ({ Channel }, path) => Channel.create(path, { mode: 0o666 }).created,
      path,
    );
    const outcome = outcomeOf(() => Channel.open(path));
    expect(outcome).toEqual(refused('EPERM', 'shm_open', { path }, /owner: 'any'/));
  }),
  EPROTO: () => {
    const lock = name();
    closing(Mutex.create(lock));
    for (const [path, hint] of [
      [instead((file) => execFileSync('mkfifo', [file])), /FIFO|file type/],
      [instead((file) => writeFileSync(file, Buffer.alloc(65536))), /magic/],
      [lock, /size/],
    ] as const)
      expect(outcomeOf(() => Channel.open(path))).toEqual(refused('EPROTO', 'shm_open', { path }, hint));
  },
});

covers('mmap, of a channel', {
  ENOMEM: async () => {
    const { path } = made();
    // Of the header with the data, and of the data once more.
    for (const which of [1, 2]) {
      const inject = `mmap:error=ENOMEM:when=${which}`;
      const outcome = await attempt({ inject, on: `/dev/shm${path}` }, open, path);
      expect(outcome).toEqual(refused('ENOMEM', 'mmap', { path }, /max_map_count/));
    }
  },
});

covers('openOrCreate', {
  EPROTO: () => {
    const { path } = made();
    const outcome = outcomeOf(() => Channel.openOrCreate(path, { capacity: 8192 }));
    expect(outcome).toEqual(
      refused('EPROTO', 'openOrCreate', { path }, /differs in its capacity, which is 4096/),
    );
  },
});
