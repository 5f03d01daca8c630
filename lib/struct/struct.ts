import { types } from 'node:util';
import { argumentError, constructorError, rangeError, receiverError } from '../errors.js';
import { internal } from '../handle.js';
import { Memory } from '../memory.js';
import { checkInteger, checkOptions, show } from '../options.js';
import { Aligned, checkAlignment } from './aligned.js';
import { printHeader } from './c-header.js';
import { FieldType, type NameOf } from './field-type.js';
import { checkIdentifier } from './identifier.js';
import { layOut } from './layout.js';
import { Region } from './region.js';
import { type Field, ViewBase, type ViewClass } from './view.js';

/** Names of the fields, in the order in which they lie, and their types. */
export type StructFields = Readonly<Record<string, FieldType | Aligned<FieldType>>>;

type TypeOf<D> = D extends Aligned<infer T> ? T : D;
type Assigned<F, K extends keyof F> = TypeOf<F[K]> extends { readonly assigned: true } ? K : never;
type SeenOf<D> = TypeOf<D> extends FieldType<infer Seen, unknown, unknown> ? Seen : never;
type GivenOf<D> = TypeOf<D> extends { readonly given: infer Given } ? Given : never;
type PlainOf<D> = TypeOf<D> extends FieldType<unknown, unknown, infer Plain> ? Plain : never;

/** What `set` takes: all fields, or some. */
export type StructValues<F extends StructFields> = { [K in keyof F]?: GivenOf<F[K]> };
/** What `toObject` gives. */
export type StructObject<F extends StructFields> = { -readonly [K in keyof F]: PlainOf<F[K]> };

/** A struct in shared memory: each field is a property. Numbers, text and bytes are assigned, the others have methods. */
export type StructView<F extends StructFields> = {
  -readonly [K in keyof F as Assigned<F, K>]: SeenOf<F[K]>;
} & {
  readonly [K in keyof F as Exclude<K, Assigned<F, K>>]: SeenOf<F[K]>;
} & {
  /** Writes the fields that are given, after all have been checked. Others may see some written and some not yet. */
  set(values: StructValues<F>): void;
  /**
   * Plain values, decoded from one private copy of the bytes. What others write meanwhile may be in the copy in part; only
   * what {@link Atomic.load} gives is never half written.
   */
  toObject(): StructObject<F>;
};

export interface StructOptions {
  /** Bytes, a power of two up to 4096, of which the size becomes a multiple too: that of the strictest field. */
  align?: number | undefined;
}

/** Where a view is put. */
export type StructMemory = Memory | ArrayBufferLike | NodeJS.ArrayBufferView;

/** Where a field lies: `offsetof`, `sizeof`, `_Alignof`. */
export interface FieldLayout {
  readonly offset: number;
  readonly byteLength: number;
  readonly alignment: number;
}

/** A layout that C programs share, and the type of a field of other structs: {@link struct}. */
export class Struct<F extends StructFields> extends FieldType<
  StructView<F>,
  StructValues<F>,
  StructObject<F>,
  false
> {
  readonly assigned = false;
  /** `sizeof` in C, padding at the end included. */
  readonly byteLength: number;
  readonly alignment: number;
  /** Of each field. */
  readonly layout: { readonly [K in keyof F]: FieldLayout };
  /** @internal */
  readonly fields: readonly Field[];
  readonly #byName: ReadonlyMap<string, Field>;
  readonly #View: ViewClass;

  /** @internal */
  constructor(key: typeof internal, fields: F, options: StructOptions | undefined) {
    super();
    if (key !== internal) throw constructorError('posix-ipc', 'struct');
    const { align } = checkOptions(options, ['align']);
    const list = checkFields(fields);
    const laid = layOut(list, align === undefined ? 1 : checkAlignment(align, 'align', 1));
    if (align !== undefined) checkAlignment(align, 'align', laid.alignment);
    this.byteLength = laid.byteLength;
    this.alignment = laid.alignment;
    this.fields = list.map(({ name, type, alignment }, index) => {
      return { name, type, alignment, offset: laid.offsets[index] as number };
    });
    const places = this.fields.map(({ name, type: { byteLength }, offset, alignment }) => {
      return [name, Object.freeze({ offset, byteLength, alignment })];
    });
    this.layout = Object.freeze(Object.fromEntries(places));
    this.#byName = new Map(this.fields.map((field) => [field.name, field]));
    this.#View = ViewBase.of(this, this.fields);
    Object.freeze(this);
  }

  static #of<F extends StructFields>(value: Struct<F>): Struct<F> {
    if (typeof value !== 'object' || value === null || !(#View in value)) throw receiverError('Struct');
    return value;
  }

  /**
   * The struct that lies `offset` bytes after the start of a memory, a multiple of `alignment`. It takes no memory of its
   * own, and lives as long as the memory: after its `close()` or `resize()` each access is `EBADF`.
   *
   * To read and write an `i32` takes 3 ns together, an `f64` 6 ns, to load and store an atomic `i32` 14 ns, to add to it
   * 10 ns, without a native call and without garbage (Node 20 and 26, AMD EPYC); where more than four structs are in hot
   * code, Node 20 takes up to 15 ns more for each access. Text and bytes are copied out by a native call.
   */
  at(memory: StructMemory, offset = 0): StructView<F> {
    const { byteLength, alignment } = Struct.#of(this);
    const { buffer, start, length } = bytesIn(memory);
    if (length < byteLength)
      throw rangeError(`\`memory\`: expected at least ${byteLength} bytes, got ${length}`);
    checkInteger(offset, 'offset', 0, length - byteLength);
    if ((start + offset) % alignment !== 0) {
      const behind = start % alignment === 0 ? '' : `, behind the ${start} bytes before the view`;
      throw rangeError(`\`offset\`: expected a multiple of ${alignment}, got ${offset}${behind}`);
    }
    const mapped = memory instanceof Memory ? memory : undefined;
    return this.read(new Region(buffer, start + offset, byteLength, alignment, mapped), 0);
  }

  /**
   * A header for C11 and C++11 that declares `struct name`, those within it, and asserts each offset and size. Print it to
   * a file when the program is built; it is no way to describe one process to another while they run.
   */
  cHeader(name: string): string {
    return printHeader(Struct.#of(this), checkIdentifier(name, '`name`'));
  }

  /** @internal */
  check(value: unknown, name: string): [Field, unknown][] {
    const prefix = name === '' ? '' : `${name}.`;
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof ViewBase) {
      const got = value instanceof ViewBase ? 'a view: give its toObject()' : show(value);
      const words = `\`${name || 'values'}\`: expected an object with fields, got ${got}`;
      throw argumentError('ERR_INVALID_ARG_TYPE', words);
    }
    return Object.entries(value).map(([key, one]) => {
      const field = this.#byName.get(key);
      if (field !== undefined) return [field, field.type.check(one, prefix + key)];
      const known = [...this.#byName.keys()].map((each) => `\`${each}\``).join(', ');
      const words = `unknown field \`${prefix}${key}\`: the fields are ${known}`;
      throw argumentError('ERR_INVALID_ARG_VALUE', words);
    });
  }

  /** @internal */
  read(region: Region, at: number): StructView<F> {
    return new this.#View(internal, region, at) as unknown as StructView<F>;
  }

  /** @internal */
  write(region: Region, at: number, checked: [Field, unknown][]): void {
    for (const [{ type, offset }, one] of checked) type.write(region, at + offset, one);
  }

  /** @internal */
  plain(region: Region, at: number): StructObject<F> {
    const values = this.fields.map(({ name, type, offset }) => [name, type.plain(region, at + offset)]);
    return Object.fromEntries(values);
  }

  /** @internal */
  declare(name: string, nameOf: NameOf): string {
    return `struct ${nameOf(this)} ${name}`;
  }
}

/**
 * A layout that C and C++ programs share on x86-64 and arm64: fields lie in the order given, by the rules of C.
 *
 * ```js
 * const Counter = struct({ hits: atomic(u32), name: text(16) }, { align: 64 });
 * const counter = Counter.at(memory, 128);
 * ```
 *
 * Numbers that a field cannot hold are a `RangeError`, other values a `TypeError`, and so is a field that is not there,
 * in strict code (a module is). What another process has written is not trusted: any bytes give some value.
 */
export function struct<const F extends StructFields>(fields: F, options?: StructOptions): Struct<F> {
  return new Struct(internal, fields, options);
}

function checkFields(fields: unknown): (Omit<Field, 'offset'> & { byteLength: number })[] {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`fields\`: expected an object, got ${show(fields)}`);
  const entries = Object.entries(fields);
  if (entries.length === 0)
    throw argumentError('ERR_INVALID_ARG_VALUE', '`fields`: expected at least one, as in C');
  return entries.map(([name, given]) => {
    checkIdentifier(name, 'field');
    if (name in ViewBase.prototype)
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `field: '${name}' is what views call a method: use another`,
      );
    const type: unknown = given instanceof Aligned ? given.type : given;
    if (!(type instanceof FieldType)) {
      const words = `field \`${name}\`: expected a type such as types.i32 or a struct, got ${show(type)}`;
      throw argumentError('ERR_INVALID_ARG_TYPE', words);
    }
    const { alignment } = given as FieldType | Aligned<FieldType>;
    return { name, type, alignment, byteLength: type.byteLength };
  });
}

function bytesIn(memory: StructMemory): { buffer: ArrayBufferLike; start: number; length: number } {
  if (memory instanceof Memory) return { buffer: memory.buffer, start: 0, length: memory.size };
  if (ArrayBuffer.isView(memory))
    return { buffer: memory.buffer, start: memory.byteOffset, length: memory.byteLength };
  if (types.isAnyArrayBuffer(memory)) return { buffer: memory, start: 0, length: memory.byteLength };
  throw argumentError(
    'ERR_INVALID_ARG_TYPE',
    `\`memory\`: expected a SharedMemory, an attachment, an ArrayBuffer or a view of one, got ${show(memory)}`,
  );
}
