import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { type FieldType, type Struct, type StructFields, struct, types } from 'posix-ipc';
import { describe, expect } from 'vitest';
import { testWith } from '../helpers/tools.js';
import { compiled, type Language, languages } from './compile.js';

type AnyStruct = Struct<StructFields>;

const { aligned, array, atomic, bool, bytes, f32, f64, i16, i32, i64, i8, text, u16, u32, u64, u8 } = types;
const scalars = [i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, bool];
const words = [atomic(i32), atomic(u32), atomic(i64), atomic(u64)];

/** For each struct a line: its size and alignment; then offset, size and alignment of each of its fields. */
function layoutsInC(language: Language, structs: AnyStruct[]): string[] {
  const headers = Object.fromEntries(
    structs.map((each, index) => [`s${index}.h`, each.cHeader(`s${index}`)]),
  );
  const lines = structs.map((each, index) => {
    const type = `struct s${index}`;
    const fields = Object.keys(each.layout).flatMap((name) => {
      const member = `((${type}*)0)->${name}`;
      return [`offsetof(${type}, ${name})`, `sizeof(${member})`, `__alignof__(${member})`];
    });
    const numbers = [`sizeof(${type})`, `alignof(${type})`, ...fields];
    return `  { const size_t n[] = {${numbers}}; print(n, ${numbers.length}); }\n`;
  });
  const source = [
    '#include <stdio.h>\n',
    ...Object.keys(headers).map((file) => `#include "${file}"\n`),
    'static void print(const size_t* n, int count) { for (int i = 0; i < count; i++) printf("%zu ", n[i]); puts(""); }\n',
    `int main(void) {\n${lines.join('')}  return 0;\n}\n`,
  ].join('');
  const program = compiled(language, source, headers);
  return execFileSync(program, { encoding: 'utf8', env: {} }).split(' \n').slice(0, -1);
}

/** The same of ours. */
function layoutsHere(structs: AnyStruct[]): string[] {
  return structs.map(({ byteLength, alignment, layout }) => {
    const fields = Object.values(layout).map((field, index) => {
      // In C the alignment of a struct is that of its first member.
      return [field.offset, field.byteLength, index === 0 ? alignment : field.alignment];
    });
    return [byteLength, alignment, ...fields.flat()].join(' ');
  });
}

const Odd = struct({ a: u8, b: u16, c: u8 });
const Line = struct({ word: atomic(u64), tail: u8 }, { align: 64 });
const rich: StructFields[] = [
  ...scalars.map((type) => ({ before: u8, it: type, after: u8 })),
  ...words.map((type) => ({ before: u8, it: type, after: u8 })),
  { a: u8 },
  { a: text(1), b: text(7), c: bytes(3), d: u16 },
  { a: array(u8, 3), b: array(u64, 1), c: array(f32, 3), d: bool },
  { a: array(array(array(i16, 2), 3), 5), b: array(text(3), 3), c: array(atomic(i32), 3) },
  { a: Odd, b: u8, c: array(Odd, 3), d: u32 },
  { a: u8, b: Line, c: array(Line, 2), d: u8 },
  { a: aligned(u8, 1), b: aligned(u8, 2), c: aligned(u8, 4096), d: u8 },
  { hits: aligned(atomic(u32), 64), misses: aligned(atomic(u32), 64), rest: aligned(text(10), 64) },
  {
    a: u8,
    b: aligned(array(Odd, 2), 32),
    c: aligned(Odd, 16),
    d: aligned(struct({ deep: Line, o: Odd }), 256),
  },
];

const leaf = fc.oneof(
  fc.constantFrom<FieldType[]>(...scalars, ...words),
  fc.integer({ min: 1, max: 20 }).map(text),
  fc.integer({ min: 1, max: 20 }).map(bytes),
);
const powers = fc.constantFrom(1, 2, 4, 8, 16, 64, 128);
const { anyStruct } = fc.letrec<{ type: FieldType; anyStruct: AnyStruct }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.tuple(tie('type'), fc.integer({ min: 1, max: 4 })).map(([type, n]) => array(type, n)),
    tie('anyStruct'),
  ),
  anyStruct: fc
    .tuple(
      fc.array(fc.tuple(tie('type'), fc.option(powers)), { minLength: 1, maxLength: 8 }),
      fc.option(powers),
    )
    .map(([list, align]) => {
      const fields = list.map(([type, power], index) => {
        return [`f${index}`, power === null ? type : aligned(type, Math.max(power, type.alignment))];
      });
      const natural: AnyStruct = struct(Object.fromEntries(fields));
      if (align === null) return natural;
      return struct(Object.fromEntries(fields), { align: Math.max(align, natural.alignment) });
    }),
}));

describe.each(Object.keys(languages) as Language[])('the layout is that of %s', (language) => {
  const test = testWith('gcc');

  test('for fields of every type', () => {
    const structs = [Odd, Line, ...rich.map((fields) => struct(fields))] as AnyStruct[];
    expect(layoutsHere(structs)).toEqual(layoutsInC(language, structs));
  });

  test('for any structs', () => {
    const many = fc.array(anyStruct, { minLength: 100, maxLength: 100 });
    // A smaller example takes a compilation each, and the one line that differs tells enough.
    const options = { numRuns: 1, endOnFailure: true };
    fc.assert(
      fc.property(many, (structs) => {
        expect(layoutsHere(structs)).toEqual(layoutsInC(language, structs));
      }),
      options,
    );
  });
});
