import type { Declared } from './field-type.js';
import type { Field } from './view.js';

const prologue = `#ifdef __cplusplus
#include <atomic>
#include <cstddef>
#include <cstdint>
#define POSIX_IPC_ATOMIC(type) std::atomic<type>
#else
#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define POSIX_IPC_ATOMIC(type) _Atomic(type)
#endif
`;

/** A whole header, for C11 and C++11 and what came after. */
export function printHeader(struct: Declared, name: string): string {
  const guard = `POSIX_IPC_STRUCT_${name}`;
  return [
    `#ifndef ${guard}\n#define ${guard}\n`,
    prologue,
    ...declarations(struct, name),
    `#undef POSIX_IPC_ATOMIC\n#endif\n`,
  ].join('\n');
}

/** Of a struct and of those within it, these first; one that is there more than once is declared once. */
function declarations(struct: Declared, name: string): string[] {
  const names = new Map<Declared, string>([[struct, name]]);
  const printed: string[] = [];

  const nameWithin = (outer: string, field: Field) => (inner: Declared) => {
    const known = names.get(inner);
    if (known !== undefined) return known;
    const wanted = `${outer}_${field.name}`;
    const used = [...names.values()];
    let given = wanted;
    for (let count = 2; used.includes(given); count++) given = `${wanted}_${count}`;
    names.set(inner, given);
    print(inner, given);
    return given;
  };

  function print(each: Declared, itsName: string): void {
    const members = each.fields.map((field, index) => {
      // A struct itself has no alignment in C: its first member has it.
      const alignment = index === 0 ? each.alignment : field.alignment;
      const prefix = alignment > field.type.alignment ? `alignas(${alignment}) ` : '';
      return `  ${prefix}${field.type.declare(field.name, nameWithin(itsName, field))};`;
    });
    printed.push(
      [`struct ${itsName} {`, ...members, '};', ...assertions(each, `struct ${itsName}`), ''].join('\n'),
    );
  }

  print(struct, name);
  return printed;
}

function assertions(struct: Declared, type: string): string[] {
  const equal = (what: string, number: number) =>
    `static_assert(${what} == ${number}, "another layout than in JavaScript: ${what}");`;
  return [
    equal(`sizeof(${type})`, struct.byteLength),
    equal(`alignof(${type})`, struct.alignment),
    ...struct.fields.map(({ name, offset }) => equal(`offsetof(${type}, ${name})`, offset)),
  ];
}
