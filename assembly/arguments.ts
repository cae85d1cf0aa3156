/** The arguments of a ranged kernel, in the words of its instruction. */
import { RangedWord } from "./format/ranged";
import { word } from "./words";

/** Argument `index` of a ranged kernel. */
// @ts-ignore: decorator
@inline
export function arg(p: usize, index: i32): usize {
  return <usize>word(p, RangedWord.Arguments + index);
}

// @ts-ignore: decorator
@inline
export function int(p: usize, index: i32): i32 {
  return word(p, RangedWord.Arguments + index);
}

// @ts-ignore: decorator
@inline
export function float(p: usize, index: i32): f32 {
  return reinterpret<f32>(word(p, RangedWord.Arguments + index));
}

/** The working space of thread ith: argument `index` is that of thread 0, the next one how far apart they are. */
// @ts-ignore: decorator
@inline
export function own(p: usize, index: i32, ith: i32): usize {
  return arg(p, index) + <usize>ith * arg(p, index + 1);
}
