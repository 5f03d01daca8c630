import type { Bandwidth } from '../../scenarios/channel/bandwidth.js';
import { type Claim, judge, type Report, ratios } from './claims.js';

const leastOfMemcpy = 0.8;
/** The cost in place of a larger message, beside that of the smallest: it is the same, but for noise. */
const mostGrowth = 1.25;

const giga = (sample: readonly number[]) => sample.map((bytes) => bytes / 1e9);

export function reportBandwidth({ channel, header, alone, memcpy, wrong, inPlace }: Bandwidth): Report {
  const [smallest, ...larger] = inPlace;
  const claims: Claim[] = [
    { title: 'messages of 1 MiB, both copies counted', measured: giga(channel), unit: 'GB/s' },
    { title: 'the same by the C header', measured: giga(header), unit: 'GB/s' },
    { title: 'both sides in one process', measured: giga(alone), unit: 'GB/s' },
    { title: 'memcpy of 1 MiB in C', measured: giga(memcpy), unit: 'GB/s' },
    { title: 'the first beside memcpy', measured: ratios(channel, memcpy), atLeast: leastOfMemcpy },
    { title: 'both sides in one process, beside memcpy', measured: ratios(alone, memcpy) },
    { title: 'messages lost, doubled or damaged', measured: [wrong], atMost: 0 },
    ...inPlace.map(({ size, nanoseconds }) => ({
      title: `claim, commit, lease, release of ${size} B`,
      measured: nanoseconds,
      unit: 'ns',
    })),
    ...larger.map(({ size, nanoseconds }) => ({
      title: `the same, ${size} B / ${smallest?.size} B`,
      measured: ratios(nanoseconds, smallest?.nanoseconds ?? []),
      atMost: mostGrowth,
    })),
  ];
  return judge(claims);
}
