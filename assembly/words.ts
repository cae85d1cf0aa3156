/** Reading the operands of an instruction (format/). */

/** Word `index` of those at `p`. */
// @ts-ignore: decorator
@inline
export function word(p: usize, index: i32): i32 {
  return load<i32>(p + ((<usize>index) << 2));
}
