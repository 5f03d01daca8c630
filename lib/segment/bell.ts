import { type NativeBell, native } from '../native.js';

/** Who sleeps at a bell. */
export interface Sleeper {
  /** Something happened at the file; `closed`: somebody closed it, or died. */
  rung(closed: boolean): void;
}

/** The sleepers of this event loop by watch descriptor. Weakly: a lock that is forgotten is collected, and its end rings. */
const sleepers = new Map<number, Set<WeakRef<Sleeper>>>();
/** Events that one call gives: native/binding/watcher.cc. */
const most = 16;
const pairs = new Int32Array(2 * most);
let opened: boolean | undefined;

/** Hears the bell of one segment for one sleeper, while it is on. */
export class Bell {
  readonly #native: NativeBell;
  readonly #sleeper: WeakRef<Sleeper>;
  #watch: number | undefined;

  constructor(nativeBell: NativeBell, sleeper: Sleeper) {
    this.#native = nativeBell;
    this.#sleeper = new WeakRef(sleeper);
  }

  /** Whether it is heard at this moment. */
  get heard(): boolean {
    return this.#watch !== undefined;
  }

  /** Whether it can be heard; false where this user has no inotify instance or watch left. */
  listen(): boolean {
    if (this.#watch !== undefined) return true;
    opened ||= native().openWatcher(ready);
    if (!opened) return false;
    const watch = this.#native.watch();
    if (watch === -1) return false;
    let those = sleepers.get(watch);
    if (those === undefined) {
      those = new Set();
      sleepers.set(watch, those);
    }
    those.add(this.#sleeper);
    this.#watch = watch;
    return true;
  }

  ignore(): void {
    if (this.#watch === undefined) return;
    forget(this.#watch, this.#sleeper);
    this.#watch = undefined;
  }
}

function forget(watch: number, sleeper: WeakRef<Sleeper>): void {
  const those = sleepers.get(watch);
  if (!those?.delete(sleeper) || those.size > 0) return;
  sleepers.delete(watch);
  native().unwatch(watch);
}

/** Kept by this module: the native side holds it weakly. */
function ready(): void {
  let count: number;
  do {
    count = native().readWatcher(pairs);
    if (count === 1) sound(pairs[0] as number, pairs[1] === 1);
    else for (const [watch, closed] of mergeBy(count)) sound(watch, closed);
    // Fewer than it could have given: they were all.
  } while (count === most);
}

function sound(watch: number, closed: boolean): void {
  if (watch !== -1) ring(watch, closed);
  else for (const each of [...sleepers.keys()]) ring(each, true);
}

/** One ring for each watch, however many events it had. */
function mergeBy(count: number): Map<number, boolean> {
  const rung = new Map<number, boolean>();
  for (let index = 0; index < count; index++) {
    const watch = pairs[2 * index] as number;
    rung.set(watch, rung.get(watch) === true || pairs[2 * index + 1] === 1);
  }
  return rung;
}

function ring(watch: number, closed: boolean): void {
  for (const reference of [...(sleepers.get(watch) ?? [])]) {
    const sleeper = reference.deref();
    if (sleeper === undefined) forget(watch, reference);
    else sleeper.rung(closed);
  }
}
