import { type Shape, sameShape, stridesOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import type { OpName } from "../../graph/ops.ts";

/** One op in float64: the values of the operands to a new array of the node's values, all dense and row-major. */
export type Kernel<O extends OpName> = (node: Node<O>, ...inputs: Float64Array[]) => Float64Array;

/** For each element of a tensor of `shape`, in order: its offset in memory where axis i advances by `strides[i]`, from `base`. */
export function offsets(shape: Shape, strides: readonly number[], base = 0): Uint32Array {
  let result = Uint32Array.of(base);
  shape.forEach((size, axis) => {
    const finer = new Uint32Array(result.length * size);
    const stride = strides[axis]!;
    let next = 0;
    for (const coarse of result) for (let i = 0; i < size; i++) finer[next++] = coarse + i * stride;
    result = finer;
  });
  return result;
}

/** The elements of `x` at these offsets. */
export function gather(x: Float64Array, at: Uint32Array): Float64Array {
  const y = new Float64Array(at.length);
  for (let i = 0; i < y.length; i++) y[i] = x[at[i]!]!;
  return y;
}

/** The strides with which a dense tensor of shape `source` is read as if broadcast to `target`. */
export function broadcastStrides(source: Shape, target: Shape): number[] {
  const strides = stridesOf(source);
  const lead = target.length - source.length;
  return target.map((_, i) => (i < lead || source[i - lead] === 1 ? 0 : strides[i - lead]!));
}

/** The tensor repeated to `target`; `x` itself where there is nothing to repeat. */
export function stretch(x: Float64Array, source: Shape, target: Shape): Float64Array {
  if (sameShape(source, target)) return x;
  return gather(x, offsets(target, broadcastStrides(source, target)));
}
