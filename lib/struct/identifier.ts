import { argumentError } from '../errors.js';
import { show } from '../options.js';

const words = (list: string) => list.trim().split(/\s+/);

/** Keywords of C up to C23 and of C++ up to C++23; then types and macros that a header or a compiler brings along. */
const taken = new Set([
  ...words(`alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class
    co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default
    delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast
    requires restrict return short signed sizeof static static_assert static_cast struct switch template this
    thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using virtual void volatile
    wchar_t while xor xor_eq`),
  ...words('int8_t uint8_t int16_t uint16_t int32_t uint32_t int64_t uint64_t std errno linux unix NULL'),
]);

/** A name that C and C++ both take. */
export function checkIdentifier(name: unknown, what: string): string {
  if (typeof name !== 'string')
    throw argumentError('ERR_INVALID_ARG_TYPE', `${what}: expected a string, got ${show(name)}`);
  const refused = !/^[A-Za-z_]\w*$/.test(name)
    ? 'is no identifier of C: use letters, digits and _, and no digit first'
    : /^(_[A-Z_]|POSIX_IPC_)|__/.test(name)
      ? 'is reserved: use no __, no _ before a capital first, and no POSIX_IPC_'
      : taken.has(name)
        ? 'has a meaning of its own in C or C++: use another, such as ' + `${name}_`
        : undefined;
  if (refused === undefined) return name;
  throw argumentError('ERR_INVALID_ARG_VALUE', `${what}: ${show(name)} ${refused}`);
}
