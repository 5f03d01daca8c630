import { custom, describe } from '../describe.js';
import { constructorError, receiverError } from '../errors.js';
import { promiseExitCleanup } from '../exit-cleanup.js';
import { internal } from '../handle.js';
import { type NativeSysvKind, native } from '../native.js';
import { checkBoolean, checkInteger, checkOptions } from '../options.js';
import { KeepAlive } from '../waiting/keep-alive.js';

export interface SysvCreateOptions {
  /** Permission bits; the umask does not count here: 0o600. */
  mode?: number | undefined;
  /** Remove it when this process ends in any way that can be caught, if this call has created it: false. */
  removeOnExit?: boolean | undefined;
}

/** What IPC_STAT tells of every kind. Times that have not come are the epoch. */
export interface SysvStatus {
  /** Without its sign, as `ipcs` prints it. */
  key: number;
  id: number;
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  /** The creator's. */
  cuid: number;
  cgid: number;
  changeTime: Date;
}

/** What IPC_SET changes; the rest stays. */
export interface SysvChange {
  uid?: number | undefined;
  gid?: number | undefined;
  mode?: number | undefined;
}

/** An identifier that was found or made. */
export interface Identified {
  readonly id: number;
  readonly key: number;
  readonly created: boolean;
}

const changeOptions = ['uid', 'gid', 'mode'] as const;
const greatestId = 2 ** 32 - 2;

/**
 * A System V object: sysvipc(7). It is its identifier; this process holds nothing of it, so there is nothing to close.
 * It stays until somebody removes it, and then every call on it fails with `EIDRM` or `EINVAL`.
 */
export abstract class SysvObject<Status extends SysvStatus, Change extends SysvChange = SysvChange> {
  readonly #kind: NativeSysvKind;
  readonly #className: string;
  readonly #identified: Identified;
  /** @internal */
  protected readonly keepAlive = new KeepAlive();

  /** @internal */
  constructor(key: typeof internal, className: string, kind: NativeSysvKind, identified: Identified) {
    if (key !== internal) throw constructorError(className, 'create, open, openOrCreate or fromId');
    this.#kind = kind;
    this.#className = className;
    this.#identified = identified;
  }

  static #of<S extends SysvStatus, C extends SysvChange>(value: SysvObject<S, C>): SysvObject<S, C> {
    if (typeof value !== 'object' || value === null || !(#kind in value)) throw receiverError('SysvObject');
    return value;
  }

  /** The identifier, as `ipcs` lists it. */
  get id(): number {
    return SysvObject.#of(this).#identified.id;
  }

  /** The key, without its sign; 0 is IPC_PRIVATE. */
  get key(): number {
    return SysvObject.#of(this).#identified.key;
  }

  /** Whether this object of JavaScript has made the one of the kernel. */
  get created(): boolean {
    return SysvObject.#of(this).#identified.created;
  }

  stat(): Status {
    const object = SysvObject.#of(this);
    return object.#kind.stat(object.id) as Status;
  }

  /** Changes owner, group and permissions; for the owner, the creator and root: else `EPERM`. */
  set(change: Change): void {
    const object = SysvObject.#of(this);
    object.apply(checkOptions<SysvChange>(change, changeOptions), -1);
  }

  /** Removes it for everybody; who waits on it gets `EIDRM`. An attached segment goes with its last attachment. */
  remove(): void {
    const object = SysvObject.#of(this);
    object.#kind.remove(object.id);
  }

  /** Pending waits keep the process alive: so it is from the start. */
  ref(): void {
    SysvObject.#of(this).keepAlive.ref();
  }

  /** Pending waits no longer keep the process alive. */
  unref(): void {
    SysvObject.#of(this).keepAlive.unref();
  }

  [custom](_depth: number, options: object): string {
    const object = SysvObject.#of(this);
    const { id, key, created } = object;
    return describe(`sysv.${object.#className}`, { id, key, created }, options);
  }

  /** @internal */
  protected apply(change: SysvChange, maxBytes: number): void {
    const object = SysvObject.#of(this);
    const { uid, gid, mode } = change;
    object.#kind.set(
      object.id,
      uid === undefined ? -1 : checkInteger(uid, 'uid', 0, greatestId),
      gid === undefined ? -1 : checkInteger(gid, 'gid', 0, greatestId),
      mode === undefined ? -1 : checkInteger(mode, 'mode', 0, 0o777),
      maxBytes,
    );
  }
}

/** After a `get`: the answer in words, and the promise of `removeOnExit` made for what is new. */
export function identified(kind: NativeSysvKind, id: number, key: number, removeOnExit: boolean): Identified {
  const created = native().answers[0] === 1;
  if (created && removeOnExit) {
    promiseExitCleanup(
      () => kind.removeOnExit(id),
      () => kind.remove(id),
    );
  }
  return { id, key, created };
}

/** The object with this identifier, as a parent tells it to a child. */
export function found(kind: NativeSysvKind, id: unknown): Identified {
  const { key } = kind.stat(checkInteger(id, 'id', 0, 2 ** 31 - 1)) as SysvStatus;
  return { id: id as number, key, created: false };
}

export function checkRemoveOnExit(value: unknown): boolean {
  return checkBoolean(value, 'removeOnExit', false);
}
