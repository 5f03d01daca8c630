import { floor, node, perform, type Settings, shortRun, withChannels } from './crew.js';

const capacity = 16 * 2 ** 20;
const large = 2 ** 20;
/** Bytes that each side goes round: more than a cache holds. */
const area = 64 * 2 ** 20;

export interface Bandwidth {
  /** Bytes a second, of each run: what both sides of the channel copy, here and in C, and what memcpy does. */
  readonly channel: number[];
  readonly header: number[];
  readonly memcpy: number[];
  readonly wrong: number;
  /** Nanoseconds of a message that is written and read in place. */
  readonly inPlace: readonly { readonly size: number; readonly nanoseconds: number[] }[];
}

const sizes = [64, 65_536, large];

export const stepsBandwidth = ({ runs }: Settings) => runs * (3 + sizes.length);

export async function measureBandwidth(settings: Settings, tick: () => void): Promise<Bandwidth> {
  const seconds = shortRun(settings);
  const measured = {
    channel: [] as number[],
    header: [] as number[],
    memcpy: [] as number[],
    wrong: 0,
    inPlace: sizes.map((size) => ({ size, nanoseconds: [] as number[] })),
  };
  for (let run = 0; run < settings.runs; run++) {
    for (const side of ['channel', 'header'] as const) {
      const { messages, milliseconds, wrong } = await copyThrough(side === 'channel' ? node : floor, seconds);
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

function copyThrough(program: typeof node, seconds: number) {
  return withChannels(1, { capacity }, (name) => {
    const args = [name as string, large, area, seconds];
    return perform<{ messages: number; milliseconds: number; wrong: number }>([
      { command: program('bulk', 'read', ...args), cpus: '1' },
      { command: program('bulk', 'write', ...args), cpus: '0' },
    ]);
  });
}

function passInPlace(size: number, seconds: number): Promise<number> {
  return withChannels(1, { capacity }, async (name) => {
    const program = { command: node('in-place', name as string, size, seconds), cpus: '0' };
    return (await perform<{ nanoseconds: number }>([program])).nanoseconds;
  });
}
