import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { run } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

const main = fileURLToPath(new URL('../../dist/cli/demo/main.js', import.meta.url));

// In the order in which they have to be made, whoever of the three processes makes them.
// NAME is `posix-ipc-demo-PID`, KEY the System V key, ITEM the first bytes of item 1, SEMOP semop or semtimedop:
// which of the two a semop(3) makes depends on the C library and the machine.
const textbook = {
  'posix-shm': [
    'openat(*, "/dev/shm/NAME-ring", *O_CREAT|O_EXCL*, 0600) = FD',
    'fallocate(FD</dev/shm/NAME-ring>, 0, 0, 640) = 0',
    'mmap(NULL, 640, PROT_READ|PROT_WRITE, MAP_SHARED, FD</dev/shm/NAME-ring>, 0) = ADDRESS',
    'link("/dev/shm/sem.*", "/dev/shm/sem.NAME-empty") = 0',
    'link("/dev/shm/sem.*", "/dev/shm/sem.NAME-full") = 0',
    'openat(*, "/dev/shm/NAME-ring", O_RDWR*) = FD',
    'mmap(NULL, 640, PROT_READ|PROT_WRITE, MAP_SHARED, FD</dev/shm/NAME-ring>, 0) = ADDRESS',
    'openat(*, "/dev/shm/sem.NAME-empty", O_RDWR*) = FD',
    'mmap(NULL, 32, PROT_READ|PROT_WRITE, MAP_SHARED, FD</dev/shm/sem.NAME-empty>, 0) = ADDRESS',
    'munmap(ADDRESS, 640) = 0',
    'unlink("/dev/shm/NAME-ring") = 0',
    'unlink("/dev/shm/sem.NAME-empty") = 0',
    'unlink("/dev/shm/sem.NAME-full") = 0',
  ],
  'posix-mq': [
    'mq_open("NAME-queue", *O_CREAT|O_EXCL*, 0600, {mq_flags=0, mq_maxmsg=10, mq_msgsize=64*}) = FD',
    'mq_open("NAME-queue", O_WRONLY*) = FD',
    'mq_timedsend(FD</NAME-queue>, "ITEM"..., 64, 0, NULL) = 0',
    'mq_timedreceive(FD</NAME-queue>, "ITEM"..., 64, *, NULL) = 64',
    'mq_unlink("NAME-queue") = 0',
  ],
  'sysv-shm': [
    'shmget(KEY, 640, IPC_CREAT|IPC_EXCL|0600) = ID',
    'semget(KEY, 2, IPC_CREAT|IPC_EXCL|0600) = ID',
    'SEMOP(ID, [{sem_num=0, sem_op=10, sem_flg=0}], 1*) = 0',
    'shmget(KEY, *) = ID',
    'shmat(ID, NULL, 0) = ADDRESS',
    'semget(KEY, *) = ID',
    'SEMOP(ID, [{sem_num=0, sem_op=-1, sem_flg=0}], 1*) = 0',
    'SEMOP(ID, [{sem_num=1, sem_op=1, sem_flg=0}], 1*) = 0',
    'SEMOP(ID, [{sem_num=1, sem_op=-1, sem_flg=0}], 1*) = 0',
    'SEMOP(ID, [{sem_num=0, sem_op=1, sem_flg=0}], 1*) = 0',
    'shmdt(ADDRESS) = 0',
    'shmctl(ID, IPC_RMID, *) = 0',
    'semctl(ID, 0, IPC_RMID, *) = 0',
  ],
  'sysv-msg': [
    'msgget(KEY, IPC_CREAT|IPC_EXCL|0600) = ID',
    'msgctl(ID, IPC_SET, {*msg_qbytes=640*}) = 0',
    'msgget(KEY, 0*) = ID',
    'msgsnd(ID, {*"ITEM"...}, 64, 0) = 0',
    'msgrcv(ID, {*"ITEM"...}, 64, 0, 0) = 64',
    'msgctl(ID, IPC_RMID, *) = 0',
  ],
};
const calls = 'trace=ipc,/^mq_,openat,link,unlink,ftruncate,fallocate,mmap,munmap,futex';

for (const [mechanism, expected] of Object.entries(textbook)) {
  testWith('strace')(`${mechanism} makes the calls of the textbooks, in their order`, async () => {
    const log = join(tmpdir(), `posix-ipc-${process.pid}-${mechanism}.strace`);
    onTestFinished(() => rmSync(log, { force: true }));
    const demo = [process.execPath, main, '--items', '50', '--mechanism', mechanism, '--json'];
    const { code, stdout, stderr } = await run('strace', ['-f', '-y', '-o', log, '-e', calls, ...demo]);
    expect([code, stderr]).toEqual([0, '']);

    const { tag, key } = JSON.parse(stdout);
    const trace = merged(readFileSync(log, 'utf8'));
    let from = 0;
    for (const call of expected) {
      const pattern = patternOf(call, tag, key);
      const at = trace.findIndex((line, number) => number >= from && pattern.test(line));
      expect(
        at,
        `${call}\nis missing after line ${from} of\n${relevant(trace, tag, key)}`,
      ).toBeGreaterThanOrEqual(0);
      from = at + 1;
    }
  });
}

/** Lines of the log, with a call that another process interrupted put together where it began. */
function merged(log: string): string[] {
  const lines: string[] = [];
  const open = new Map<string, number>();
  for (const line of log.split('\n')) {
    const [, pid, text] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text === undefined) continue;
    const unfinished = / <unfinished \.\.\.>$/;
    const resumed = /^<\.\.\. \w+ resumed>/;
    const began = open.get(pid);
    if (unfinished.test(text)) open.set(pid, lines.push(text.replace(unfinished, '')) - 1);
    else if (began !== undefined && resumed.test(text)) lines[began] += text.replace(resumed, '');
    else lines.push(text);
  }
  return lines;
}

function patternOf(call: string, tag: string, key: string): RegExp {
  const escaped = call.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  const source = escaped
    .replaceAll('SEMOP', 'sem(?:timed)?op')
    .replaceAll('NAME', tag)
    .replaceAll('KEY', key)
    .replace(/\bFD\b/g, '\\d+')
    .replace(/\bID\b/g, '\\d+')
    .replaceAll('ADDRESS', '0x[0-9a-f]+')
    .replaceAll('ITEM', String.raw`\\1\\0\\0\\0(?:[^"\\]|\\.)*`)
    .replaceAll(' = ', ' += ');
  return new RegExp(`^${source}`);
}

const relevant = (trace: string[], tag: string, key: string) =>
  trace
    .filter((line) => line.includes(tag) || line.includes(key) || /^(mq|shm|sem|msg)/.test(line))
    .join('\n');
