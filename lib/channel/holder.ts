import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Kind } from '../native.js';
import { readerWord, writerWord } from './layout.js';
import type { Segment } from './side.js';

const seatShift = 20;
const seatMask = 1023;
const seatsWord = 16;
const wordsOfSeat = 4;
const pidWord = 2;
/** In the file: the byte of seat 0. */
const firstSeatByte = 1;

/** Who sits on the only seat, for a message to people; nothing is decided by it. */
export function holderOf({ subject, words, kind }: Segment, writes: boolean): string {
  const path = subject.path as string;
  const owner = Atomics.load(words, writes ? writerWord : readerWord);
  const seat = ((owner >>> seatShift) & seatMask) - 1;
  const pid = words[seatsWord + seat * wordsOfSeat + pidWord];
  const role = writes ? 'writer' : 'reader';
  if (seat < 0 || pid === undefined) return `another ${role} sits there`;
  const claim = holds(pid, path, firstSeatByte + seat)
    ? `process ${pid}`
    : `a process that claims to be ${pid}`;
  const more = kind === Kind.channel ? `; a channel made with { ${role}s: 'many' } takes more` : '';
  return `${claim} is its ${role}${more}`;
}

/** Whether that process has the byte locked: proc_pid_fdinfo(5) names the locks of each descriptor. */
function holds(pid: number, path: string, byte: number): boolean {
  try {
    const { ino } = statSync(`/dev/shm${path}`);
    const folder = `/proc/${pid}/fdinfo`;
    const lock = new RegExp(`^lock:.*:${ino} ${byte} ${byte}$`, 'm');
    return readdirSync(folder).some((name) => lock.test(readFileSync(`${folder}/${name}`, 'latin1')));
  } catch {
    return false;
  }
}
