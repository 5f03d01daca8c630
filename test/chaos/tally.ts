import type { Member } from './company.js';
import { Head, Point } from './layout.js';
import type { Stage } from './stage.js';

/** What must not happen: each of these stays 0. */
export const faults = [
  'stuck',
  'lost',
  'duplicated',
  'unreported',
  'phantom',
  'corrupt',
  'torn',
  'disordered',
] as const;
export type Fault = (typeof faults)[number];

export interface Delay {
  readonly milliseconds: number;
  readonly resident: number;
  /** One without inotify has to look for itself, every 50 ms. */
  readonly hears: boolean;
}

/** What was seen over a whole run. */
export class Tally {
  readonly points: readonly string[];
  /** Whether each fault is told when it is found. */
  readonly loud: boolean;
  readonly counts: Record<Fault, number> = {
    stuck: 0,
    lost: 0,
    duplicated: 0,
    unreported: 0,
    phantom: 0,
    corrupt: 0,
    torn: 0,
    disordered: 0,
  };
  kills = 0;
  node = 0;
  armed = 0;
  /** Deaths that somebody was told of, and rounds of barriers that were passed. */
  told = 0;
  openings = 0;
  /** Messages that arrived; those that arrived again, or with a reader died, as they may. */
  messages = 0;
  again = 0;
  swallowed = 0;
  /** From each kill of a last peer until one was told: milliseconds, and MiB that the dead one had. */
  readonly delays: Delay[] = [];
  readonly #after: number[];
  readonly #followers: Set<number>[];

  constructor(points: readonly string[], loud: boolean) {
    this.points = points;
    this.loud = loud;
    this.#after = points.map(() => 0);
    this.#followers = points.map(() => new Set());
  }

  get faults(): number {
    return faults.reduce((sum, fault) => sum + this.counts[fault], 0);
  }

  fault(kind: Fault, what: string): void {
    this.counts[kind] += 1;
    if (this.loud) process.stderr.write(`chaos: ${kind}: ${what}\n`);
  }

  /** One that was killed. */
  death(stage: Stage, member: Member): void {
    this.kills += 1;
    if (member.node) {
      this.node += 1;
      return;
    }
    if (stage.ofSlot(member.slot, Point.died) !== 0) this.armed += 1;
    const last = stage.ofSlot(member.slot, Point.last);
    this.#after[last] = (this.#after[last] ?? 0) + 1;
  }

  /** What victims have counted themselves, and which points they passed one after another. */
  collect(stage: Stage, slots: number): void {
    for (const fault of faults) this.counts[fault] += stage.get(Head[fault]);
    for (let slot = 0; slot < slots; slot++) {
      this.#followers.forEach((followers, point) => {
        for (let next = 0; next < this.points.length; next++) {
          const word = stage.ofSlot(slot, Point.followers + 2 * point + (next >> 5));
          if ((word & (1 << (next & 31))) !== 0) followers.add(next);
        }
      });
    }
  }

  /** How many kills fell between each point and those that follow it. */
  table(enough: number, shown: (point: string) => boolean): string {
    const rows = this.points.flatMap((name, point) => {
      if (!shown(name)) return [];
      const next = [...(this.#followers[point] ?? [])].map((each) => this.points[each]).join(' ');
      const count = this.#after[point] ?? 0;
      const mark = count < enough ? '<' : ' ';
      return `${String(count).padStart(6)} ${mark} ${name.padEnd(20)} → ${next || '(the end)'}`;
    });
    return rows.join('\n');
  }

  below(enough: number, shown: (point: string) => boolean): string[] {
    return this.points.filter((name, point) => shown(name) && (this.#after[point] ?? 0) < enough);
  }

  faultsInWords(): string {
    return faults.map((fault) => `${fault} ${this.counts[fault]}`).join(', ');
  }

  summary(): string {
    return (
      `${this.kills} kills: ${this.kills - this.node} in C++ (${this.armed} at a point, the others at random), ` +
      `${this.node} in Node; ${this.told} deaths told, ${this.openings} openings of a barrier; ` +
      `${this.messages} messages, ${this.again} of them again, ${this.swallowed} died with their reader\n` +
      this.faultsInWords()
    );
  }

  /** How soon the survivors of a last peer were told. */
  delaysInWords(): string {
    const hear = this.delays.filter(({ hears }) => hears);
    const deaf = this.delays.filter(({ hears }) => !hears);
    return `${inWords(hear)}\nwithout inotify: ${inWords(deaf)}`;
  }
}

/** Against the bound of 100 ms and 0.15 ms for each MiB. */
function inWords(delays: readonly Delay[]): string {
  const times = delays.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  if (times.length === 0) return 'nobody has survived a last peer';
  const over = delays.filter((each) => each.milliseconds > 100 + 0.15 * each.resident).length;
  const shown = (share: number) => (times[Math.ceil(share * (times.length - 1))] as number).toFixed(2);
  return (
    `${times.length} survivors of a last peer told after p50 ${shown(0.5)} ms, p99 ${shown(0.99)} ms, ` +
    `most ${shown(1)} ms (bound: p50 5 ms; each 100 ms + 0.15 ms for each MiB: ${over} above it)`
  );
}
