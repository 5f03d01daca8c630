import { custom, describe } from '../describe.js';
import { argumentError, constructorError, type IpcError, receiverError } from '../errors.js';
import { internal } from '../handle.js';
import type { FieldType } from './field-type.js';
import { Region } from './region.js';

/** A field where it lies in its struct. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly offset: number;
  /** The field's, which may be more than the type's. */
  readonly alignment: number;
}

/** What a view knows of its struct. */
interface Form {
  readonly byteLength: number;
  readonly alignment: number;
  check(values: unknown, name: string): unknown;
  write(region: Region, at: number, checked: unknown): void;
  plain(region: Region, at: number): object;
}

export type ViewClass = new (key: typeof internal, region: Region, base: number) => ViewBase;

const noParts: unknown[] = [];

/** What the views of all structs have; the properties for the fields are those of a class of each struct's own. */
export class ViewBase {
  readonly #form: Form;
  readonly #region: Region;
  readonly #base: number;
  /** What fields that are no plain values have given, so that the same is given again. */
  readonly #parts: unknown[];

  /** @internal */
  constructor(key: typeof internal, form: Form, region: Region, base: number, parts: number) {
    if (key !== internal) throw constructorError('struct', 'at');
    this.#form = form;
    this.#region = region;
    this.#base = base;
    this.#parts = parts === 0 ? noParts : new Array(parts).fill(undefined);
    // Else a misspelt field would be a property of this one object, which no other process sees.
    Object.freeze(this);
  }

  static #of(value: ViewBase): ViewBase {
    if (typeof value !== 'object' || value === null || !(#region in value)) throw receiverError('StructView');
    return value;
  }

  /** Writes the fields that are given, after all have been checked. Others may see some written and some not yet. */
  set(values: object): void {
    const view = ViewBase.#of(this);
    const checked = view.#form.check(values, '');
    view.#form.write(view.#region, view.#base, checked);
  }

  /**
   * Plain values, decoded from one private copy of the bytes. What others write meanwhile may be in the copy in part; only
   * what {@link Atomic.load} gives is never half written.
   */
  toObject(): object {
    const view = ViewBase.#of(this);
    const { byteLength, alignment } = view.#form;
    const copy = view.#region.copy(view.#base, byteLength);
    return view.#form.plain(new Region(copy.buffer, copy.byteOffset, byteLength, alignment), 0);
  }

  [custom](_depth: number, options: object): string {
    const view = ViewBase.#of(this);
    try {
      return describe('struct', view.toObject(), options);
    } catch (error) {
      return describe('struct', { view: (error as IpcError).code }, options);
    }
  }

  /** The views of one struct. @internal */
  static of(form: Form, fields: readonly Field[]): ViewClass {
    const parts = fields.filter(({ type }) => !type.assigned).length;
    const View = class extends ViewBase {
      constructor(key: typeof internal, region: Region, base: number) {
        super(key, form, region, base, parts);
      }
    };
    let part = 0;
    for (const field of fields) {
      const property = field.type.assigned ? ViewBase.#value(field) : ViewBase.#part(field, part++);
      Object.defineProperty(View.prototype, field.name, { ...property, enumerable: true });
    }
    return View;
  }

  static #value({ name, type, offset }: Field): PropertyDescriptor & ThisType<ViewBase> {
    const { read, write, check } = type;
    return {
      get() {
        const view = ViewBase.#of(this);
        return read(view.#region, view.#base + offset);
      },
      set(value: unknown) {
        const view = ViewBase.#of(this);
        write(view.#region, view.#base + offset, check(value, name));
      },
    };
  }

  static #part({ name, type, offset }: Field, part: number): PropertyDescriptor & ThisType<ViewBase> {
    return {
      get() {
        const view = ViewBase.#of(this);
        const known = view.#parts[part];
        if (known !== undefined) return known;
        const made = type.read(view.#region, view.#base + offset);
        view.#parts[part] = made;
        return made;
      },
      set() {
        const advice = `use its own methods, or view.set({ ${name}: … })`;
        throw argumentError('ERR_INVALID_ARG_VALUE', `\`${name}\` cannot be assigned: ${advice}`);
      },
    };
  }
}
