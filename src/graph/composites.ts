/** The meaning of each composite op, in other ops. An executor without a kernel runs this; autodiff may differentiate it. */
import { add, concat, div, exp, mul, reduceMax, reduceMean, reduceSum, reshape, rsqrt, slice, sqrt, square, sub } from "./build.ts";
import { type Graph, type Node, rewrite } from "./graph.ts";
import type { CompositeOp, OpAttrs, OpName } from "./ops.ts";

type Definition<O extends CompositeOp> = (inputs: readonly Node[], attrs: OpAttrs[O]) => Node;

/** Rows of channels: x[..., C] as [R, C]. */
function rows(x: Node): Node {
  const channels = x.shape[x.shape.length - 1]!;
  return reshape(x, [x.shape.slice(0, -1).reduce((a, b) => a * b, 1), channels]);
}

/** Row `i` of a [2, C] pair of statistics, as [C]. */
export function statistic(pair: Node, i: 0 | 1): Node {
  const channels = pair.shape[1]!;
  return reshape(slice(pair, [i, 0], [1, channels]), [channels]);
}

export const COMPOSITES: { readonly [O in CompositeOp]: Definition<O> } = {
  lerp: ([a, b, t]) => add(a!, mul(t!, sub(b!, a!))),

  adamStep: ([p, m, v, stepSize, scale], { epsilon }) => sub(p!, div(mul(stepSize!, m!), add(mul(scale!, sqrt(v!)), epsilon))),

  softmax([x]) {
    const last = [x!.shape.length - 1];
    const e = exp(sub(x!, reduceMax(x!, last)));
    return div(e, reduceSum(e, last));
  },

  moments([x]) {
    const r = rows(x!);
    const mean = reduceMean(r, [0]);
    return concat([mean, reduceMean(square(sub(r, mean)), [0])], 0);
  },

  batchNorm([x, m, gamma, beta], { epsilon }) {
    return add(mul(sub(x!, statistic(m!, 0)), mul(gamma!, rsqrt(add(statistic(m!, 1), epsilon)))), beta!);
  },

  batchNormSums([dy, x, m], { epsilon }) {
    const dyRows = rows(dy!);
    const normalised = mul(sub(rows(x!), statistic(m!, 0)), rsqrt(add(statistic(m!, 1), epsilon)));
    return concat([reduceSum(dyRows, [0]), reduceSum(mul(dyRows, normalised), [0])], 0);
  },

  // Ioffe & Szegedy 2015, section 3, the chain rule collected: dx = γ/σ (dy - mean(dy) - x̂ mean(dy x̂)).
  batchNormGrad([dy, x, m, gamma, sums], { epsilon }) {
    const perRow = x!.shape[x!.shape.length - 1]! / x!.shape.reduce((a, b) => a * b, 1);
    const rstd = rsqrt(add(statistic(m!, 1), epsilon));
    const normalised = mul(sub(x!, statistic(m!, 0)), rstd);
    const centred = sub(sub(dy!, mul(statistic(sums!, 0), perRow)), mul(normalised, mul(statistic(sums!, 1), perRow)));
    return mul(mul(gamma!, rstd), centred);
  },
};

export function isComposite(op: OpName): op is CompositeOp {
  return op in COMPOSITES;
}

/** The definition of a composite node, built beside it in the same graph. */
export function define(node: Node): Node {
  return (COMPOSITES[node.op as CompositeOp] as Definition<CompositeOp>)(node.inputs, node.attrs as never);
}

/** The same graph with every composite replaced by its definition, except those an executor keeps. */
export function expandComposites(graph: Graph, keep: (op: CompositeOp) => boolean = () => false): Graph {
  return rewrite(graph, (node, inputs, target) =>
    isComposite(node.op) && !keep(node.op)
      ? (COMPOSITES[node.op] as Definition<CompositeOp>)(inputs, node.attrs as never)
      : target.apply(node.op, inputs, node.attrs),
  );
}
