import { Random } from './random.js';

export type Role = 'work' | 'barrier' | 'write' | 'read' | 'set' | 'get' | 'announce' | 'hear';

/** How one victim lives and dies. */
export interface Plan {
  readonly node: boolean;
  readonly seed: number;
  /** The part of the points with which it is mostly about. */
  readonly focus: string;
  /** The point where it kills itself, at which passing; and one where it is slow before. */
  readonly armed: number;
  readonly countdown: number;
  readonly napAt: number;
  /** Milliseconds until it is killed, from its start or from when it is ready. */
  readonly lifetime: number;
  readonly fromStart: boolean;
}

/** The point at which one must be slow for another one to be passed often. */
const slowed: Record<string, string> = {
  'rw.retreated': 'rw.flagged',
  'bell.taken': 'bell.flagged',
  'create.published': 'create.claimed',
};

/** Points that one passes seldom: to die there at the first time. */
const rare = [
  'create.claimed',
  'mutex.inherited',
  'mutex.consistent',
  'rw.retreated',
  'barrier.opened',
  'barrier.deserted',
  'barrier.broken',
  'barrier.reset',
];

/** Points that only those at an end of a channel pass that has room for many. */
const ofMany = ['mutex.waiting', 'mutex.consistent'];

/** Points of a channel that few victims pass, or seldom: to be chosen more often. */
const ofFew = [
  'ring.written',
  'ring.copied',
  'mutex.waiting',
  'mutex.inherited',
  'mutex.consistent',
  'seat.roled',
  'bell.taken',
];

/** What only a writer, and only a reader, of a latest value or a broadcast passes. */
const ofWideWriter = [
  'mutex.locked',
  'mutex.inherited',
  'mutex.unlocked',
  'bell.taken',
  'bell.counted',
  'bell.rung',
];
const ofWideReader = [...ofWideWriter.slice(3), 'bell.flagged', 'bell.looked', 'ring.deserted'];
const ofWide: Partial<Record<Role, readonly string[]>> = {
  set: ['latest.filled', 'latest.published', ...ofWideWriter],
  get: ['latest.copied', ...ofWideReader],
  announce: [
    'broadcast.intended',
    'broadcast.written',
    'broadcast.finished',
    'broadcast.published',
    ...ofWideWriter,
  ],
  hear: ['broadcast.copied', ...ofWideReader],
};

/**
 * The plan of victim `number` of all: of the seed alone, so that it replays the schedule. `many`: at its end of a channel
 * there is room for many.
 */
export function planOf(
  seed: number,
  number: number,
  role: Role,
  nodeShare: number,
  points: string[],
  many = true,
): Plan {
  const random = new Random(seed, number);
  const atChannel = role === 'write' || role === 'read';
  // One that is slow at its turn lets others wait for theirs, and mostly dies in it.
  const napAt = atChannel && many && random.below(3) === 0 ? points.indexOf('mutex.locked') : 0;
  const plan = { seed: random.below(2 ** 31), focus: '', armed: 0, countdown: 0, napAt };
  const life = role === 'barrier' ? 100 : 30;
  if (Math.floor((number + 1) * nodeShare) > Math.floor(number * nodeShare))
    return { ...plan, node: true, lifetime: random.below(2 * life), fromStart: random.below(20) === 0 };
  if (random.below(2) === 0)
    return { ...plan, node: false, lifetime: random.below(life), fromStart: random.below(4) === 0 };

  const few = atChannel ? ofFew : (ofWide[role] ?? []);
  const more = [...few, ...few];
  const comes = (name: string) => comesTo(role, name) && (many || !ofMany.includes(name));
  const point = random.pick([...points, ...rare, ...more].filter(comes));
  const slow = slowed[point];
  return {
    ...plan,
    node: false,
    focus: point.split('.')[0] as string,
    armed: points.indexOf(point),
    countdown: rare.includes(point) ? 1 : 1 + random.below(random.below(3) === 0 ? 20 : 3),
    napAt: slow === undefined ? napAt : points.indexOf(slow),
    // Where it does not come there, it is killed after a while all the same.
    lifetime: (rare.includes(point) ? 400 : 150) + random.below(50),
    fromStart: false,
  };
}

const ofOneEnd: Record<string, Role> = {
  'ring.written': 'write',
  'ring.published': 'write',
  'ring.copied': 'read',
  'ring.advanced': 'read',
};

/** Whether one of that role passes the point. */
export function comesTo(role: Role, point: string): boolean {
  const part = point.split('.')[0] as string;
  const own = ofWide[role];
  if (own !== undefined) return part === 'seat' || own.includes(point);
  if (['start', 'latest', 'broadcast'].includes(part)) return false;
  if (part === 'bell' || (part === 'seat' && point !== 'seat.roled')) return true;
  if (role === 'write' || role === 'read')
    return (
      part === 'mutex' || point === 'seat.roled' || (part === 'ring' && (ofOneEnd[point] ?? role) === role)
    );
  if (part === 'ring' || point === 'seat.roled') return false;
  return (part === 'barrier') === (role === 'barrier');
}
