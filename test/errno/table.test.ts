import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../helpers/markdown.js';
import { type Row, table } from './table.js';

/** What the manuals list, by the call or the family of calls. */
const listed: Readonly<Record<string, string>> = {
  mq_open: 'EACCES EEXIST EINVAL EMFILE ENAMETOOLONG ENFILE ENOENT ENOMEM ENOSPC',
  'mq_send, mq_timedsend': 'EAGAIN EBADF EINTR EINVAL EMSGSIZE ETIMEDOUT',
  'mq_receive, mq_timedreceive': 'EAGAIN EBADF EINTR EINVAL EMSGSIZE ETIMEDOUT',
  mq_notify: 'EBADF EBUSY EINVAL ENOMEM',
  mq_unlink: 'EACCES ENAMETOOLONG ENOENT',
  sem_unlink: 'EACCES ENAMETOOLONG ENOENT',
  sem_open: 'EACCES EEXIST EINVAL EMFILE ENAMETOOLONG ENFILE ENOENT ENOMEM',
  'sem_wait, sem_trywait, sem_timedwait': 'EAGAIN EINTR EINVAL ETIMEDOUT',
  sem_post: 'EINVAL EOVERFLOW',
  shm_open: 'EACCES EEXIST EINVAL EMFILE ENAMETOOLONG ENFILE ENOENT',
  mmap: 'EACCES EAGAIN EBADF EINVAL ENFILE ENODEV ENOMEM EOVERFLOW EPERM',
  shmget: 'EACCES EEXIST EINVAL ENFILE ENOENT ENOMEM ENOSPC EPERM',
  shmat: 'EACCES EIDRM EINVAL ENOMEM',
  shmdt: 'EINVAL',
  shmctl: 'EACCES EFAULT EIDRM EINVAL ENOMEM EOVERFLOW EPERM',
  msgget: 'EACCES EEXIST ENOENT ENOMEM ENOSPC',
  msgsnd: 'EACCES EAGAIN EFAULT EIDRM EINTR EINVAL ENOMEM',
  msgrcv: 'E2BIG EACCES EFAULT EIDRM EINTR EINVAL ENOMSG ENOSYS',
  msgctl: 'EACCES EFAULT EIDRM EINVAL EPERM',
  semget: 'EACCES EEXIST EINVAL ENOENT ENOMEM ENOSPC',
  'semop, semtimedop': 'E2BIG EACCES EAGAIN EFAULT EFBIG EIDRM EINTR EINVAL ENOMEM ERANGE',
  semctl: 'EACCES EFAULT EIDRM EINVAL EPERM ERANGE',
  pthread_mutex_init: 'EAGAIN EINVAL ENOMEM EPERM',
  'pthread_mutex_lock, pthread_mutex_timedlock': 'EAGAIN EDEADLK EINVAL ENOTRECOVERABLE EOWNERDEAD ETIMEDOUT',
  pthread_mutex_consistent: 'EINVAL',
  pthread_mutex_unlock: 'EPERM',
  'pthread_rwlock_rdlock, pthread_rwlock_wrlock': 'EAGAIN EDEADLK EINVAL ETIMEDOUT',
  pthread_rwlock_unlock: 'EPERM',
  pthread_cond_wait: 'EINVAL EPERM ETIMEDOUT',
  pthread_barrier_wait: 'EINVAL',
  posix_fallocate: 'EFBIG EINTR ENOSPC',
};

describe('the table', () => {
  test.each(Object.entries(listed))('has every errno that the manual of %s lists', (call, codes) => {
    expect(table[call]?.map(({ code }) => code)).toEqual(expect.arrayContaining(codes.split(' ')));
  });

  test.each(Object.entries(table))('lists each errno of %s once', (_call, rows) => {
    const codes = rows.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test('has a file of tests for every call', () => {
    const here = import.meta.dirname;
    const tests = readdirSync(here).filter((file) => file.endsWith('.test.ts') && file !== 'table.test.ts');
    const text = tests.map((file) => readFileSync(join(here, file), 'utf8')).join('');
    const covered = [...text.matchAll(/^covers\('([^']+)'/gm)].map(([, call]) => call);
    expect(covered.sort()).toEqual(Object.keys(table).sort());
  });

  test('is what docs/errors.md shows (UPDATE_DOCS=1 writes it there)', () => {
    const page = join(root, 'docs/errors.md');
    const [before, , after] = readFileSync(page, 'utf8').split(/^<!-- (?:\/)?table -->\n/m);
    const expected = `${before}<!-- table -->\n${tables()}<!-- /table -->\n${after}`;
    if (process.env.UPDATE_DOCS) writeFileSync(page, expected);
    expect(readFileSync(page, 'utf8')).toBe(expected);
  });
});

function tables(): string {
  return Object.entries(table)
    .map(([call, rows]) => `\n### ${call}\n\n| | in the tests | |\n|---|---|---|\n${rows.map(line).join('')}`)
    .concat('\n')
    .join('');
}

const line = ({ code, how, when }: Row) => `| \`${code}\` | ${how} | ${when.replaceAll('|', '\\|')} |\n`;
