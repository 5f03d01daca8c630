import { IpcError } from '../errors.js';

/** What is read here are files of Linux. */
export function requireLinux(method: string): void {
  if (process.platform !== 'linux') throw new IpcError('ENOTSUP', method);
}
