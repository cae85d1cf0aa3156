/**
 * Reverse-mode differentiation, graph to graph: the derivative of a graph is more nodes of the same graph, made of the
 * same ops, and so can be differentiated again.
 */
import { ShapeError } from "../core/errors.ts";
import { type Shape, sameShape, showShape } from "../core/shape.ts";
import {
  add,
  avgPool,
  avgPoolGrad,
  batchNormGrad,
  batchNormSums,
  broadcastTo,
  conv2d,
  conv2dFilterGrad,
  conv2dInputGrad,
  div,
  equal,
  greater,
  greaterEqual,
  leakyReluGrad,
  matmul,
  mul,
  neg,
  pad,
  reduceSum,
  reshape,
  resizeBilinear,
  resizeBilinearGrad,
  resizeNearest,
  resizeNearestGrad,
  select,
  sigmoid,
  slice,
  square,
  sub,
  sumTo,
  transpose,
} from "./build.ts";
import { define, statistic } from "./composites.ts";
import { isOp, type Node } from "./graph.ts";
import { OPS, type OpName, type PrimitiveOp } from "./ops.ts";

/** What one operand of `y` receives when `y` receives `dy`. For elementwise ops the driver sums it to the operand's shape. */
type Derivative<O extends OpName> = (dy: Node, y: Node<O>, ...inputs: Node[]) => Node;

/** One derivative an operand, null where it is zero; or, for any number of operands, the derivative of operand `i`. */
type Row<O extends OpName> = readonly (Derivative<O> | null)[] | ((i: number) => Derivative<O>);

/** Height and width of an NHWC tensor. */
const imageSize = (x: Node): [number, number] => [x.shape[1]!, x.shape[2]!];
/** Height and width of a [kh, kw, in, out] tensor. */
const filterSize = (w: Node): [number, number] => [w.shape[0]!, w.shape[1]!];

/**
 * The derivative of every primitive op. Of the composites, softmax and batch norm have rows of their own; the others are
 * differentiated through their definitions.
 */
const DERIVATIVES = {
  neg: [(dy) => neg(dy)],
  abs: [(dy, _, x) => mul(dy, sub(greater(x, 0), greater(0, x)))],
  exp: [(dy, y) => mul(dy, y)],
  log: [(dy, _, x) => div(dy, x)],
  sqrt: [(dy, y) => div(dy, mul(y, 2))],
  rsqrt: [(dy, y) => mul(dy, mul(mul(y, square(y)), -0.5))],
  tanh: [(dy, y) => mul(dy, sub(1, square(y)))],
  sigmoid: [(dy, y) => mul(dy, mul(y, sub(1, y)))],
  softplus: [(dy, _, x) => mul(dy, sigmoid(x))],
  // y has the sign of x, unless alpha is negative: with y in its place, x need not be kept.
  leakyRelu: [(dy, y, x) => leakyReluGrad(dy, y.attrs.alpha < 0 ? x : y, y.attrs.alpha)],

  add: [(dy) => dy, (dy) => dy],
  sub: [(dy) => dy, (dy) => neg(dy)],
  mul: [(dy, _, _a, b) => mul(dy, b), (dy, _, a) => mul(dy, a)],
  div: [(dy, _, _a, b) => div(dy, b), (dy, y, _a, b) => neg(div(mul(dy, y), b))],
  // Where a = b the first operand takes it all.
  maximum: [(dy, _, a, b) => select(greaterEqual(a, b), dy, 0), (dy, _, a, b) => select(greater(b, a), dy, 0)],
  minimum: [(dy, _, a, b) => select(greaterEqual(b, a), dy, 0), (dy, _, a, b) => select(greater(a, b), dy, 0)],
  greater: [null, null],
  greaterEqual: [null, null],
  equal: [null, null],
  select: [null, (dy, _, mask) => select(mask, dy, 0), (dy, _, mask) => select(mask, 0, dy)],
  leakyReluGrad: [(dy, y, _, x) => leakyReluGrad(dy, x, y.attrs.alpha), null],

  reduceSum: [(dy, _, x) => broadcastTo(dy, x.shape)],
  // All that are equal to the largest share it evenly.
  reduceMax: [
    (dy, y, x) => {
      const mask = equal(x, y);
      return mul(mask, div(dy, reduceSum(mask, y.attrs.axes)));
    },
  ],
  broadcastTo: [(dy, _, x) => sumTo(dy, x.shape)],

  matmul: [
    (dy, { attrs: { transposeA, transposeB } }, _, b) =>
      transposeA ? matmul(b, dy, { transposeA: transposeB, transposeB: true }) : matmul(dy, b, { transposeB: !transposeB }),
    (dy, { attrs: { transposeA, transposeB } }, a) =>
      transposeB ? matmul(dy, a, { transposeA: true, transposeB: transposeA }) : matmul(a, dy, { transposeA: !transposeA }),
  ],
  // With ⟨conv2d(x, w), c⟩ linear in each of x, w and c, the derivative of each face is the other two.
  conv2d: [(dy, y, x, w) => conv2dInputGrad(dy, w, imageSize(x), y.attrs), (dy, y, x, w) => conv2dFilterGrad(x, dy, filterSize(w), y.attrs)],
  conv2dInputGrad: [(dx, y, _, w) => conv2d(dx, w, y.attrs), (dx, y, c, w) => conv2dFilterGrad(dx, c, filterSize(w), y.attrs)],
  conv2dFilterGrad: [(dw, y, x, c) => conv2dInputGrad(c, dw, imageSize(x), y.attrs), (dw, y, x) => conv2d(x, dw, y.attrs)],

  reshape: [(dy, _, x) => reshape(dy, x.shape)],
  transpose: [(dy, y) => transpose(dy, inverse(y.attrs.perm))],
  slice: [(dy, { attrs: { begin, size } }, x) => pad(dy, begin, after(x.shape, begin, size))],
  pad: [(dy, y, x) => slice(dy, y.attrs.before, x.shape)],
  concat: (i) => (dy, y) => slice(dy, concatOffset(y, i), y.inputs[i]!.shape),
  oneHot: [null],

  resizeNearest: [(dy, _, x) => resizeNearestGrad(dy, imageSize(x))],
  resizeNearestGrad: [(dx, _, c) => resizeNearest(dx, imageSize(c))],
  resizeBilinear: [(dy, _, x) => resizeBilinearGrad(dy, imageSize(x))],
  resizeBilinearGrad: [(dx, _, c) => resizeBilinear(dx, imageSize(c))],
  avgPool: [(dy, y, x) => avgPoolGrad(dy, imageSize(x), y.attrs)],
  avgPoolGrad: [(dx, y) => avgPool(dx, y.attrs)],

  softmax: [(dy, y) => mul(y, sub(dy, reduceSum(mul(dy, y), [y.shape.length - 1])))],
  // For moments = moments(x): what reaches x through its moments is in the derivative of x already.
  batchNorm: [
    (dy, { attrs }, x, m, gamma) => batchNormGrad(dy, x, m, gamma, batchNormSums(dy, x, m, attrs.epsilon), attrs.epsilon),
    null,
    (dy, { attrs }, x, m) => statistic(batchNormSums(dy, x, m, attrs.epsilon), 1),
    (dy, { attrs }, x, m) => statistic(batchNormSums(dy, x, m, attrs.epsilon), 0),
  ],
} satisfies { readonly [O in PrimitiveOp | "softmax" | "batchNorm"]: Row<O> };

/**
 * The gradients of the scalar `y` (shape []) with respect to each of `xs`, which may be any nodes of its graph; each has
 * the shape of its x and is zero where `y` does not depend on it.
 * Each is the total derivative: if one x depends on another, what flows through it counts.
 * A tie of `maximum` or `minimum` belongs to the first operand, one of `reduceMax` to all in equal parts, and |x| has slope 0 at 0.
 *
 * @throws ShapeError when `y` is not a scalar.
 *
 * @example
 * const loss = sumAll(square(x));
 * const [dx] = grad(loss, [x]); // 2 x
 */
export function grad(y: Node, xs: readonly Node[]): Node[] {
  if (y.shape.length !== 0) throw new ShapeError({ path: "grad", expected: "a scalar, shape []", got: showShape(y.shape) });
  return vjp(y, xs, y.graph.constant(1));
}

/** The vector-Jacobian products dyᵀ ∂y/∂x for each of `xs`. @throws ShapeError when `dy` is not of y's shape, or an x is of another graph. */
export function vjp(y: Node, xs: readonly Node[], dy: Node): Node[] {
  if (!sameShape(y.shape, dy.shape)) throw new ShapeError({ path: "vjp", expected: showShape(y.shape), got: showShape(dy.shape) });
  for (const x of xs) if (x.graph !== y.graph) throw new ShapeError({ path: "vjp", expected: "nodes of y's graph", got: "one of another graph" });
  const cotangents = backward(y, new Set(xs), dy, false);
  return xs.map((x) => cotangents.get(x) ?? broadcastTo(x.graph.constant(0), x.shape));
}

/**
 * Carries `dy` from `y` down to `xs`, along paths between them only, in reverse running order.
 * With `stopAtXs` they count as independent of one another, so that the results are partial derivatives.
 */
function backward(y: Node, xs: ReadonlySet<Node>, dy: Node, stopAtXs: boolean): Map<Node, Node> {
  const nodes = y.graph.nodes;
  const active = new Uint8Array(y.id + 1);
  for (let id = 0; id <= y.id; id++) if (xs.has(nodes[id]!) || nodes[id]!.inputs.some((x) => active[x.id])) active[id] = 1;

  const cotangents = new Map([[y, dy]]);
  for (let id = y.id; id >= 0; id--) {
    const node = nodes[id]!;
    const d = cotangents.get(node);
    if (!d || (stopAtXs && xs.has(node))) continue;
    const operands = node.inputs.flatMap((x, i) => (active[x.id] ? [i] : []));
    if (operands.length === 0) continue;
    const contribute = contributions(node, d, xs);
    for (const i of operands) {
      const x = node.inputs[i]!;
      const contribution = contribute(i);
      if (!contribution) continue;
      const sum = cotangents.get(x);
      cotangents.set(x, sum ? add(sum, contribution) : contribution);
    }
  }
  return cotangents;
}

/** What each operand of `node` receives when `node` receives `dy`: by the table, or by the definition of a composite. */
function contributions(node: Node, dy: Node, xs: ReadonlySet<Node>): (i: number) => Node | null {
  const row = rowOf(node, xs);
  if (!row) {
    const partials = backward(define(node), new Set(node.inputs), dy, true);
    // An operand that stands twice has one partial derivative for both places.
    return (i) => (node.inputs.indexOf(node.inputs[i]!) === i ? (partials.get(node.inputs[i]!) ?? null) : null);
  }
  return (i) => {
    const derivative = typeof row === "function" ? row(i) : row[i];
    if (!derivative) return null;
    const dx = derivative(dy, node, ...node.inputs);
    return OPS[node.op].kind === "elementwise" ? sumTo(dx, node.inputs[i]!.shape) : dx;
  };
}

function rowOf(node: Node, xs: ReadonlySet<Node>): Row<OpName> | undefined {
  if (isOp(node, "batchNorm")) {
    const [x, m] = node.inputs;
    const isTotal = m!.op === "moments" && m!.inputs[0] === x && !xs.has(m!);
    if (!isTotal) return undefined;
  }
  return (DERIVATIVES as { readonly [op: string]: Row<never> })[node.op] as Row<OpName> | undefined;
}

function inverse(perm: readonly number[]): number[] {
  return perm.map((_, i) => perm.indexOf(i));
}

/** What is left of `shape` behind the block of `size` at `begin`. */
function after(shape: Shape, begin: readonly number[], size: readonly number[]): number[] {
  return shape.map((d, i) => d - begin[i]! - size[i]!);
}

/** Where operand `i` of a concatenation begins. */
function concatOffset({ inputs, attrs: { axis }, shape }: Node<"concat">, i: number): number[] {
  const offset = inputs.slice(0, i).reduce((sum, x) => sum + x.shape[axis]!, 0);
  return shape.map((_, a) => (a === axis ? offset : 0));
}
