import { floor, node, perform, type Settings, uniqueName, withChannels } from './crew.js';

const capacity = 2 ** 20;
const batchSize = 16;
/** Messages during which no garbage may be collected. */
const withoutGarbage = 10_000_000;

/** What the two processes of a run report. */
export interface Arrived {
  readonly messages: number;
  readonly milliseconds: number;
  /** Messages that came twice, not at all, out of order or damaged. */
  readonly wrong: number;
  /** Of the package only: wake-ups sent, collections of garbage. */
  readonly writerRings?: number;
  readonly readerRings?: number;
  readonly writerGarbage?: number;
  readonly readerGarbage?: number;
}

export type WayName = keyof typeof ways;
export type Way = { readonly title: string; readonly runs: Arrived[] };

export interface OneWay {
  readonly ways: Readonly<Record<WayName, Way>>;
  readonly garbage: { readonly messages: number; readonly collections: Readonly<Record<string, number>> };
}

type Run = (seconds: number) => Promise<Arrived>;

const byChannel =
  (program: typeof node, batch: number): Run =>
  (seconds) =>
    withChannels(1, { capacity }, (name) =>
      perform([
        { command: program('one-way', 'read', name as string), cpus: '1' },
        { command: program('one-way', 'write', name as string, batch, seconds), cpus: '0' },
      ]),
    );

const byNet =
  (batch: number): Run =>
  (seconds) => {
    const name = uniqueName();
    return perform([
      { command: node('net-one-way', 'read', name), cpus: '1' },
      { command: node('net-one-way', 'write', name, batch, seconds), cpus: '0' },
    ]);
  };

const byChildProcess =
  (batch: number): Run =>
  (seconds) =>
    perform([{ command: node('child-process-one-way', 'write', batch, seconds, 1), cpus: '0' }]);

const ways = {
  single: { title: 'trySend, drain', run: byChannel(node, 1) },
  batches: { title: 'trySendMany of 16, drain', run: byChannel(node, batchSize) },
  floorSingle: { title: 'C: pipc_try_send, pipc_drain', run: byChannel(floor, 1) },
  floorBatches: { title: 'C: pipc_try_send_many of 16, pipc_drain', run: byChannel(floor, batchSize) },
  netSingle: { title: 'net, Unix socket, a message a write', run: byNet(1) },
  netBatches: { title: 'net, Unix socket, 16 a write', run: byNet(batchSize) },
  childSingle: { title: 'child_process, advanced, a message a send', run: byChildProcess(1) },
  childBatches: { title: 'child_process, advanced, 16 a send', run: byChildProcess(batchSize) },
} as const;

export const stepsOneWay = ({ runs }: Settings) => runs * Object.keys(ways).length + 1;

/** Runs of all ways in turn, so that what slows the machine slows all. */
export async function measureOneWay({ seconds, runs }: Settings, tick: () => void): Promise<OneWay> {
  const entries = Object.entries(ways) as [WayName, (typeof ways)[WayName]][];
  const measured = Object.fromEntries(
    entries.map(([name, { title }]) => [name, { title, runs: [] as Arrived[] }]),
  ) as Record<WayName, Way>;
  for (let run = 0; run < runs; run++) {
    for (const [name, way] of entries) {
      measured[name].runs.push(await way.run(seconds));
      tick();
    }
  }
  const garbage = await withChannels(1, { capacity }, (name) =>
    perform<OneWay['garbage']>([{ command: node('garbage', name as string, withoutGarbage), cpus: '0' }]),
  );
  tick();
  return { ways: measured, garbage };
}
