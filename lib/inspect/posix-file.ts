import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
} from 'node:fs';

/** A directory entry; `stats` is undefined where the kernel tells nothing but the name. */
export interface Entry {
  name: string;
  /** The path as bytes: a name need not be UTF-8. */
  path: Buffer;
  stats: Stats | undefined;
}

/** The regular files of a folder, without any that go while it is read. */
export function regularFiles(folder: string): Entry[] {
  return readdirSync(folder, { encoding: 'buffer' })
    .map((name) => entry(Buffer.concat([Buffer.from(`${folder}/`), name]), name.toString()))
    .filter((file) => file !== undefined)
    .filter((file) => file.stats?.isFile() ?? true);
}

function entry(path: Buffer, name: string): Entry | undefined {
  try {
    return { name, path, stats: lstatSync(path) };
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return gone ? undefined : { name, path, stats: undefined };
  }
}

/** What the file of each POSIX object tells, whatever its kind. */
export function common(name: string, { path, stats }: Entry) {
  return {
    name: `/${name}`,
    path: path.toString(),
    dev: stats?.dev,
    ino: stats?.ino,
    mode: stats && stats.mode & 0o7777,
    uid: stats?.uid,
    gid: stats?.gid,
    modified: stats?.mtime,
  };
}

/** The first bytes of a file, or undefined if it may not be read, or has by now another inode than the one given. */
export function head(path: Buffer, length: number, ino?: number): Buffer | undefined {
  let fd: number | undefined;
  try {
    // Between lstat and open the name may have come to mean a FIFO or a link to elsewhere.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (ino !== undefined && fstatSync(fd).ino !== ino) return undefined;
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, 0));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
