import { IpcError } from 'posix-ipc';

// mulberry32, begun anew for each step.
let state = 0;
export function begin(seed, step) {
  state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(step + 1, 0x85ebca6b)) | 0;
}
export function word() {
  state = (state + 0x6d2b79f5) | 0;
  let value = Math.imul(state ^ (state >>> 15), state | 1);
  value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
  return (value ^ (value >>> 14)) >>> 0;
}
export const below = (limit) => word() % limit;
export const oneIn = (times) => below(times) === 0;
export const oneOf = (values) => values[below(values.length)];
export const bytes = (length) => Buffer.from(Array.from({ length }, () => word() & 255));

export const interesting = () =>
  oneOf([0, 0xffffffff, (1 << below(32)) >>> 0, word(), (below(1024) << 20) | below(4), 0x80000001]);

// Refused by the system, or a value that no lock has (`at` beyond the memory): both are answers.
export function refused(error) {
  if (error instanceof IpcError || /^ERR_/.test(error.code)) return;
  throw error;
}
export function attempt(call) {
  try {
    return call();
  } catch (error) {
    refused(error);
  }
}
export const awaited = (promise) => promise?.catch(refused);
