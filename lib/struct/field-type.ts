import type { Region } from './region.js';
import type { Field } from './view.js';

/** A struct, as C is told of it. */
export interface Declared extends FieldType {
  readonly fields: readonly Field[];
}

/** What a header calls a struct. */
export type NameOf = (struct: Declared) => string;

/**
 * The type of a field. `Seen` is what its property gives, `Given` what it takes, `Plain` what it is in a plain copy;
 * `Assigned` tells whether it is written by `view.field = …`.
 */
export abstract class FieldType<Seen = unknown, Given = unknown, Plain = unknown, Assigned = boolean> {
  /** `sizeof` in C. */
  abstract readonly byteLength: number;
  /** `_Alignof` in C. */
  abstract readonly alignment: number;
  /** @internal */
  abstract readonly assigned: Assigned;

  // Where the field is assigned, its property calls these three without `this`: the engine then makes them one piece.

  /** What `write` takes, without a tie to what the caller may change or to code of the caller. @internal */
  abstract check(value: unknown, name: string): unknown;
  /** `at`: bytes from the start of the region. @internal */
  abstract read(region: Region, at: number): Seen;
  /** Runs no code of the caller: many are written, or none. @internal */
  abstract write(region: Region, at: number, checked: unknown): void;
  /** Of a region that is a private copy. @internal */
  abstract plain(region: Region, at: number): Plain;
  /** In C, of something called `name`. @internal */
  abstract declare(name: string, nameOf: NameOf): string;

  /** Only for the compiler: what `Given` is. @internal */
  declare readonly given: Given;
}
