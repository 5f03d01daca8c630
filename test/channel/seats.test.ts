import { Channel } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { closing, peer } from '../helpers/peer.js';
import { ipcError } from '../helpers/thrown.js';
import { testWith } from '../helpers/tools.js';
import { until } from '../helpers/until.js';
import { alone } from '../helpers/verdicts.js';
import { codeOf, made, words } from './made.js';

leaveNothing();

const roles = ['writer', 'reader'] as const;
const taken = (role: string, path: string, hint: unknown) => ipcError('EBUSY', role, { path, hint });

describe.each(roles)('the only seat of a %s', (role) => {
  test('is EBUSY for a second one, which is told who sits there', () => {
    const { path, channel } = made();
    const first = channel[role]();
    const hint = `process ${process.pid} is its ${role}; a channel made with { ${role}s: 'many' } takes more`;
    for (const one of [channel, closing(Channel.open(path))])
      expect(() => one[role]()).toThrow(taken(role, path, hint));
    first.close();
    closing(Channel.open(path))[role]().close();
    channel[role]();
  });

  test('is EBUSY while another process has it, stopped or not, and free once that was killed', async () => {
    const { path, channel } = made();
    const other = await peer({ channel: path, role });
    const hint = expect.stringMatching(`^process ${other.program.pid} is its ${role}; `);
    expect(() => channel[role]()).toThrow(taken(role, path, hint));
    other.program.child.kill('SIGSTOP');
    expect(() => channel[role]()).toThrow(taken(role, path, hint));
    await other.kill();
    channel[role]();
  });

  testWith('unshare')(
    'is EBUSY where its holder has another number here, which is no more than a claim',
    async () => {
      const { path, channel } = made();
      await peer({ channel: path, role }, { under: alone });
      const hint = expect.stringMatching(/^a process that claims to be \d+ is its /);
      expect(() => channel[role]()).toThrow(taken(role, path, hint));
    },
  );

  test('whose owner word is garbage names nobody', () => {
    const { path, channel } = made();
    const other = closing(Channel.open(path));
    const first = channel[role]();
    const all = words(path);
    const word = role === 'writer' ? 1152 : 1184;
    all[word] = 300 << 20;
    expect(() => other[role]()).toThrow(ipcError('EBADMSG', role, { path }));
    first.close();
    // A seat that nobody has.
    all[word] = (7 << 20) | 1;
    other[role]();
  });

  test('of many is for all', () => {
    const { path, channel } = made({ [`${role}s`]: 'many' });
    for (let count = 0; count < 5; count++) channel[role]();
    closing(Channel.open(path))[role]();
  });
});

test('all 252 seats are taken: EAGAIN, until one leaves', () => {
  const { path, channel } = made({ writers: 'many', readers: 'many' });
  const all = Array.from({ length: 126 }, () => [channel.writer(), channel.reader()]).flat();
  for (const role of roles) {
    const hint = expect.stringContaining('all 252 seats');
    expect(() => channel[role]()).toThrow(ipcError('EAGAIN', role, { path, hint }));
  }
  all[100].close();
  channel.writer();
  expect(() => channel.reader()).toThrow('EAGAIN');
});

test('who is closed says so, may be closed again, and leaves its seat', () => {
  const { channel } = made();
  for (let round = 0; round < 300; round++) {
    for (const role of roles) {
      const side = channel[role]();
      expect(side.closed).toBe(false);
      side.close();
      side.close();
      side[Symbol.dispose]();
      expect(side.closed).toBe(true);
    }
  }
});

test('who is forgotten with its channel leaves its seat to the collector', async () => {
  const { path } = made();
  (() => Channel.open(path).writer())();
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const other = closing(Channel.open(path));
  await until(() => {
    gc();
    return codeOf(() => other.writer()) === undefined;
  });
});
