import { sysv } from 'posix-ipc';
import { expect } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { attached, robustMutex } from '../helpers/objects.js';
import { runFixture } from '../helpers/program.js';
import { ipcError } from '../helpers/thrown.js';
import { withPeerInC } from './peers.js';

leaveNothing();

withPeerInC('robust-mutex', (peer, test) => {
  test(`${peer.language} and we exclude each other`, async () => {
    const memory = attached();
    const [offset, count] = ['64', '20000'];
    sysv.RobustMutex.create({ memory, offset: Number(offset) });
    const [, ours] = await Promise.all([
      peer.lines('increment', memory.id, offset, count),
      runFixture('sysv/increment-under-mutex.mjs', [String(memory.id), offset, count]),
    ]);
    expect(ours).toMatchObject({ code: 0, stderr: '' });
    expect(memory.view(Int32Array)[0]).toBe(40_000);
  });

  test(`the death of ${peer.language} is told to us`, async () => {
    const mutex = robustMutex();
    const program = peer.start('hold', mutex.memory.id, 0);
    await program.printed('locked');
    expect(mutex.tryLock()).toBe(undefined);
    program.child.kill('SIGKILL');
    const guard = mutex.lockSync();
    expect(guard.ownerDied).toBe(true);
    guard.makeConsistent();
    guard.unlock();
    expect(await peer.lines('inherit', mutex.memory.id, 0)).toEqual(['locked']);
  });

  test(`our death is told to ${peer.language}, who can make it consistent, or not`, async () => {
    const mutex = robustMutex();
    const die = () => runFixture('sysv/die-with-mutex.mjs', [String(mutex.memory.id), '0']);
    expect((await die()).signal).toBe('SIGKILL');
    expect(await peer.lines('inherit', mutex.memory.id, 0)).toEqual(['owner died']);
    mutex.lockSync().unlock();
    expect((await die()).signal).toBe('SIGKILL');
    expect(await peer.lines('spoil', mutex.memory.id, 0)).toEqual(['owner died']);
    expect(() => mutex.lockSync()).toThrow(ipcError('ENOTRECOVERABLE', 'pthread_mutex_lock'));
  });
});
