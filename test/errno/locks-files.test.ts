import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { Barrier, Mutex, RwLock, SharedMemory } from 'posix-ipc';
import { expect, onTestFinished } from 'vitest';
import { attempt, attempting, type Ipc, nobody, outcomeOf, refused } from '../helpers/attempt.js';
import { uniqueName } from '../helpers/names.js';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';
import { fixture, run, start } from '../helpers/program.js';
import { python } from '../helpers/tools.js';
import { covers, needs } from './covers.js';
import { expectRetried } from './retried.js';

const tooLong = `/${'x'.repeat(256)}`;
const open = ({ Mutex }: Ipc, path: string) => Mutex.open(path).created;
const create = ({ Mutex }: Ipc, path: string) => Mutex.create(path).created;

/** The name of a mutex that is there. */
function present(mode = 0o600): string {
  const path = name();
  Mutex.create(path, { mode }).close();
  return path;
}

/** Something else under a name. */
function instead(make: (file: string) => void, remove: (file: string) => void = rmSync): string {
  const path = uniqueName();
  make(`/dev/shm${path}`);
  onTestFinished(() => remove(`/dev/shm${path}`));
  return path;
}

/** How a create is refused where a folder is hidden by an empty one. */
async function createdWithout(folder: string, path: string): Promise<string> {
  const script = [
    `import { Mutex, sysv } from ${JSON.stringify(import.meta.resolve('posix-ipc'))};`,
    "import { execFileSync } from 'node:child_process';",
    "sysv.ftok('/', 1);",
    `execFileSync('mount', ['-t', 'tmpfs', 'none', '${folder}']);`,
    `try { Mutex.create('${path}'); } catch ({ message }) { console.log(message); }`,
  ].join('\n');
  const { stdout } = await run('unshare', [
    '--mount',
    process.execPath,
    '--input-type=module',
    '--eval',
    script,
  ]);
  return stdout;
}

covers('open, of a lock', {
  EMFILE: needs('no sanitizer', async () => {
    const path = uniqueName();
    const outcome = await attempt({ limits: { nofile: 100 }, everyFile: true }, create, path);
    expect(outcome).toEqual(refused('EMFILE', 'open', { path }, /100 files.*RLIMIT_NOFILE/));
  }),

  ENFILE: async () => {
    const path = uniqueName();
    const outcome = await attempt({ inject: 'openat:error=ENFILE:when=1', on: '/dev/shm' }, create, path);
    expect(outcome).toEqual(refused('ENFILE', 'open', { path }, /fs\.file-max/));
  },

  ENOENT: needs('unshare', async () => {
    const path = uniqueName();
    expect(await createdWithout('/dev', path)).toMatch(/^ENOENT: .*, open '.*'\n {2}.*not mounted/);
  }),

  ENOMEM: async () => {
    const path = uniqueName();
    const outcome = await attempt({ inject: 'openat:error=ENOMEM:when=1', on: '/dev/shm' }, create, path);
    expect(outcome).toEqual(refused('ENOMEM', 'open', { path }));
  },

  ENOTSUP: async () => {
    const path = uniqueName();
    const outcome = await attempt({ inject: 'openat:error=EOPNOTSUPP:when=1', on: '/dev/shm' }, create, path);
    expect(outcome).toEqual(refused('ENOTSUP', 'open', { path }, /O_TMPFILE/));
  },

  EINTR: async () => {
    const path = name();
    const interrupted = attempting({ inject: 'openat:error=EINTR:when=1', on: '/dev/shm' }, create, path);
    await expectRetried(interrupted, 'openat', true);
  },
});

covers('linkat, of a lock', {
  EEXIST: () => {
    const path = present();
    expect(outcomeOf(() => Mutex.create(path))).toEqual(
      refused('EEXIST', 'linkat', { path }, /openOrCreate/),
    );
  },
  ENAMETOOLONG: () => {
    const outcome = outcomeOf(() => Mutex.create(tooLong));
    expect(outcome).toEqual(refused('ENAMETOOLONG', 'linkat', { path: tooLong }));
  },
  ENOSPC: async () => {
    const path = uniqueName();
    const outcome = await attempt({ inject: 'linkat:error=ENOSPC:when=1' }, create, path);
    expect(outcome).toEqual(refused('ENOSPC', 'linkat', { path }, /MiB free/));
  },
});

covers('shm_open, of a lock', {
  EACCES: needs('another user', async () => {
    const path = present();
    expect(await attempt({ user: nobody }, open, path)).toEqual(refused('EACCES', 'shm_open', { path }));
  }),
  EISDIR: () => {
    const path = instead(mkdirSync, rmdirSync);
    expect(outcomeOf(() => Mutex.open(path))).toEqual(refused('EISDIR', 'shm_open', { path }, /directory/));
  },
  ELOOP: () => {
    const path = instead((file) => symlinkSync('/etc/hostname', file));
    expect(outcomeOf(() => Mutex.open(path))).toEqual(refused('ELOOP', 'shm_open', { path }, /symbolic/));
  },
  ENAMETOOLONG: () => {
    const outcome = outcomeOf(() => Mutex.open(tooLong));
    expect(outcome).toEqual(refused('ENAMETOOLONG', 'shm_open', { path: tooLong }));
  },
  ENOENT: () => {
    const path = uniqueName();
    expect(outcomeOf(() => Mutex.open(path))).toEqual(refused('ENOENT', 'shm_open', { path }));
  },
  EPERM: needs('another user', async () => {
    const path = name();
    await attempt({ user: nobody }, ({ Mutex }, path) => Mutex.create(path, { mode: 0o666 }).created, path);
    expect(outcomeOf(() => Mutex.open(path))).toEqual(refused('EPERM', 'shm_open', { path }, /owner: 'any'/));
  }),
  EPROTO: () => {
    const fifo = instead((file) => execFileSync('mkfifo', [file]));
    const longer = name();
    SharedMemory.create(longer, { size: 8192 }).close();
    for (const path of [fifo, longer]) {
      const outcome = outcomeOf(() => Mutex.open(path));
      expect(outcome).toEqual(refused('EPROTO', 'shm_open', { path }, /FIFO.*another size/));
    }
  },
});

covers('mmap, of a lock', {
  EBADMSG: () => {
    const path = name();
    closing(Barrier.create(path, { parties: 2 }));
    using memory = SharedMemory.open(path);
    memory.view(Int32Array)[5] = 1000;
    expect(outcomeOf(() => Barrier.open(path))).toEqual(refused('EBADMSG', 'mmap', { path }, /written/));
  },
  EEXIST: () => {
    const path = name();
    using memory = SharedMemory.create(path, { size: 4096 });
    Mutex.create({ memory, offset: 0 });
    const outcome = outcomeOf(() => Mutex.create({ memory, offset: 0 }));
    expect(outcome).toEqual(refused('EEXIST', 'mmap', { path }, /openOrCreate/));
  },
  ENOMEM: async () => {
    const path = present();
    const outcome = await attempt({ inject: 'mmap:error=ENOMEM:when=1', on: `/dev/shm${path}` }, open, path);
    expect(outcome).toEqual(refused('ENOMEM', 'mmap', { path }, /max_map_count/));
  },
  EPROTO: () => {
    const path = present();
    expect(outcomeOf(() => RwLock.open(path))).toEqual(refused('EPROTO', 'mmap', { path }, /of this kind/));
    const barrier = name();
    closing(Barrier.create(barrier, { parties: 2 }));
    const outcome = outcomeOf(() => Barrier.openOrCreate(barrier, { parties: 3 }));
    expect(outcome).toEqual(refused('EPROTO', 'mmap', { path: barrier }, /number of parties/));
  },
});

covers('fcntl, of a lock', {
  EAGAIN: () => {
    const path = name();
    const handles = Array.from({ length: 252 }, () => Mutex.openOrCreate(path));
    expect(outcomeOf(() => Mutex.open(path))).toEqual(refused('EAGAIN', 'fcntl', { path }, /all 252 seats/));
    for (const handle of handles) handle.close();
  },
  EBUSY: needs('python3', async () => {
    const path = name();
    using memory = SharedMemory.create(path, { size: 4096 });
    const holder = start(python, [fixture('sync/lock-byte.py'), `/dev/shm${path}`, '0']);
    await holder.printed('locked');
    const outcome = outcomeOf(() => Mutex.create({ memory, offset: 0 }));
    expect(outcome).toEqual(refused('EBUSY', 'fcntl', { path }, /who creates/));
  }),
  ENOLCK: async () => {
    const path = present();
    const inject = 'fcntl:error=ENOLCK:when=1';
    const outcome = await attempt({ inject, on: `/dev/shm${path}` }, open, path);
    expect(outcome).toEqual(refused('ENOLCK', 'fcntl', { path }, /no memory/));
  },
});
