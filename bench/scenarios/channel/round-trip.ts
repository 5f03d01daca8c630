import { Channel } from 'posix-ipc';
import type { Trips } from '../../channel/ping.js';
import { floor, node, perform, type Settings, shortRun, uniqueName, withChannels } from './crew.js';

/** Two ways of a round trip, in turn: this package, and what it is compared with. */
export interface Compared {
  readonly title: string;
  /** The most that ours may take of the other one's time. */
  readonly limit: number;
  readonly ours: Trips[];
  readonly other: Trips[];
}

export interface RoundTrips {
  readonly compared: readonly Compared[];
  /** CPU time of a process that awaits, in ticks of 10 ms, and for how long it did. */
  readonly idle: { readonly ticks: number; readonly seconds: number };
}

type How = 'spin' | 'sleep' | 'await';
type Cpus = readonly [ping: string, echo: string];

const twoCpus: Cpus = ['0', '1'];
const oneCpu: Cpus = ['0', '0'];

interface Pair {
  readonly title: string;
  readonly limit: number;
  readonly ours: (seconds: number) => Promise<Trips>;
  readonly other: (seconds: number) => Promise<Trips>;
}

const byChannel = (program: typeof node, how: How, size: number, [pinger, echoer]: Cpus) => {
  return (seconds: number): Promise<Trips> =>
    withChannels(2, {}, (there, back) => {
      const args = [how, there as string, back as string, size, seconds];
      return perform([
        { command: program('round-trip', 'echo', ...args), cpus: echoer, endless: true },
        { command: program('round-trip', 'ping', ...args), cpus: pinger },
      ]);
    });
};

const byNet = (size: number, [pinger, echoer]: Cpus) => {
  return (seconds: number): Promise<Trips> => {
    const args = [uniqueName(), size, seconds];
    return perform([
      { command: node('net-round-trip', 'echo', ...args), cpus: echoer, endless: true },
      { command: node('net-round-trip', 'ping', ...args), cpus: pinger },
    ]);
  };
};

const besideC = (how: How, title: string, limit: number): Pair => ({
  title: `${title}, 64 B, beside C`,
  limit,
  ours: byChannel(node, how, 64, twoCpus),
  other: byChannel(floor, how, 64, twoCpus),
});

const besideNet = (cpus: Cpus, title: string, limit: number): Pair[] =>
  [64, 1024, 65_536].map((size) => ({
    title: `receiveInto, ${size} B, ${title}, beside net`,
    limit,
    ours: byChannel(node, 'await', size, cpus),
    other: byNet(size, cpus),
  }));

const pairs: readonly Pair[] = [
  besideC('spin', 'tryReceiveInto, spinning', 1.4),
  besideC('sleep', 'receiveIntoSync, asleep', 1.25),
  ...besideNet(twoCpus, 'two CPUs', 0.25),
  ...besideNet(oneCpu, 'one CPU', 0.6),
];

export const stepsRoundTrips = ({ runs }: Settings) => 2 * runs * pairs.length + 1;

export async function measureRoundTrips(settings: Settings, tick: () => void): Promise<RoundTrips> {
  const compared: Compared[] = pairs.map(({ title, limit }) => ({ title, limit, ours: [], other: [] }));
  for (let run = 0; run < settings.runs; run++) {
    for (const [index, pair] of pairs.entries()) {
      for (const side of ['ours', 'other'] as const) {
        compared[index]?.[side].push(await pair[side](shortRun(settings)));
        tick();
      }
    }
  }
  const idle = await withChannels(1, {}, async (name) => {
    // A writer that lives, and says nothing.
    const channel = Channel.open(name as `/${string}`);
    channel.writer();
    try {
      const idler = { command: node('idle', name as string, settings.seconds), cpus: '0' };
      return await perform<RoundTrips['idle']>([idler]);
    } finally {
      channel.close();
    }
  });
  tick();
  return { compared, idle };
}
