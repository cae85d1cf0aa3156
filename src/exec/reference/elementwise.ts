import { sizeOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import type { OpAttrs, OpName } from "../../graph/ops.ts";
import { type Kernel, stretch } from "./kernel.ts";

/** The kernel that applies a function of at most three numbers to each element. */
function elementwise<O extends OpName>(f: (attrs: OpAttrs[O], ...xs: number[]) => number): Kernel<O> {
  return (node: Node<O>, ...inputs) => {
    const [a, b = a, c = a] = inputs.map((x, i) => stretch(x, node.inputs[i]!.shape, node.shape));
    const y = new Float64Array(sizeOf(node.shape));
    for (let i = 0; i < y.length; i++) y[i] = f(node.attrs, a![i]!, b![i]!, c![i]!);
    return y;
  };
}

export const ELEMENTWISE = {
  neg: elementwise((_, x) => -x),
  abs: elementwise((_, x) => Math.abs(x)),
  exp: elementwise((_, x) => Math.exp(x)),
  log: elementwise((_, x) => Math.log(x)),
  sqrt: elementwise((_, x) => Math.sqrt(x)),
  rsqrt: elementwise((_, x) => 1 / Math.sqrt(x)),
  tanh: elementwise((_, x) => Math.tanh(x)),
  sigmoid: elementwise((_, x) => 1 / (1 + Math.exp(-x))),
  softplus: elementwise((_, x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  leakyRelu: elementwise<"leakyRelu">(({ alpha }, x) => (x > 0 ? x : alpha * x)),

  add: elementwise((_, a, b) => a + b),
  sub: elementwise((_, a, b) => a - b),
  mul: elementwise((_, a, b) => a * b),
  div: elementwise((_, a, b) => a / b),
  maximum: elementwise((_, a, b) => Math.max(a, b)),
  minimum: elementwise((_, a, b) => Math.min(a, b)),
  greater: elementwise((_, a, b) => (a > b ? 1 : 0)),
  greaterEqual: elementwise((_, a, b) => (a >= b ? 1 : 0)),
  equal: elementwise((_, a, b) => (a === b ? 1 : 0)),
  select: elementwise((_, mask, a, b) => (mask !== 0 ? a : b)),
  leakyReluGrad: elementwise<"leakyReluGrad">(({ alpha }, dy, x) => (x > 0 ? dy : alpha * dy)),
};
