import { floor, node, perform, type Settings, withChannels } from './crew.js';

const capacity = 2 ** 20;
const batchSize = 16;
export const writerCount = 4;

/** What the reader of a run reports, of the time in which all writers ran. */
export interface Crowded {
  readonly milliseconds: number;
  /** Messages that came twice, not at all, or out of their writer's order. */
  readonly wrong: number;
  /** How many messages of each writer. */
  readonly shares: readonly number[];
}

export type WritersName = keyof typeof ways;
export type Writers = Readonly<Record<WritersName, { readonly title: string; readonly runs: Crowded[] }>>;

const ways = {
  single: { title: 'sendSync', program: node, batch: 1 },
  batches: { title: 'sendManySync of 16', program: node, batch: batchSize },
  floorSingle: { title: 'C: pipc_send', program: floor, batch: 1 },
  floorBatches: { title: 'C: pipc_send_many of 16', program: floor, batch: batchSize },
} as const;

export const stepsWriters = ({ runs }: Settings) => runs * Object.keys(ways).length;

export async function measureWriters({ seconds, runs }: Settings, tick: () => void): Promise<Writers> {
  const entries = Object.entries(ways) as [WritersName, (typeof ways)[WritersName]][];
  const measured = Object.fromEntries(
    entries.map(([name, { title }]) => [name, { title, runs: [] as Crowded[] }]),
  ) as Writers;
  for (let run = 0; run < runs; run++) {
    for (const [name, { program, batch }] of entries) {
      measured[name].runs.push(await together(program, batch, seconds));
      tick();
    }
  }
  return measured;
}

/** All on both CPUs, as the scheduler places them. */
function together(program: typeof node, batch: number, seconds: number): Promise<Crowded> {
  const cpus = '0,1';
  return withChannels(1, { capacity, writers: 'many' }, async (channel) => {
    const name = channel as string;
    const writers = Array.from({ length: writerCount }, (_, id) => ({
      command: program('writers', 'write', name, id, batch, seconds),
      cpus,
    }));
    const reader = { command: program('writers', 'read', name, writerCount), cpus };
    const crowded = await perform<Crowded>([reader, ...writers]);
    if (crowded.milliseconds <= 0) throw new Error('one writer had ended before another one began');
    return crowded;
  });
}
