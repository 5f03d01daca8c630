import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { inspect, MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leaveNothing, watchId } from '../helpers/leftovers.js';
import { uniqueKey, uniqueName } from '../helpers/names.js';
import { name as newName, temporary } from '../helpers/objects.js';
import { fixture, runFixture, start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';
import { until } from '../helpers/until.js';
import { alone, asNobody, leakOf, verdictElsewhere, verdictOn } from '../helpers/verdicts.js';

leaveNothing();

/** What a process made before it was killed: the pid, and the id of a System V object. */
async function left(kind: string, name: string | number): Promise<{ id: number }> {
  const { signal, stdout, stderr } = await runFixture('inspect/leave.mjs', [kind, String(name)]);
  expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
  return { id: Number(stdout) };
}

const shell = (command: string | undefined) => execFileSync('sh', ['-c', command ?? 'exit 1']);

describe('what a killed process left', () => {
  const paths = { 'posix-shm': '/dev/shm/', 'posix-sem': '/dev/shm/sem.', 'posix-mq': '/dev/mqueue/' };
  for (const kind of ['posix-shm', 'posix-sem', 'posix-mq'] as const) {
    testWith('unshare', 'mqueue')(`${kind} is unclaimed, with the command that removes it`, async () => {
      const name = newName();
      await left(kind, name);

      const path = `${paths[kind]}${name.slice(1)}`;
      const leak = await verdictElsewhere(alone, 'name', name);
      expect(leak).toEqual({
        object: expect.objectContaining({ kind, name }),
        verdict: 'unclaimed',
        evidence: [
          'no process that is seen here has it mapped or open',
          'the kernel keeps who owns it, but not which process made it',
        ],
        remove: `rm -- ${path}`,
      });
      expect(existsSync(path)).toBe(true);
      shell(leak.remove);
      expect(existsSync(path)).toBe(false);
    });
  }

  test.each([
    ['sysv-shm', 'shm', 'ipcrm -m', /^its creator, process \d+, is gone$/],
    ['sysv-sem', 'sem', 'ipcrm -s', /^the process that changed it last, process \d+, is gone$/],
    ['sysv-msg', 'msg', 'ipcrm -q', /^its last sender or receiver, process \d+, is gone$/],
  ] as const)('%s is unclaimed, with the command that removes it', async (kind, short, remove, why) => {
    const { id } = await left(kind, uniqueKey());
    watchId(short, id);

    const leak = leakOf([kind, id]);
    expect(leak).toMatchObject({ object: { kind, id }, verdict: 'unclaimed', remove: `${remove} ${id}` });
    expect(leak?.evidence).toContainEqual(expect.stringMatching(why));
    shell(leak?.remove);
    expect(inspect.verdicts().verdicts.some(({ object }) => 'id' in object && object.id === id)).toBe(false);
  });

  test('a removed segment is an orphan as long as others have it attached', async () => {
    const segment = sysv.SharedMemory.create(uniqueKey(), { size: 4096 });
    watchId('shm', segment.id);
    const words = JSON.stringify([['sysv-shm', segment.id]]);
    const holder = start(process.execPath, [fixture('inspect/hold.mjs'), words]);
    await holder.printed('holding');
    segment.remove();

    const leak = leakOf(['sysv-shm', segment.id]);
    expect(leak).toMatchObject({ verdict: 'orphan', remove: undefined });
    expect(leak?.evidence.join('\n')).toMatch(
      new RegExp(`IPC_RMID.*\n.* 1 times\n.*process ${holder.pid} \\(`),
    );
    holder.child.kill('SIGKILL');
    await holder.ended;
    expect(leakOf(['sysv-shm', segment.id])).toBe(undefined);
  });

  test('orphans come before what is unclaimed', async () => {
    const { id } = await left('sysv-msg', uniqueKey());
    const queue = temporary(sysv.MessageQueue.fromId(id));
    const segment = sysv.SharedMemory.create(uniqueKey(), { size: 4096 });
    watchId('shm', segment.id);
    using _ = segment.attach();
    segment.remove();

    const { leaks } = inspect.leaks();
    const places = [segment.id, queue.id].map((id) =>
      leaks.findIndex(({ object }) => 'id' in object && object.id === id),
    );
    expect(places[0]).toBeGreaterThanOrEqual(0);
    expect(places[1]).toBeGreaterThan(places[0]);
    const verdicts = leaks.map(({ verdict }) => verdict);
    expect(verdicts).toEqual([...verdicts].sort());
  });

  test('by a creator whose exit status nobody has fetched is left, too', async () => {
    const words = [process.execPath, fixture('inspect/leave.mjs'), 'sysv-shm', String(uniqueKey())];
    const parent = start('sh', ['-c', '"$@" & exec sleep 100', 'sh', ...words]);
    await parent.printed(/\d+\n/);
    const { objects } = inspect.list();
    const made = objects.find((object) => object.kind === 'sysv-shm' && object.key === Number(words[3]));
    if (made?.kind !== 'sysv-shm') throw new Error('not listed');
    temporary(sysv.SharedMemory.fromId(made.id));
    await until(() => verdictOn(['sysv-shm', made.id]).verdict === 'unclaimed');
    expect(() => process.kill(made.creatorPid, 0)).not.toThrow();
  });
});

describe('in use', () => {
  testWith('mqueue')('is what a process has mapped or open, with who and how', () => {
    const name = newName();
    using _memory = SharedMemory.create(name, { size: 4096 });
    const other = newName();
    using _semaphore = Semaphore.create(other, { value: 0 });
    const third = newName();
    using _queue = MessageQueue.create(third, { maxMessages: 1, messageSize: 10 });

    for (const [which, how] of [
      [name, 'mapped: readWrite'],
      [other, 'mapped: readWrite'],
      [third, 'open: readWrite'],
    ]) {
      const { verdict, evidence } = verdictOn(which);
      expect(verdict).toBe('in use');
      expect(evidence).toContainEqual(expect.stringMatching(new RegExp(`^process ${process.pid} .*${how}$`)));
      expect(leakOf(which)).toBe(undefined);
    }
  });

  test('is a segment that is attached, or whose creator lives', async () => {
    const mine = temporary(sysv.SharedMemory.create(uniqueKey(), { size: 4096 }));
    expect(verdictOn(['sysv-shm', mine.id])).toMatchObject({
      verdict: 'in use',
      evidence: [expect.stringMatching(`^its creator, process ${process.pid} .*, is alive$`)],
    });

    const { id } = await left('sysv-shm', uniqueKey());
    const another = temporary(sysv.SharedMemory.fromId(id));
    const attachment = another.attach();
    expect(verdictOn(['sysv-shm', id])).toMatchObject({
      verdict: 'in use',
      evidence: ['it is attached 1 times', expect.stringMatching(`^process ${process.pid} `)],
    });
    attachment.close();
    expect(verdictOn(['sysv-shm', id]).verdict).toBe('unclaimed');
  });

  test('is a set whose last user lives, or that somebody waits for', async () => {
    const mine = temporary(sysv.SemaphoreSet.create(uniqueKey(), { values: [0, 1] }));
    expect(verdictOn(['sysv-sem', mine.id])).toMatchObject({
      verdict: 'in use',
      evidence: [expect.stringMatching(`process ${process.pid} `)],
    });

    const { id } = await left('sysv-sem', uniqueKey());
    const another = temporary(sysv.SemaphoreSet.fromId(id));
    const waiting = another.operate({ index: 1, delta: -1 }).catch(() => {});
    await until(() => another.waitingForIncrease(1) === 1);
    expect(verdictOn(['sysv-sem', id])).toMatchObject({
      verdict: 'in use',
      evidence: ['threads that wait in semop(2): 1'],
    });
    another.remove();
    await waiting;
  });

  test('is a queue whose last sender or receiver lives', async () => {
    const { id } = await left('sysv-msg', uniqueKey());
    const queue = temporary(sysv.MessageQueue.fromId(id));
    expect(verdictOn(['sysv-msg', id]).verdict).toBe('unclaimed');
    queue.tryReceive();
    expect(verdictOn(['sysv-msg', id])).toMatchObject({
      verdict: 'in use',
      evidence: [expect.stringMatching(`^its last sender or receiver, process ${process.pid} `)],
    });
  });
});

describe('unknown', () => {
  testWith('another user')('is what a process may have that could not be looked into', async () => {
    const name = newName();
    SharedMemory.create(name, { size: 4096 }).close();
    const judged = await verdictElsewhere(asNobody, 'name', name);
    expect(judged.verdict).toBe('unknown');
    expect(judged.evidence).toEqual([
      expect.stringMatching(/^processes that could not be looked into: [1-9]\d*$/),
    ]);
  });

  for (const [hidepid, why] of [
    ['noaccess', /^processes that could not be looked into: [1-9]/],
    ['invisible', /hidepid/],
  ] as const) {
    testWith('another user', 'unshare')(
      `is what a process may have that /proc hides (${hidepid})`,
      async () => {
        const name = newName();
        using _ = SharedMemory.create(name, { size: 4096 });
        const script = `mount -t proc -o hidepid=${hidepid} proc /proc && exec "$@"`;
        // The group 0 would be exempt.
        const stranger = [...asNobody, '--regid=65534'];
        const words = ['unshare', '--mount', 'sh', '-c', script, 'sh', ...stranger];
        const { verdict, evidence } = await verdictElsewhere(words, 'name', name);
        expect(verdict).toBe('unknown');
        expect(evidence).toContainEqual(expect.stringMatching(why));
      },
    );
  }

  testWith('another user')('is a set that may not be read', async () => {
    const set = temporary(sysv.SemaphoreSet.create(uniqueKey(), { count: 1 }));
    expect(await verdictElsewhere(asNobody, 'id', String(set.id))).toMatchObject({
      verdict: 'unknown',
      evidence: ['its semaphores could not be read: EACCES'],
    });
  });

  testWith('unshare')('is a segment whose creator is of a PID namespace that is not seen', async () => {
    const segment = temporary(sysv.SharedMemory.create(uniqueKey(), { size: 4096 }));
    const words = ['unshare', '--pid', '--fork', '--mount-proc'];
    expect(await verdictElsewhere(words, 'key', String(segment.stat().key))).toMatchObject({
      object: { creatorPid: 0 },
      verdict: 'unknown',
      evidence: ['nobody has it attached', expect.stringContaining('PID namespace')],
    });
  });
});

describe('the command that removes a file', () => {
  const awkward = ["it's", 'two words', '$(date)', '-rf', 'line\nbreak', 'größe'].map((word) =>
    Buffer.from(word),
  );
  for (const word of [...awkward, Buffer.from([0xff, 0xfe, 0x41])]) {
    testWith('unshare')(`is exact for ${JSON.stringify(word.toString())}`, async () => {
      const name = uniqueName();
      const path = Buffer.concat([Buffer.from(`/dev/shm${name}`), word]);
      writeFileSync(path, '');
      onTestFinished(() => rmSync(path, { force: true }));

      shell((await verdictElsewhere(alone, 'name', name)).remove);
      expect(existsSync(path)).toBe(false);
    });
  }
});

test('looking changes nothing', () => {
  const names = [newName(), newName()];
  using memory = SharedMemory.create(names[0], { size: 4096 });
  using semaphore = Semaphore.create(names[1], { value: 3 });
  const set = temporary(sysv.SemaphoreSet.create(uniqueKey(), { values: [1, 2] }));
  const state = () => ({
    memory: { ...memory.stat() },
    semaphore: { ...semaphore.stat(), value: semaphore.value },
    set: { ...set.stat(), values: set.values, last: [set.lastPid(0), set.lastPid(1)] },
  });
  const before = state();
  inspect.verdicts();
  inspect.leaks();
  expect(state()).toEqual(before);
});

test('on another platform it is refused', () => {
  const { platform } = process;
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  for (const look of [inspect.verdicts, inspect.leaks]) {
    expect(look).toThrow(expect.objectContaining({ name: 'IpcError', code: 'ENOTSUP' }));
  }
});
