// The types of fields: exported together as `types`, and not as `ctype`, since <ctype.h> is about characters.

export { aligned } from './aligned.js';
export { array } from './array.js';
export { atomic } from './atomic.js';
export { bytes } from './bytes.js';
export { bool, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 } from './scalars.js';
export { text } from './text.js';
