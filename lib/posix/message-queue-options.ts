import { constants as fileConstants } from 'node:fs';
import { constants } from 'node:os';
import { argumentError } from '../errors.js';
import { checkInteger, type OwnerOption, show } from '../options.js';
import type { FileStatus } from './file-status.js';

export const accesses = {
  read: fileConstants.O_RDONLY,
  write: fileConstants.O_WRONLY,
  readWrite: fileConstants.O_RDWR,
} as const;

/** What a handle may do: receive, send, or both. */
export type Access = keyof typeof accesses;

export interface MessageQueueCreateOptions {
  /** How many messages it holds: the system's default (fs.mqueue.msg_default, 10), at most fs.mqueue.msg_max. */
  maxMessages?: number | undefined;
  /** Bytes of the longest message: the system's default (fs.mqueue.msgsize_default, 8192). */
  messageSize?: number | undefined;
  /** Permission bits, from which the kernel takes the umask: 0o600. */
  mode?: number | undefined;
  /** `'readWrite'`. */
  access?: Access | undefined;
  /** Unlink it when this process ends in any way that can be caught, if this call has created it: false. */
  unlinkOnExit?: boolean | undefined;
}

export interface MessageQueueOpenOptions extends OwnerOption {
  /** `'readWrite'`. */
  access?: Access | undefined;
}

export interface MessageQueueOpenOrCreateOptions extends MessageQueueCreateOptions, OwnerOption {}

export interface SendOptions {
  /** 0 to 32767; the highest is received first, and within one the oldest: 0. */
  priority?: number | undefined;
}

export interface Message {
  /** A buffer of its own. */
  data: Buffer;
  priority: number;
}

/** What `…Into` tells of a message whose bytes are in the caller's buffer. */
export interface Received {
  /** Bytes. */
  length: number;
  priority: number;
}

export interface MessageQueueStatus extends FileStatus {
  maxMessages: number;
  messageSize: number;
  /** Messages in it. */
  length: number;
}

export const createOptions = ['maxMessages', 'messageSize', 'mode', 'access', 'unlinkOnExit'] as const;
export const openOptions = ['access', 'owner'] as const;
export const openOrCreateOptions = [...createOptions, 'owner'] as const;
export const sendOptions = ['priority'] as const;
export const sendSyncOptions = ['priority', 'timeout'] as const;
export const waitOptions = ['timeout', 'signal'] as const;
export const sendWaitOptions = ['priority', ...waitOptions] as const;

/** MQ_PRIO_MAX - 1. */
const highestPriority = 32767;

/** -1 leaves it to the system. */
export function limitOf(value: unknown, name: string): number {
  return value === undefined ? -1 : checkInteger(value, name, 1);
}

export function checkPriority(value: unknown): number {
  return value === undefined ? 0 : checkInteger(value, 'priority', 0, highestPriority);
}

/** The number of a signal by which the program will not end. */
export function checkSignal(signal: unknown): number {
  const number = (constants.signals as Record<string, number>)[String(signal)];
  if (number === undefined) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `\`signal\`: expected the name of a signal such as 'SIGUSR2', got ${show(signal)}`,
    );
  }
  if (signal === 'SIGUSR1') {
    throw argumentError('ERR_INVALID_ARG_VALUE', "`signal`: SIGUSR1 starts Node's debugger; take SIGUSR2");
  }
  if (process.listenerCount(signal as NodeJS.Signals) === 0) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `\`signal\`: nobody listens for ${signal}, and it would end the process: first process.on('${signal}', …)`,
    );
  }
  return number;
}
