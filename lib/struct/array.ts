import { custom, describe } from '../describe.js';
import { argumentError, constructorError, type IpcError, rangeError, receiverError } from '../errors.js';
import { internal } from '../handle.js';
import { checkInteger, show } from '../options.js';
import { FieldType, type NameOf } from './field-type.js';
import { checkSize, largest } from './layout.js';
import { Region } from './region.js';

/** The elements of an array in shared memory. They have methods and no `[index]`, which could not refuse anything. */
export class ArrayView<Seen, Given, Plain> {
  readonly #type: ArrayType<Seen, Given, Plain>;
  readonly #region: Region;
  readonly #base: number;

  /** @internal */
  constructor(key: typeof internal, type: ArrayType<Seen, Given, Plain>, region: Region, base: number) {
    if (key !== internal) throw constructorError('struct', 'at');
    this.#type = type;
    this.#region = region;
    this.#base = base;
    Object.freeze(this);
  }

  static #of<Seen, Given, Plain>(value: ArrayView<Seen, Given, Plain>): ArrayView<Seen, Given, Plain> {
    if (typeof value !== 'object' || value === null || !(#type in value)) throw receiverError('ArrayView');
    return value;
  }

  get length(): number {
    return ArrayView.#of(this).#type.length;
  }

  get(index: number): Seen {
    const view = ArrayView.#of(this);
    return view.#type.element.read(view.#region, view.#at(index));
  }

  set(index: number, value: Given): void {
    const view = ArrayView.#of(this);
    const at = view.#at(index);
    const { element } = view.#type;
    element.write(view.#region, at, element.check(value, 'value'));
  }

  /** One after the other, each as it is then. */
  [Symbol.iterator](): Generator<Seen, void, undefined> {
    return ArrayView.#of(this).#each();
  }

  /** Plain values, decoded from one private copy of the bytes. */
  toArray(): Plain[] {
    const view = ArrayView.#of(this);
    const { byteLength, alignment } = view.#type;
    const copy = view.#region.copy(view.#base, byteLength);
    return view.#type.plain(new Region(copy.buffer, copy.byteOffset, byteLength, alignment), 0);
  }

  [custom](_depth: number, options: object): string {
    const view = ArrayView.#of(this);
    try {
      return describe('array', view.toArray(), options);
    } catch (error) {
      return describe('array', { view: (error as IpcError).code }, options);
    }
  }

  *#each(): Generator<Seen, void, undefined> {
    for (let index = 0; index < this.length; index++) yield this.get(index);
  }

  #at(index: number): number {
    const { element, length } = this.#type;
    return this.#base + checkInteger(index, 'index', 0, length - 1) * element.byteLength;
  }
}

/** `T[n]` */
export class ArrayType<Seen, Given, Plain> extends FieldType<
  ArrayView<Seen, Given, Plain>,
  readonly Given[],
  Plain[],
  false
> {
  readonly assigned = false;
  readonly element: FieldType<Seen, Given, Plain>;
  readonly length: number;
  readonly byteLength: number;
  readonly alignment: number;

  constructor(element: FieldType<Seen, Given, Plain>, length: number) {
    super();
    this.element = element;
    this.length = length;
    this.byteLength = checkSize(element.byteLength * length);
    this.alignment = element.alignment;
    Object.freeze(this);
  }

  check(value: unknown, name: string): unknown[] {
    if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && 'length' in value))
      throw argumentError('ERR_INVALID_ARG_TYPE', `\`${name}\`: expected an array, got ${show(value)}`);
    const values = Array.from(value as ArrayLike<unknown>);
    if (values.length !== this.length)
      throw rangeError(`\`${name}\`: expected ${this.length} values, got ${values.length}`);
    return values.map((one, index) => this.element.check(one, `${name}[${index}]`));
  }

  read(region: Region, at: number): ArrayView<Seen, Given, Plain> {
    return new ArrayView(internal, this, region, at);
  }

  write(region: Region, at: number, checked: unknown[]): void {
    for (const [index, one] of checked.entries())
      this.element.write(region, at + index * this.element.byteLength, one);
  }

  plain(region: Region, at: number): Plain[] {
    const place = (_: unknown, index: number) =>
      this.element.plain(region, at + index * this.element.byteLength);
    return Array.from({ length: this.length }, place);
  }

  declare(name: string, nameOf: NameOf): string {
    return this.element.declare(`${name}[${this.length}]`, nameOf);
  }
}

/** `n` elements of a type, which may be an array or a struct. */
export function array<Seen, Given, Plain>(
  type: FieldType<Seen, Given, Plain>,
  n: number,
): ArrayType<Seen, Given, Plain> {
  if (!(type instanceof FieldType)) {
    const words = `\`type\`: expected a type such as types.i32 or a struct, got ${show(type)}`;
    throw argumentError('ERR_INVALID_ARG_TYPE', words);
  }
  return new ArrayType(type, checkInteger(n, 'n', 1, largest));
}
