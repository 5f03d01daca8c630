import { argumentError } from '../errors.js';
import { checkBoolean, checkInteger } from '../options.js';
import type { SysvChange, SysvCreateOptions, SysvStatus } from './object.js';

export interface MessageQueueCreateOptions extends SysvCreateOptions {
  /** Bytes of all messages together: kernel.msgmnb. */
  maxBytes?: number | undefined;
}

export interface SendOptions {
  /** 1 to 2^53 - 1: 1. */
  type?: number | undefined;
}

/** Which message is received. */
export interface Selection {
  /** 0: the oldest. Positive: the oldest of that type. Negative: of the lowest type up to its absolute value. 0. */
  type?: number | undefined;
  /** With a positive type: the oldest of any other type (MSG_EXCEPT). False. */
  except?: boolean | undefined;
  /** Cut a message that is too long, and lose the rest (MSG_NOERROR), instead of refusing it with `E2BIG`. False. */
  truncate?: boolean | undefined;
}

export interface ReceiveOptions extends Selection {
  /** Bytes; a longer message is `E2BIG` and stays, or is cut by `truncate`. Without it every message fits. */
  maxLength?: number | undefined;
}

export interface Message {
  /** A buffer of its own. */
  data: Buffer;
  type: number;
}

/** What `…Into` tells of a message whose bytes are in the caller's buffer. */
export interface Received {
  /** Bytes. */
  length: number;
  type: number;
}

export interface MessageQueueStatus extends SysvStatus {
  /** Messages in it. */
  length: number;
  /** Bytes of them together. */
  bytes: number;
  maxBytes: number;
  lastSendPid: number;
  lastReceivePid: number;
  sendTime: Date;
  receiveTime: Date;
}

export interface MessageQueueChange extends SysvChange {
  /** Above kernel.msgmnb only for root: else `EPERM`. */
  maxBytes?: number | undefined;
}

export const createOptions = ['mode', 'maxBytes', 'removeOnExit'] as const;
export const changeOptions = ['uid', 'gid', 'mode', 'maxBytes'] as const;
export const sendOptions = ['type'] as const;
export const sendSyncOptions = ['type', 'timeout'] as const;
export const selectionOptions = ['type', 'except', 'truncate'] as const;
export const receiveOptions = [...selectionOptions, 'maxLength'] as const;
export const everyOption = [...receiveOptions, 'timeout'] as const;
export const sendWaitOptions = ['type', 'timeout', 'signal'] as const;
export const receiveWaitOptions = [...everyOption, 'signal'] as const;
export const intoWaitOptions = [...selectionOptions, 'timeout', 'signal'] as const;

export const anyMessage = { type: 0, except: false, truncate: false } as const;

export function checkType(value: unknown): number {
  return value === undefined ? 1 : checkInteger(value, 'type', 1);
}

/** With every default. */
export type CheckedSelection = ReturnType<typeof checkSelection>;

export function checkSelection(options: Partial<ReceiveOptions>) {
  const type = options.type === undefined ? 0 : checkInteger(options.type, 'type', Number.MIN_SAFE_INTEGER);
  const except = checkBoolean(options.except, 'except', false);
  const truncate = checkBoolean(options.truncate, 'truncate', false);
  const { maxLength } = options;
  if (except && type <= 0) {
    throw argumentError('ERR_INVALID_ARG_VALUE', '`except`: only a positive `type` can be excepted');
  }
  if (maxLength !== undefined) checkInteger(maxLength, 'maxLength', 0, 2 ** 31 - 1);
  return { type, except, truncate, maxLength };
}
