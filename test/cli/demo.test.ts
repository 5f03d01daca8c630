import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect, sysv } from 'posix-ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Program, run, start } from '../helpers/program.js';
import { testWith } from '../helpers/tools.js';

const main = fileURLToPath(new URL('../../dist/cli/demo/main.js', import.meta.url));
const demo = (...words: string[]) => run(process.execPath, [main, ...words]);
const startDemo = (...words: string[]) => start(process.execPath, [main, ...words]);
const all = ['posix-shm', 'posix-mq', 'sysv-shm', 'sysv-msg'];

// As the demo names them: other programs may come and go beside.
const objects = () =>
  inspect
    .list()
    .objects.filter((object) =>
      'id' in object ? object.key >>> 24 === 0x69 : object.name.startsWith('/posix-ipc-demo-'),
    )
    .map((object) => `${object.kind} ${'id' in object ? object.id : object.name}`);
let before: string[];
beforeEach(() => {
  before = objects();
});
afterEach(() => {
  expect(objects().filter((object) => !before.includes(object))).toEqual([]);
});

describe('an exchange', () => {
  test('brings every item once and in order over all four mechanisms', async () => {
    const { code, stdout, stderr } = await demo('--items', '300', '--json');
    expect([code, stderr]).toEqual([0, '']);

    const { items, size, slots, outcomes, problems } = JSON.parse(stdout);
    expect({ items, size, slots, problems }).toEqual({ items: 300, size: 64, slots: 10, problems: [] });
    expect(outcomes.map(({ mechanism }: { mechanism: string }) => mechanism)).toEqual(all);
    const numbers = [1, 2, 3, 4, 5, 300];
    const read = numbers.map((number) => ({ number, text: `Message-${number}` }));
    for (const { traffic } of outcomes) {
      expect(traffic.produced).toEqual({ items: 300, seconds: expect.any(Number) });
      expect(traffic.received).toMatchObject({ items: 300, read });
      expect(traffic.received.latency.mean).toBeGreaterThan(0);
      expect(traffic.received.latency.p99).toBeGreaterThan(0);
    }
  });

  test('prints a comparison, what was read, and the verdict', async () => {
    const { code, stdout } = await demo('--items', '300');
    expect(code).toBe(0);
    for (const name of all) {
      expect(stdout).toMatch(
        new RegExp(`│ ${name} +│ +300 │ +[\\d.]+ s │ +[\\d.]+ s │( +[\\d.]+ µs │){2} +\\d+ │ in order │`),
      );
      expect(stdout).toContain(
        `${name}: [1, 2, 3, 4, 5, … 300] [Message-1, Message-2, Message-3, Message-4, Message-5, … Message-300]`,
      );
    }
    expect(stdout.trimEnd()).toMatch(/Every item arrived once and in order\. Nothing is left behind\.$/);
  });

  test.each(['1', '2', '6', '7'])('of %s items is complete', async (items) => {
    const { code, stdout } = await demo('--items', items, '--json');
    expect(code).toBe(0);
    for (const { traffic } of JSON.parse(stdout).outcomes) expect(traffic.received.items).toBe(Number(items));
  });

  test.each(['40', '8192'])('of items of %s bytes is complete', async (size) => {
    const { code, stdout } = await demo('--items', '100', '--size', size, '--json');
    expect([code, JSON.parse(stdout).size]).toEqual([0, Number(size)]);
  });

  test('uses the mechanisms asked for, and no other', async () => {
    const { stdout } = await demo(
      '--items',
      '10',
      '--mechanism',
      'sysv-msg',
      '--mechanism',
      'posix-mq',
      '--json',
    );
    const { outcomes } = JSON.parse(stdout);
    expect(outcomes.map(({ mechanism }: { mechanism: string }) => mechanism)).toEqual([
      'posix-mq',
      'sysv-msg',
    ]);
  });

  test('that lasts says how far it is', async () => {
    const program = startDemo('--items', '10000000', '--mechanism', 'posix-shm');
    await program.printed(/\d+ of 10000000 items after 1 s/);
    program.child.kill('SIGINT');
    await program.ended;
  });
});

describe('while the exchange is paused', () => {
  test('/dev/shm lists the memory and both semaphores, which three processes map', async () => {
    const { outcomes } = JSON.parse(
      (await demo('--items', '20', '--mechanism', 'posix-shm', '--json')).stdout,
    );
    const [{ kernel }] = outcomes;

    const [{ command, lines }] = kernel.outputs;
    expect(command).toBe('ls -l /dev/shm');
    expect(lines).toEqual([
      expect.stringMatching(/^-rw-------.* 640 .* posix-ipc-demo-\d+-ring$/),
      expect.stringMatching(/^-rw-------.* 32 .* sem\.posix-ipc-demo-\d+-empty$/),
      expect.stringMatching(/^-rw-------.* 32 .* sem\.posix-ipc-demo-\d+-full$/),
    ]);
    expect(kernel.facts).toEqual(['semaphore values: empty 5, full 5']);
    for (const { users, known } of kernel.objects) {
      expect(known).toBe(true);
      expect(new Set(users.map(({ pid }: { pid: number }) => pid)).size).toBe(3);
    }
  });

  testWith('mqueue')('the queue is listed with its bytes, its attributes, and both directions', async () => {
    const { outcomes } = JSON.parse(
      (await demo('--items', '20', '--mechanism', 'posix-mq', '--json')).stdout,
    );
    const [{ kernel }] = outcomes;

    expect(kernel.outputs).toEqual([
      { command: 'ls -l /dev/mqueue', lines: [expect.stringMatching(/ posix-ipc-demo-\d+-queue$/)] },
      { command: expect.stringMatching(/^cat .*-queue$/), lines: [expect.stringMatching(/^QSIZE:320 /)] },
    ]);
    expect(kernel.facts).toEqual(['queue attributes: maxMessages 10, messageSize 64, length 5']);
    const [{ users }] = kernel.objects;
    expect(users.map(({ how, access }: inspect.ObjectUser) => `${how} ${access}`).sort()).toEqual([
      'descriptor read',
      'descriptor readWrite',
      'descriptor write',
    ]);
  });

  testWith('ipcs')('ipcs lists the segment, twice attached, the set and the queue', async () => {
    const words = ['--items', '20', '--mechanism', 'sysv-shm', '--mechanism', 'sysv-msg', '--json'];
    const { outcomes } = JSON.parse((await demo(...words)).stdout);
    const [memory, queue] = outcomes.map(
      ({ kernel }: { kernel: { outputs: object[] } }) => kernel.outputs[0],
    );

    expect(memory.command).toBe('ipcs -m -q -s');
    expect(memory.lines).toEqual([
      expect.stringContaining('Shared Memory Segments'),
      expect.stringMatching(/^key +shmid +owner +perms +bytes +nattch/),
      expect.stringMatching(/^0x69\w{6} +\d+ +\w+ +600 +640 +2 *$/),
      expect.stringContaining('Semaphore Arrays'),
      expect.stringMatching(/^key +semid +owner +perms +nsems/),
      expect.stringMatching(/^0x69\w{6} +\d+ +\w+ +600 +2 *$/),
    ]);
    expect(queue.lines).toEqual([
      expect.stringContaining('Message Queues'),
      expect.stringMatching(/^key +msqid +owner +perms +used-bytes +messages/),
      expect.stringMatching(/^0x69\w{6} +\d+ +\w+ +600 +320 +5 *$/),
    ]);
  });

  test('without ipcs the kernel files tell the same', async () => {
    const words = [main, '--items', '20', '--mechanism', 'sysv-shm', '--json'];
    const { stdout } = await run(process.execPath, words, { env: { PATH: '/nonexistent' } });
    const [{ kernel }] = JSON.parse(stdout).outcomes;
    expect(kernel.outputs[0].lines).toEqual([
      expect.stringMatching(/^kind sysv-shm, key \d+, id \d+, .*size 640, attached 2, .*mode 600$/),
      expect.stringMatching(/^kind sysv-sem, key \d+, id \d+, .*count 2, mode 600$/),
    ]);
  });
});

describe('nothing is left, neither objects nor processes,', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('after %s in the midst of it', async (signal) => {
    for (const mechanism of all) {
      const program = startDemo('--items', '10000000', '--mechanism', mechanism);
      await program.printed('both processes are attached');
      const roles = await bothRoles(program);
      program.child.kill(signal);
      program.child.kill(signal); // Ctrl-C often comes twice

      const { code, stderr } = await program.ended;
      expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
      expect(stderr).toContain(`Ended by ${signal}`);
      expect(roles.filter(isAlive)).toEqual([]);
    }
  });

  test.each(['producer', 'consumer'])('after the %s was killed, and that is told', async (victim) => {
    for (const mechanism of all) {
      const program = startDemo('--items', '10000000', '--mechanism', mechanism);
      await program.printed('both processes are attached');
      const roles = await bothRoles(program);
      process.kill(roles[victim === 'producer' ? 0 : 1], 'SIGKILL');

      const { code, stdout } = await program.ended;
      expect(code).toBe(1);
      expect(stdout).toContain(`${mechanism}: the ${victim} was ended by SIGKILL`);
      expect(stdout).not.toContain('in order');
      expect(roles.filter(isAlive)).toEqual([]);
    }
  });

  test('after the reader of its output went away', async () => {
    const program = start('sh', ['-c', `"$0" "$1" --items 100000 | head -n 1`, process.execPath, main]);
    const { code, stdout, stderr } = await program.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^100000 items/);
  });

  test('and the other mechanisms still run when one cannot be created', async () => {
    // No queue may be had at all.
    const words = ['-c', 'ulimit -q 0; exec "$@"', 'sh', process.execPath, main, '--items', '20'];
    const { code, stdout } = await run('bash', words);
    expect(code).toBe(1);
    expect(stdout).toMatch(/posix-mq: EMFILE: .*mq_open/);
    expect(stdout.match(/in order │/g)).toHaveLength(3);
  });
});

describe('a stranger that', () => {
  test('takes an item is found out', async () => {
    const { program, key } = await sysvQueue();
    while (sysv.MessageQueue.open(key).tryReceive() === undefined);
    const { code, stdout } = await program.ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/sysv-msg: the consumer failed: item \d+ came where item \d+ was due/);
  });

  test('puts an item in between is found out', async () => {
    const { program, key } = await sysvQueue();
    sysv.MessageQueue.open(key).sendSync(Buffer.alloc(64));
    const { code, stdout } = await program.ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/sysv-msg: the consumer failed: item 0 came where item \d+ was due/);
  });

  test('removes the queue ends the exchange', async () => {
    const { program, key } = await sysvQueue();
    sysv.MessageQueue.open(key).remove();
    const { code, stdout } = await program.ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/sysv-msg: the (producer|consumer) failed: E(IDRM|INVAL): /);
  });

  async function sysvQueue() {
    const program = startDemo('--items', '10000000', '--mechanism', 'sysv-msg');
    await program.printed('both processes are attached');
    return { program, key: 0x69000000 + program.pid };
  }
});

describe('the command line', () => {
  test.each([
    [['--items', '0'], 'Expected a whole number from 1 to 10000000.'],
    [['--items', '1.5'], 'Expected a whole number'],
    [['--items', '-3'], 'Expected a whole number'],
    [['--items', 'many'], 'Expected a whole number'],
    [['--items'], "option '--items <number>' argument missing"],
    [['--size', '39'], 'Expected a whole number from 40 to 8192.'],
    [['--size', '8193'], 'Expected a whole number from 40 to 8192.'],
    [['--mechanism', 'pipe'], 'Expected one of posix-shm, posix-mq, sysv-shm, sysv-msg.'],
    [['--itmes', '5'], "unknown option '--itmes' (Did you mean --items?)"],
    [['now'], 'too many arguments'],
  ])('%j is refused in one line', async (words, sentence) => {
    const { code, stdout, stderr } = await demo(...words);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  test('--help tells options, mechanisms and examples', async () => {
    const { code, stdout } = await demo('--help');
    expect(code).toBe(0);
    for (const word of ['--items', '--size', '--mechanism', '--json', 'Examples:', ...all])
      expect(stdout).toContain(word);
  });
});

/** The producer's and the consumer's process of a running demo. */
async function bothRoles({ pid }: Program): Promise<number[]> {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const called = (child: number) => readFileSync(`/proc/${child}/cmdline`, 'utf8');
  return ['producer.js', 'consumer.js'].map((program) => {
    const found = children.find((child) => called(child).includes(program));
    if (found === undefined) throw new Error(`no ${program} among ${children}`);
    return found;
  });
}

const isAlive = (pid: number) => readdirSync('/proc').includes(String(pid));
