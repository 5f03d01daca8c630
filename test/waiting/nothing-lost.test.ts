import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SharedMemory } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';
import { stress, watchdog } from '../helpers/stress.js';
import { until } from '../helpers/until.js';
import { everyKind, type KindName, mailbox, oneOfEach, queue } from './objects.js';

leaveNothing();

const timeout = watchdog(60_000);

/** Between two processes, one of which waits with random timeouts and aborts. */
async function exchange(kind: KindName, items: number, kills: number) {
  const seed = randomInt(2 ** 32);
  // Where the giver waits, for room, it is the taker who makes it.
  const awaited =
    kind === 'posix send' ? queue() : kind === 'sysv send' ? mailbox(64) : oneOfEach(kind).all[kind];
  const taking = kind.replace('send', 'receive');
  const notes = name();
  using memory = SharedMemory.create(notes, { size: items });
  const note = memory.view(Uint8Array);
  const begin = (program: string, words: unknown[]) =>
    start(process.execPath, [fixture(`waiting/${program}.mjs`), ...words.map(String)], { timeout });

  const taker = begin('take-items', [taking, awaited.place, seed]);
  await taker.printed('ready');
  for (let run = 0; ; run++) {
    const first = note.indexOf(0);
    if (first === -1) break;
    const giver = begin('give-items', [kind, awaited.place, notes, first, items, seed + run]);
    if (run < kills) {
      await giver.printed('ready');
      await sleep(randomInt(1, 25));
      giver.child.kill('SIGKILL');
      await giver.ended;
    } else {
      expect(await giver.ended).toMatchObject({ code: 0, stderr: '' });
    }
  }
  await until(() => awaited.items() === 0);
  taker.child.stdin.end();
  const ended = await taker.ended;
  expect({ ...ended, stdout: '' }).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  const { taken, refused } = JSON.parse(ended.stdout.replace('ready\n', '')) as {
    taken: number[];
    refused: number;
  };
  expect(awaited.items()).toBe(0);
  const noted = note.slice();
  const count = (what: number) => noted.filter((value) => value === what).length;
  return { seed, taken, refused, noted, count };
}

const messages: readonly KindName[] = everyKind.filter((kind) => /send|receive/.test(kind));
const counters: readonly KindName[] = everyKind.filter((kind) => kind.endsWith('semaphore'));

describe.each([
  ['as long as both live', 20_000 * stress, 0],
  ['though the giver is killed again and again', 4_000 * stress, Math.ceil(3 * stress)],
] as const)('every item is taken exactly once, %s', (_, items, kills) => {
  test.each(messages)(
    `%s: ${items} messages`,
    async (kind) => {
      const { seed, taken, refused, noted, count } = await exchange(kind, items, kills);
      const times = new Uint8Array(noted.length);
      for (const item of taken) times[item]++;
      // Given, or not, or perhaps: who was killed in between could not tell.
      const wrong = Array.from(noted, (note, item) => ({ note, item, times: times[item] })).filter(
        ({ note, times }) => times > 1 || (note === 2 && times === 0) || (note === 3 && times > 0),
      );
      expect({ seed, wrong }).toEqual({ seed, wrong: [] });
      // One who gives in order is heard in order.
      if (kind.endsWith('receive')) expect(taken).toEqual(taken.toSorted((a, b) => a - b));
      else expect(count(3)).toBeGreaterThan(0);
      expect(refused).toBeGreaterThan(0);
      expect(count(0)).toBe(0);
      if (kills === 0) expect([count(1), count(2) + count(3)]).toEqual([0, items]);
    },
    timeout,
  );

  test.each(counters)(
    `%s: ${items} posts`,
    async (kind) => {
      const { seed, taken, refused, count } = await exchange(kind, items, kills);
      expect(refused).toBeGreaterThan(0);
      expect(taken.length, `seed ${seed}`).toBeGreaterThanOrEqual(count(2));
      expect(taken.length, `seed ${seed}`).toBeLessThanOrEqual(count(2) + count(1));
      if (kills === 0) expect(taken.length, `seed ${seed}`).toBe(items);
    },
    timeout,
  );
});
