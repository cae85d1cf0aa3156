import { ShapeError } from "../../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../../core/shape.ts";
import { expandComposites } from "../../graph/composites.ts";
import { type Graph, isOp, type Node } from "../../graph/graph.ts";
import type { OpName, PrimitiveOp } from "../../graph/ops.ts";
import { CONTRACTION } from "./contraction.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import type { Kernel } from "./kernel.ts";
import { LAYOUT } from "./layout.ts";
import { RESAMPLE } from "./resample.ts";

/** The meaning of every primitive op. */
const KERNELS = { ...ELEMENTWISE, ...CONTRACTION, ...LAYOUT, ...RESAMPLE } satisfies { readonly [O in PrimitiveOp]: Kernel<O> };

/** Values by name; one number fills the whole tensor. */
export type Values = Readonly<Record<string, ArrayLike<number> | number>>;

/** What a run gives, in float64. */
export interface Evaluation {
  readonly fetches: Record<string, Float64Array>;
  /** New values of the assigned variables, by name. */
  readonly assigns: Record<string, Float64Array>;
}

/**
 * Runs a graph once, with the precision of float64 and the range of float32.
 *
 * @param feeds - the graph's inputs
 * @param variables - the graph's variables
 * @throws ShapeError when a value that the graph reads is missing or has the wrong length
 */
export function evaluate(graph: Graph, feeds: Values = {}, variables: Values = {}): Evaluation {
  return evaluatePrimitives(expandComposites(graph), feeds, variables);
}

/** The same for a graph without composites, as `expandComposites` gives it: for those that run one many times. */
export function evaluatePrimitives(graph: Graph, feeds: Values = {}, variables: Values = {}): Evaluation {
  const values: Float64Array[] = [];
  for (const node of graph.nodes) values.push(compute(node, values, feeds, variables));
  return {
    fetches: Object.fromEntries(Array.from(graph.fetches, ([name, node]) => [name, values[node.id]!.slice()])),
    assigns: Object.fromEntries(Array.from(graph.assigns, ([variable, node]) => [variable.attrs.name, values[node.id]!.slice()])),
  };
}

function compute(node: Node, values: readonly Float64Array[], feeds: Values, variables: Values): Float64Array {
  if (isOp(node, "input")) return leaf(node.attrs.name, feeds[node.attrs.name], node.shape);
  if (isOp(node, "variable")) return leaf(node.attrs.name, variables[node.attrs.name], node.shape);
  if (isOp(node, "constant")) return Float64Array.from(node.attrs.values);
  const kernel = (KERNELS as { readonly [op: string]: Kernel<never> })[node.op] as Kernel<OpName>;
  return withinRange(kernel(node, ...node.inputs.map((x) => values[x.id]!)));
}

/** From here on a number rounds to a float32 that is infinite: halfway between the largest float32 and 2^128. */
const OVERFLOW = 2 ** 128 - 2 ** 103;

/** What would be infinite in float32 is so here too: only then do both agree on what has gone wrong. In place. */
function withinRange(values: Float64Array): Float64Array {
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) >= OVERFLOW) values[i] = values[i]! * Number.POSITIVE_INFINITY;
  return values;
}

function leaf(name: string, value: ArrayLike<number> | number | undefined, shape: Shape): Float64Array {
  const size = sizeOf(shape);
  if (typeof value === "number") return new Float64Array(size).fill(value);
  if (value?.length !== size) {
    throw new ShapeError({ path: name, expected: `${size} values for ${showShape(shape)}`, got: value ? `${value.length}` : "nothing" });
  }
  return Float64Array.from(value);
}
