import { reportBandwidth } from '../../report/channel/bandwidth.js';
import type { Report } from '../../report/channel/claims.js';
import { reportOneWay } from '../../report/channel/one-way.js';
import { reportRoundTrips } from '../../report/channel/round-trip.js';
import { reportWriters } from '../../report/channel/writers.js';
import { measureBandwidth, stepsBandwidth } from './bandwidth.js';
import type { Settings } from './crew.js';
import { measureOneWay, stepsOneWay } from './one-way.js';
import { measureRoundTrips, stepsRoundTrips } from './round-trip.js';
import { measureWriters, stepsWriters } from './writers.js';

export interface ChannelPart {
  /** How often `run` ticks. */
  steps(settings: Settings): number;
  run(settings: Settings, tick: () => void): Promise<Report>;
}

export const channelParts = {
  'one-way': {
    steps: stepsOneWay,
    run: async (settings, tick) => reportOneWay(await measureOneWay(settings, tick)),
  },
  'round-trip': {
    steps: stepsRoundTrips,
    run: async (settings, tick) => reportRoundTrips(await measureRoundTrips(settings, tick)),
  },
  bandwidth: {
    steps: stepsBandwidth,
    run: async (settings, tick) => reportBandwidth(await measureBandwidth(settings, tick)),
  },
  writers: {
    steps: stepsWriters,
    run: async (settings, tick) => reportWriters(await measureWriters(settings, tick)),
  },
} as const satisfies Record<string, ChannelPart>;

export type PartName = keyof typeof channelParts;
