import { floor, node, perform, type Settings, shortRun, withChannels } from './crew.js';

const capacity = 16 * 2 ** 20;
const large = 2 ** 20;
/** Bytes that each side goes round: more than a cache holds. */
const area = 64 * 2 ** 20;

export interface Bandwidth {
  /** Bytes a second, of each run: what both sides of the channel copy, here and in C, and what memcpy does. */
  readonly channel: number[];
  /** With both sides in one process: no cache line goes from one CPU to another. */
  readonly alone: number[];
  readonly header: number[];
  readonly memcpy: number[];
  readonly wrong: number;
  /** Nanoseconds of a message that is written and read in place. */
  readonly inPlace: readonly { readonly size: number; readonly nanoseconds: number[] }[];
}

interface Copied {
  readonly messages: number;
  readonly milliseconds: number;
  readonly wrong: number;
}
type Copy = (seconds: number) => Promise<Copied>;

const betweenCpus =
  (program: typeof node): Copy =>
  (seconds) =>
    withChannels(1, { capacity }, (name) => {
      const args = [name as string, large, area, seconds];
      return perform([
        { command: program('bulk', 'read', ...args), cpus: '1' },
        { command: program('bulk', 'write', ...args), cpus: '0' },
      ]);
    });

const alone: Copy = (seconds) =>
  withChannels(1, { capacity }, (name) =>
    perform([{ command: node('bulk', 'both', name as string, large, area, seconds), cpus: '0' }]),
  );

const ways = { channel: betweenCpus(node), header: betweenCpus(floor), alone } as const;

const sizes = [64, 65_536, large];

export const stepsBandwidth = ({ runs }: Settings) => runs * (Object.keys(ways).length + 1 + sizes.length);

export async function measureBandwidth(settings: Settings, tick: () => void): Promise<Bandwidth> {
  const seconds = shortRun(settings);
  const measured = {
    channel: [] as number[],
    header: [] as number[],
    alone: [] as number[],
    memcpy: [] as number[],
    wrong: 0,
    inPlace: sizes.map((size) => ({ size, nanoseconds: [] as number[] })),
  };
  for (let run = 0; run < settings.runs; run++) {
    for (const [side, copy] of Object.entries(ways) as [keyof typeof ways, Copy][]) {
      const { messages, milliseconds, wrong } = await copy(seconds);
      measured[side].push((2 * messages * large) / (milliseconds / 1000));
      measured.wrong += wrong;
      tick();
    }
    const copied = await perform<{ bytes: number; milliseconds: number }>([
      { command: floor('copy', large, area, seconds), cpus: '0' },
    ]);
    measured.memcpy.push(copied.bytes / (copied.milliseconds / 1000));
    tick();
    for (const { size, nanoseconds } of measured.inPlace) {
      nanoseconds.push(await passInPlace(size, seconds));
      tick();
    }
  }
  return measured;
}

function passInPlace(size: number, seconds: number): Promise<number> {
  return withChannels(1, { capacity }, async (name) => {
    const program = { command: node('in-place', name as string, size, seconds), cpus: '0' };
    return (await perform<{ nanoseconds: number }>([program])).nanoseconds;
  });
}
