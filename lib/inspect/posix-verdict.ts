import { lstatSync } from 'node:fs';
import type { FileLock } from './file-locks.js';
import { blockSize, decodeLock, type LockSeat } from './lock-header.js';
import { head } from './posix-file.js';
import { startOf } from './process.js';
import { describeUser } from './processes.js';
import type { PosixRecord, PosixSharedMemoryRecord } from './record.js';
import type { Facts, Judgement } from './verdict.js';

export function judgePosix(object: PosixRecord, facts: Facts): Judgement {
  const uses = usesOf(object, facts);
  if (uses.length > 0) return { verdict: 'in use', evidence: uses };

  // Before the processes that could not be read: the seats and those that took them are known without.
  const lock = object.kind === 'posix-shm' ? lockIn(object, facts) : undefined;
  if (lock?.dead) return { verdict: 'orphan', evidence: lock.evidence };

  const doubts = doubtsAbout(object, facts);
  if (doubts.length > 0) return { verdict: 'unknown', evidence: [...doubts, ...(lock?.evidence ?? [])] };
  const stray = strayEvidence(object, facts);
  if (stray !== undefined) return { verdict: 'orphan', evidence: [nobody, stray] };
  return { verdict: 'unclaimed', evidence: [nobody, ...(lock?.evidence ?? [anonymous])] };
}

const nobody = 'no process that is seen here has it mapped or open';
const anonymous = 'the kernel keeps who owns it, but not which process made it';

function usesOf(object: PosixRecord, { survey, locks }: Facts): string[] {
  const uses = (survey.usersOf(object) ?? []).map(describeUser);
  if (object.kind === 'posix-mq' && object.notifies)
    uses.push(`process ${object.notifies} is registered for its notification`);
  if (uses.length === 0) uses.push(...(locks ?? []).filter(isOf(object)).map(describeLock));
  return uses;
}

const isOf = (object: PosixRecord) => (lock: FileLock) => lock.dev === object.dev && lock.ino === object.ino;
const describeLock = ({ first, last }: FileLock) =>
  `a process that could not be looked into has bytes ${first} to ${last} of it locked`;

function doubtsAbout({ dev, ino }: PosixRecord, { survey, hidden }: Facts): string[] {
  const doubts: string[] = [];
  if (dev === undefined || ino === undefined) doubts.push('its inode could not be read');
  if (survey.unreadable > 0) doubts.push(`processes that could not be looked into: ${survey.unreadable}`);
  if (hidden) doubts.push('/proc hides the processes of other users (hidepid)');
  return doubts;
}

/**
 * A lock with a name is a segment of one block. It is dead if somebody has taken a seat, nobody holds one, and none of
 * those that did is left: a process that is just about to take its first seat has written none of the names.
 */
function lockIn({ path, ino, size }: PosixSharedMemoryRecord, { locks }: Facts) {
  const bytes = size === blockSize ? head(Buffer.from(path), blockSize, ino) : undefined;
  const header = bytes && decodeLock(bytes);
  if (header === undefined) return undefined;
  const { kind, seats, taken } = header;
  const evidence = [
    `it is a ${kind} of this library`,
    locks === undefined
      ? 'whether a seat of it is held is not known: /proc/locks could not be read'
      : `none of its ${seats} seats is held: no byte of it is locked`,
    ...(taken.length === 0 ? ['no process has ever taken a seat'] : taken.map(describeSeat)),
  ];
  const dead = locks !== undefined && taken.length > 0 && taken.every((seat) => fateOf(seat) === 'gone');
  return { dead, evidence };
}

const greatestPid = 2 ** 22;

function fateOf({ pid, start }: LockSeat): 'gone' | 'alive' | 'not known' {
  if (pid < 1 || pid > greatestPid) return 'not known';
  try {
    const begun = startOf(pid);
    return begun !== undefined && begun >>> 0 === start ? 'alive' : 'gone';
  } catch {
    return 'not known';
  }
}

function describeSeat(seat: LockSeat): string {
  const end = seat.occupied ? 'which did not leave it' : 'which left it';
  return `seat ${seat.seat}: process ${seat.pid}, begun at tick ${seat.start}, ${end}, is ${fateOf(seat)}`;
}

/**
 * What sem_open(3) was killed over: it writes `sem.` and six characters, links that to the name and unlinks it. A
 * semaphore may bear such a name itself; it is never empty, and its file has one link.
 */
function strayEvidence(object: PosixRecord, { semaphores }: Facts): string | undefined {
  if (object.kind !== 'posix-sem' || !isTemporary(object)) return undefined;
  try {
    const { size, nlink } = lstatSync(object.path);
    if (size === 0) return 'sem_open(3) was ended before it had written this temporary file';
    const others = semaphores.get(`${object.dev} ${object.ino}`)?.filter(({ name }) => name !== object.name);
    if (nlink !== 2 || others?.length !== 1 || isTemporary(others[0])) return undefined;
    return `sem_open(3) was ended before it had unlinked this temporary name of ${others[0].name}`;
  } catch {
    return undefined;
  }
}

const isTemporary = ({ name }: PosixRecord) => /^\/[A-Za-z0-9]{6}$/.test(name);
