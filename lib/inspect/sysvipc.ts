import { readFileSync } from 'node:fs';
import type { SysvMessageQueueRecord, SysvSemaphoreSetRecord, SysvSharedMemoryRecord } from './record.js';

// Bits of the mode column beside the permissions: shmctl(2).
const SHM_DEST = 0o1000;
const SHM_LOCKED = 0o2000;

export function sharedMemory(path: string): SysvSharedMemoryRecord[] {
  return rows(path).map((row) => ({
    kind: 'sysv-shm',
    ...common(row, 'shmid'),
    size: row.number('size'),
    attached: row.number('nattch'),
    creatorPid: row.number('cpid'),
    lastPid: row.number('lpid'),
    attachTime: row.time('atime'),
    detachTime: row.time('dtime'),
    removed: (row.mode & SHM_DEST) !== 0,
    locked: (row.mode & SHM_LOCKED) !== 0,
    resident: row.number('rss'),
    swapped: row.number('swap'),
  }));
}

export function semaphoreSets(path: string): SysvSemaphoreSetRecord[] {
  return rows(path).map((row) => ({
    kind: 'sysv-sem',
    ...common(row, 'semid'),
    count: row.number('nsems'),
    operateTime: row.time('otime'),
  }));
}

export function messageQueues(path: string): SysvMessageQueueRecord[] {
  return rows(path).map((row) => ({
    kind: 'sysv-msg',
    ...common(row, 'msqid'),
    length: row.number('qnum'),
    bytes: row.number('cbytes'),
    lastSendPid: row.number('lspid'),
    lastReceivePid: row.number('lrpid'),
    sendTime: row.time('stime'),
    receiveTime: row.time('rtime'),
  }));
}

function common(row: Row, id: string) {
  return {
    key: row.number('key') >>> 0, // printed as a signed number there
    id: row.number(id),
    mode: row.mode & 0o777,
    uid: row.number('uid'),
    gid: row.number('gid'),
    creatorUid: row.number('cuid'),
    creatorGid: row.number('cgid'),
    changed: new Date(row.number('ctime') * 1000),
  };
}

/** One line of a table of /proc/sysvipc, its values found by the names in the table's first line. */
class Row {
  constructor(
    private readonly columns: string[],
    private readonly values: string[],
  ) {}

  get mode(): number {
    return Number.parseInt(this.values[this.columns.indexOf('perms')], 8);
  }

  number(column: string): number {
    return Number(this.values[this.columns.indexOf(column)]);
  }

  /** Zero is the kernel's word for never. */
  time(column: string): Date | undefined {
    const seconds = this.number(column);
    return seconds === 0 ? undefined : new Date(seconds * 1000);
  }
}

function rows(path: string): Row[] {
  const [columns, ...lines] = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim().split(/\s+/));
  return lines.map((values) => new Row(columns, values));
}
