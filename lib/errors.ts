import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { hintFor } from './hints.js';

/** What a refused call was about. */
export interface Subject {
  readonly path?: string;
  readonly key?: number;
  readonly id?: number;
  /** What is wrong in a segment. */
  readonly field?: string;
  /** What it is instead of what was asked for. */
  readonly found?: string | number;
  /** Who has what was asked for. */
  readonly holder?: string;
}

/**
 * The system said no, or a state of this library that borrows the system's word for it (a closed handle is `EBADF`).
 * The message has Node's own form: `EEXIST: file already exists, shm_open '/ring'`; a hint follows on a line of its own.
 */
export class IpcError extends Error {
  /** The symbolic errno, such as `ENOENT`: errno(3). */
  declare readonly code: string;
  /** Its number, negative as in Node's own system errors. */
  declare readonly errno: number;
  /** The function whose manual page explains the refusal. */
  declare readonly syscall: string;
  /** The name of a POSIX object. */
  declare readonly path?: string;
  /** The key of a System V object that could not be found or made. */
  declare readonly key?: number;
  /** The identifier of a System V object. */
  declare readonly id?: number;
  /** With `EPROTO` and `EBADMSG` of a segment: what is wrong in it, such as `layout version`. */
  declare readonly field?: string;
  /** What to do about it, with the limits of this system where one was hit. */
  declare readonly hint?: string;
  /**
   * With `EFAULT` and `EOVERFLOW` of `msgrcv`: the message that was taken from the queue, and its type, which no number can hold
   * (only a program that is not ours can have sent it).
   */
  declare readonly received?: { readonly data: Buffer; readonly type: bigint };

  constructor(
    code: string,
    syscall: string,
    subject: Subject = {},
    received?: { data: Buffer; type: bigint },
  ) {
    const hint = hintFor(code, syscall, subject);
    super(messageOf(code, syscall, subject) + (hint === undefined ? '' : `\n  ${hint}`));
    this.code = code;
    this.errno = -errnoOf(code);
    this.syscall = syscall;
    if (subject.path !== undefined) this.path = subject.path;
    if (subject.key !== undefined) this.key = subject.key;
    if (subject.id !== undefined) this.id = subject.id;
    if (subject.field !== undefined) this.field = subject.field;
    if (hint !== undefined) this.hint = hint;
    if (received !== undefined) this.received = received;
  }

  static {
    Object.defineProperty(IpcError.prototype, 'name', {
      value: 'IpcError',
      writable: true,
      configurable: true,
    });
  }
}

/** The factory that the addon calls: `kind` is `path`, `key` or `id`. */
export function systemError(
  errno: number,
  syscall: string,
  kind: string,
  subject: string | number,
  field?: string,
): IpcError {
  const about = { [kind]: subject };
  const error = new IpcError(codeOf(errno), syscall, field === undefined ? about : { ...about, field });
  Error.captureStackTrace(error, systemError);
  return error;
}

/** You called it wrongly: an argument of the wrong type or form. */
export function argumentError(
  code: 'ERR_INVALID_ARG_TYPE' | 'ERR_INVALID_ARG_VALUE',
  message: string,
): TypeError {
  return Object.assign(new TypeError(message), { code });
}

/** You called it wrongly: a number outside its range. */
export function rangeError(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
}

/** A method borrowed by an object that is not of its class. */
export function receiverError(className: string): TypeError {
  return Object.assign(new TypeError(`Value of "this" must be of type ${className}`), {
    code: 'ERR_INVALID_THIS',
  });
}

/** A call on a handle that close() has ended. */
export function closedError(method: string, subject: Subject): IpcError {
  return new IpcError('EBADF', method, subject);
}

/** A class whose objects come from `create`, `open` or `openOrCreate` only. */
export function constructorError(className: string, from: string): TypeError {
  return Object.assign(new TypeError(`Illegal constructor: use ${className}.${from}`), {
    code: 'ERR_ILLEGAL_CONSTRUCTOR',
  });
}

/** Words for what libuv, and so Node's own table, does not know, or knows of sockets only. */
const ownMessages: Readonly<Record<string, string>> = {
  EALREADY: 'already done',
  EBADMSG: 'bad message',
  EDEADLK: 'resource deadlock avoided',
  EIDRM: 'identifier removed',
  ENOLCK: 'no locks available',
  ENOMSG: 'no message of desired type',
  ENOTRECOVERABLE: 'state not recoverable',
  EOWNERDEAD: 'previous owner died',
  ESTALE: 'stale handle',
  ETIMEDOUT: 'operation timed out',
};

const otherNumbers: Readonly<Record<string, number>> = { EOWNERDEAD: 130, ENOTRECOVERABLE: 131 };

function errnoOf(code: string): number {
  return (constants.errno as Record<string, number>)[code] ?? otherNumbers[code] ?? 0;
}

let codes: Map<number, string> | undefined;

function codeOf(errno: number): string {
  if (codes === undefined) {
    const pairs = [...Object.entries(otherNumbers), ...Object.entries(constants.errno)];
    codes = new Map(pairs.map(([code, number]) => [number, code]));
    // Numbers with two names: the manuals' one.
    for (const code of ['EAGAIN', 'ENOTSUP']) codes.set(errnoOf(code), code);
  }
  return codes.get(errno) ?? `E${errno}`;
}

function messageOf(code: string, syscall: string, { path, key, id }: Subject): string {
  const words = ownMessages[code] ?? getSystemErrorMap().get(-errnoOf(code))?.[1] ?? 'system error';
  const about =
    path !== undefined
      ? ` '${path}'`
      : key !== undefined
        ? ` key 0x${key.toString(16).padStart(8, '0')}`
        : id !== undefined
          ? ` id ${id}`
          : '';
  return `${code}: ${words}, ${syscall}${about}`;
}
