import { inspect } from 'posix-ipc';
import { expect } from 'vitest';
import { fixture, run } from './program.js';

/** Which object is meant: by its name, or by its kind and id. */
type Which = string | [inspect.ObjectRecord['kind'], number];

const is = (which: Which) => (object: inspect.ObjectRecord) =>
  typeof which === 'string'
    ? 'name' in object && object.name === which
    : object.kind === which[0] && 'id' in object && object.id === which[1];

export function verdictOn(which: Which): inspect.Judged {
  const found = inspect.verdicts().verdicts.filter(({ object }) => is(which)(object));
  expect(found).toHaveLength(1);
  return found[0];
}

export function leakOf(which: Which): inspect.Leak | undefined {
  return inspect.leaks().leaks.find(({ object }) => is(which)(object));
}

export const asNobody = ['setpriv', '--reuid=65534', '--clear-groups'];

/** A place in which every process can be looked into: on some machines not even root may, with the first of all. */
export const alone = ['unshare', '--pid', '--fork', '--mount-proc'];

/** What another process tells of the one object whose property begins so, started by the words given. */
export async function verdictElsewhere(words: string[], property: string, value: string) {
  const [command, ...rest] = [...words, process.execPath, fixture('inspect/leaks.mjs'), property, value];
  const { stdout, stderr, code } = await run(command, rest);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const found: (inspect.Judged & { remove?: string })[] = JSON.parse(stdout);
  expect(found).toHaveLength(1);
  return found[0];
}
