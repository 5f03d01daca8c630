import { MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from '../helpers/leftovers.js';
import { uniqueKey } from '../helpers/names.js';
import { name, temporary } from '../helpers/objects.js';
import { fixture, start } from '../helpers/program.js';

// Several processes go for the same name or key at the same moment, many times.
leaveNothing();

const racers = 4;
const rounds = 100;

interface Finish {
  created: boolean;
  /** Of the object, as this process found it. */
  size?: number;
  code?: string;
}

/** Each round is a name or key of its own; what each racer saw in each. */
async function race(verb: string, kind: string, addresses: (string | number)[]): Promise<Finish[][]> {
  const gun = name();
  using line = Semaphore.create(gun, { value: 0 });
  const programs = Array.from({ length: racers }, () =>
    start(process.execPath, [fixture('posix/race-for-objects.mjs'), gun, verb, kind], {
      input: `${JSON.stringify(addresses)}\n`,
    }),
  );
  await Promise.all(programs.map((program) => program.printed('ready')));
  for (const _ of programs) line.post();
  const ended = await Promise.all(programs.map((program) => program.ended));
  const seen = ended.map(({ stdout, stderr }) => {
    expect(stderr).toBe('');
    return JSON.parse(stdout.slice('ready\n'.length)) as Finish[];
  });
  return addresses.map((_, round) => seen.map((finishes) => finishes[round]));
}

const kinds = [
  { kind: 'shared memory', taken: 'EEXIST', addresses: () => name(), size: 4096 },
  { kind: 'large shared memory', taken: 'EEXIST', addresses: () => name(), size: 40 * 2 ** 20 },
  { kind: 'semaphore', taken: 'EEXIST', addresses: () => name(), size: 32 },
  { kind: 'message queue', taken: 'EEXIST', addresses: () => name(), size: 64 },
  { kind: 'mutex', taken: 'EEXIST', addresses: () => name(), size: 4096 },
  { kind: 'placed lock', taken: 'EEXIST', addresses: () => name(), size: 4096 },
  { kind: 'segment', taken: 'EEXIST', addresses: () => uniqueKey(), size: 4096 },
  { kind: 'semaphore set', taken: 'EEXIST', addresses: () => uniqueKey(), size: 3 },
  { kind: 'letters', taken: 'EEXIST', addresses: () => uniqueKey(), size: 1000 },
];

const take: Record<string, (address: string & number) => void> = {
  'shared memory': SharedMemory.unlink,
  'large shared memory': SharedMemory.unlink,
  semaphore: Semaphore.unlink,
  'message queue': MessageQueue.unlink,
  mutex: SharedMemory.unlink,
  'placed lock': SharedMemory.unlink,
  segment: (key) => temporary(sysv.SharedMemory.open(key)),
  'semaphore set': (key) => temporary(sysv.SemaphoreSet.open(key)),
  letters: (key) => temporary(sysv.MessageQueue.open(key)),
};

describe.each(kinds)(
  'of several processes that go for one $kind at once',
  ({ kind, taken, addresses, size }) => {
    // Of large ones fewer: each has to be filled.
    const count = kind === 'large shared memory' ? 25 : rounds;

    async function compete(verb: string, check: (finishes: Finish[]) => void) {
      const all = Array.from({ length: count }, () => addresses());
      const results = await race(verb, kind, all);
      for (const address of all) take[kind](address as string & number);
      for (const finishes of results) check(finishes);
    }

    test('exactly one creates it, and the others are told that it is there', async () => {
      await compete('create', (finishes) => {
        const sorted = finishes.map(({ created, code }) => (created ? 'created' : code)).sort();
        expect(sorted).toEqual([...Array(racers - 1).fill(taken), 'created']);
      });
    });

    test('exactly one has created it by openOrCreate, and all have the whole of it', async () => {
      await compete('openOrCreate', (finishes) => {
        expect(finishes.filter(({ created }) => created)).toHaveLength(1);
        expect(finishes.map((finish) => finish.size)).toEqual(Array(racers).fill(size));
      });
    });
  },
);
