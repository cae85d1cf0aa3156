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
    for (let i = 0; i < finer.length; i++) finer[i] = result[Math.floor(i / size)]! + (i % size) * strides[axis]!;
    result = finer;
  });
  return result;
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
  return Float64Array.from(offsets(target, broadcastStrides(source, target)), (o) => x[o]!);
}
