import { expect } from 'vitest';
import { at, made, pair, words } from '../channel/made.js';
import { attempt, type Ipc, outcomeOf, refused } from '../helpers/attempt.js';
import { covers, needs } from './covers.js';

const roles = ['writer', 'reader'] as const;

covers('writer, reader', {
  EAGAIN: () => {
    const { path, channel } = made({ writers: 'many', readers: 'many' });
    for (let count = 0; count < 252; count++) channel.reader();
    for (const role of roles)
      expect(outcomeOf(() => channel[role]())).toEqual(refused('EAGAIN', role, { path }, /all 252 seats/));
  },
  EBADF: () => {
    const { path, channel } = made();
    channel.close();
    for (const role of roles)
      expect(outcomeOf(() => channel[role]())).toEqual(refused('EBADF', role, { path }));
  },
  EBADMSG: () => {
    const { path, channel } = made();
    for (const role of roles) {
      words(path)[at[role]] = 300 << 20;
      expect(outcomeOf(() => channel[role]())).toEqual(refused('EBADMSG', role, { path }, /written into/));
    }
  },
  EBUSY: () => {
    const { path, channel } = pair();
    for (const role of roles) {
      const hint = new RegExp(`process ${process.pid} is its ${role}`);
      expect(outcomeOf(() => channel[role]())).toEqual(refused('EBUSY', role, { path }, hint));
    }
  },
  EMFILE: needs('no sanitizer', async () => {
    const { path } = made();
    const outcome = await attempt(
      { limits: { nofile: 100 } },
      ({ Channel }, path) => {
        const channel = Channel.open(path);
        const { closeSync, openSync } = process.getBuiltinModule('node:fs');
        const files: number[] = [];
        try {
          for (;;) files.push(openSync('/dev/null', 'r'));
        } catch {}
        try {
          channel.writer();
        } finally {
          closeSync(files.pop() as number);
        }
      },
      path,
    );
    expect(outcome).toEqual(refused('EMFILE', 'writer', { path }, /RLIMIT_NOFILE/));
  }),
  ENOLCK: async () => {
    const { path } = made();
    const body = ({ Channel }: Ipc, path: string) => {
      Channel.open(path).writer();
    };
    const inject = 'fcntl:error=ENOLCK:when=1';
    const outcome = await attempt({ inject, on: `/dev/shm${path}` }, body, path);
    expect(outcome).toEqual(refused('ENOLCK', 'writer', { path }));
  },
});

covers('commit, abort', {
  EBADF: () => {
    const { path, writer } = pair();
    writer.close();
    for (const end of ['commit', 'abort'] as const)
      expect(outcomeOf(() => writer[end](8200))).toEqual(refused('EBADF', end, { path }));
  },
  EINVAL: () => {
    const { path, writer } = pair();
    for (const end of ['commit', 'abort'] as const)
      expect(outcomeOf(() => writer[end](8200))).toEqual(refused('EINVAL', end, { path }, /no such claim/));
  },
});

covers('release, putBack, bytes', {
  EINVAL: () => {
    const { path, writer, reader } = pair();
    writer.trySend('x');
    const lease = reader.leaseSync();
    lease.release();
    for (const call of ['release', 'putBack'] as const)
      expect(outcomeOf(() => lease[call]())).toEqual(refused('EINVAL', call, { path }, /has ended/));
    expect(outcomeOf(() => lease.bytes[0])).toEqual(refused('EINVAL', 'bytes', { path }, /has ended/));
  },
});

covers('close, of a channel', {
  EBUSY: () => {
    const { path, channel, writer, reader } = pair();
    const expected = refused('EBUSY', 'close', { path }, /end it first/);
    const both = (side: { close(): void }) =>
      [side, channel].map((handle) => outcomeOf(() => handle.close()));
    const offset = writer.tryClaim(1) as number;
    expect(both(writer)).toEqual([expected, expected]);
    writer.commit(offset);
    const lease = reader.leaseSync();
    expect(both(reader)).toEqual([expected, expected]);
    lease.putBack();
    reader.drain(() => expect(both(reader)).toEqual([expected, expected]));
  },
});
