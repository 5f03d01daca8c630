import { expect } from 'vitest';

// For toThrow() and rejects: the three families of errors, told by what a program can rely on.

/** The system, or a state of the library, said no. */
export const ipcError = (code: unknown, syscall: string, about: object = {}) =>
  expect.objectContaining({ name: 'IpcError', code, syscall, ...about });

/** The call was wrong: the type or form of an argument. */
export const typeError = (code: string, words = '') =>
  expect.objectContaining({ name: 'TypeError', code, message: expect.stringContaining(words) });

/** The call was wrong: a number outside its range. */
export const rangeError = (words = '') =>
  expect.objectContaining({
    name: 'RangeError',
    code: 'ERR_OUT_OF_RANGE',
    message: expect.stringContaining(words),
  });
