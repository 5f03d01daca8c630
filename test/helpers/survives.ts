import { expect } from 'vitest';
import { name } from './objects.js';
import { fixture, type ProgramOptions, run } from './program.js';

interface Life extends ProgramOptions {
  /** What the program is given after the name of its objects. */
  words?: string[];
  /** A command before Node. */
  under?: string[];
  code?: number;
}

/** Runs a program of test/fixtures/defects on objects of its own: no signal ends it, and none of its assertions fails. Gives what it printed. */
export async function survives(
  program: string,
  { words = [], under = [], code = 0, ...options }: Life = {},
): Promise<string> {
  const command = [
    ...under,
    process.execPath,
    '--expose-gc',
    fixture(`defects/${program}.mjs`),
    name(),
    ...words,
  ];
  const ended = await run(command[0], command.slice(1), options);
  expect({ code: ended.code, signal: ended.signal, stderr: ended.stderr }).toEqual({
    code,
    signal: null,
    stderr: '',
  });
  return ended.stdout;
}
