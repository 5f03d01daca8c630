import { inspect } from 'node:util';

/** The text of `util.inspect` for a handle: its class and what a reader wants to know of it. */
export function describe(className: string, fields: object, options: object): string {
  return `${className} ${inspect(fields, options)}`;
}

export const custom: typeof inspect.custom = inspect.custom;
