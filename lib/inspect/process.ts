import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { deviceNumber } from './device.js';

export type Access = 'none' | 'read' | 'write' | 'readWrite';

/** One map or one descriptor of a process: the inode behind it, and what the process can do to it. */
export interface Use {
  how: 'map' | 'descriptor';
  dev: number;
  ino: number;
  path: string;
  access: Access;
}

export function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** How the process was called; a kernel thread, which was not, gives its name in brackets. */
export function command(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0+$/, '').replaceAll('\0', ' ');
  return words || `[${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()}]`;
}

export const ipcNamespace = (pid: number | 'self'): string => readlinkSync(`/proc/${pid}/ns/ipc`);

// proc_pid_maps(5): `7f5b-7f5c rw-s 00000000 00:1b 3   /dev/shm/ring`
const mapLine = /^\S+ (\S{4}) \S+ (\S+) (\d+) *(.*)$/;

export function mappings(pid: number): Use[] {
  const uses: Use[] = [];
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, rights, device, ino, path] = mapLine.exec(line) ?? [];
    if (ino === undefined || path === '') continue;
    const shared = rights[3] === 's';
    const access = accessOf(rights[0] === 'r', shared && rights[1] === 'w');
    uses.push({ how: 'map', dev: deviceNumber(device, 16), ino: Number(ino), path, access });
  }
  return uses;
}

export function descriptors(pid: number): Use[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder)
    .map((fd) => descriptor(`${folder}/${fd}`))
    .filter((use) => use !== undefined);
}

function descriptor(link: string): Use | undefined {
  try {
    const path = readlinkSync(link);
    if (/^(socket|pipe|anon_inode):/.test(path)) return undefined;
    const { dev, ino } = statSync(link);
    // The link's own permission bits tell how the descriptor was opened: proc_pid_fd(5).
    const { mode } = lstatSync(link);
    return {
      how: 'descriptor',
      dev,
      ino,
      path,
      access: accessOf((mode & 0o400) !== 0, (mode & 0o200) !== 0),
    };
  } catch {
    // Closed meanwhile, or of a file system that refuses stat(2): ours never do.
    return undefined;
  }
}

const accessOf = (read: boolean, write: boolean): Access =>
  read ? (write ? 'readWrite' : 'read') : write ? 'write' : 'none';

/** What a process can do that has a thing in both ways. */
export function union(one: Access, other: Access): Access {
  const either = [one, other];
  const can = (what: Access) => either.includes(what) || either.includes('readWrite');
  return accessOf(can('read'), can('write'));
}

const kernelThread = 0x00200000; // PF_KTHREAD in the kernel's sched.h

/** Whether a process has no memory and no descriptors of its own, and so holds nothing. */
export function holdsNothing(pid: number): boolean {
  const { state, flags } = stat(pid);
  return state === 'Z' || state === 'X' || (flags & kernelThread) !== 0;
}

/**
 * When the process of this number began, in clock ticks after boot. `undefined`: there is none, or only its exit status.
 * Throws where there is one, and /proc does not show it to this process.
 */
export function startOf(pid: number): number | undefined {
  try {
    const { state, threads, start } = stat(pid);
    // Where only the first thread has ended, the process goes on.
    return (state === 'Z' || state === 'X') && threads <= 1 ? undefined : start;
  } catch (error) {
    if (exists(pid)) throw error;
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    return startOf(pid) !== undefined;
  } catch {
    return true;
  }
}

/** Whether /proc shows this user his own processes only, so that nobody can count those that it hides. */
export function hidesProcesses(): boolean {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  return (
    process.geteuid?.() !== 0 && /^(?:\S+ ){4}\/proc .*\bhidepid=(?:2|4|invisible|ptraceable)\b/m.test(mounts)
  );
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// proc_pid_stat(5). The name in parentheses may hold spaces and parentheses itself.
function stat(pid: number) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { state: fields[0], flags: field(9), threads: field(20), start: field(22) };
}
