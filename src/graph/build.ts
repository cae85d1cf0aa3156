/** Plain functions over nodes: the notation in which networks, losses, derivatives and definitions are written. */
import { broadcastAxes, broadcastShapes, type Shape, sameShape, sizeOf } from "../core/shape.ts";
import type { Graph, Node } from "./graph.ts";
import type { ConvAttrs, ConvOptions, PoolAttrs } from "./ops.ts";

/** An operand: a node, or a number standing for a scalar constant. */
export type Operand = Node | number;

function graphOf(operands: readonly Operand[]): Graph {
  for (const x of operands) if (typeof x !== "number") return x.graph;
  throw new TypeError("at least one operand must be a node");
}

function nodes(operands: readonly Operand[]): [Graph, Node[]] {
  const graph = graphOf(operands);
  return [graph, operands.map((x) => (typeof x === "number" ? graph.constant(x) : x))];
}

const unary = (op: "neg" | "abs" | "exp" | "log" | "sqrt" | "rsqrt" | "tanh" | "sigmoid" | "softplus" | "softmax" | "moments") => (x: Node) =>
  x.graph.apply(op, [x], {});

const elementwise =
  <T extends Operand[]>(op: "add" | "sub" | "mul" | "div" | "maximum" | "minimum" | "greater" | "greaterEqual" | "equal" | "select" | "lerp") =>
  (...operands: T): Node => {
    const [graph, inputs] = nodes(operands);
    return graph.apply(op, inputs, {});
  };

// One by one, so that a bundle has only those that it uses.
export const neg = /* @__PURE__ */ unary("neg");
export const abs = /* @__PURE__ */ unary("abs");
export const exp = /* @__PURE__ */ unary("exp");
export const log = /* @__PURE__ */ unary("log");
export const sqrt = /* @__PURE__ */ unary("sqrt");
export const rsqrt = /* @__PURE__ */ unary("rsqrt");
export const tanh = /* @__PURE__ */ unary("tanh");
export const sigmoid = /* @__PURE__ */ unary("sigmoid");
export const softplus = /* @__PURE__ */ unary("softplus");
export const softmax = /* @__PURE__ */ unary("softmax");
export const moments = /* @__PURE__ */ unary("moments");

export const add = /* @__PURE__ */ elementwise<[Operand, Operand]>("add");
export const sub = /* @__PURE__ */ elementwise<[Operand, Operand]>("sub");
export const mul = /* @__PURE__ */ elementwise<[Operand, Operand]>("mul");
export const div = /* @__PURE__ */ elementwise<[Operand, Operand]>("div");
export const maximum = /* @__PURE__ */ elementwise<[Operand, Operand]>("maximum");
export const minimum = /* @__PURE__ */ elementwise<[Operand, Operand]>("minimum");
export const greater = /* @__PURE__ */ elementwise<[Operand, Operand]>("greater");
export const greaterEqual = /* @__PURE__ */ elementwise<[Operand, Operand]>("greaterEqual");
export const equal = /* @__PURE__ */ elementwise<[Operand, Operand]>("equal");
export const select = /* @__PURE__ */ elementwise<[Operand, Operand, Operand]>("select");
export const lerp = /* @__PURE__ */ elementwise<[Operand, Operand, Operand]>("lerp");

export const square = (x: Node): Node => mul(x, x);
export const leakyRelu = (x: Node, alpha: number): Node => x.graph.apply("leakyRelu", [x], { alpha });
export const relu = (x: Node): Node => leakyRelu(x, 0);
export const leakyReluGrad = (dy: Node, x: Node, alpha: number): Node => x.graph.apply("leakyReluGrad", [dy, x], { alpha });

export function adamStep(p: Node, m: Node, v: Node, stepSize: Operand, scale: Operand, epsilon: number): Node {
  const [graph, inputs] = nodes([p, m, v, stepSize, scale]);
  return graph.apply("adamStep", inputs, { epsilon });
}

/** Sum over `axes` (all of them if left out), keeping them with size 1. */
export function reduceSum(x: Node, axes: readonly number[] = x.shape.map((_, i) => i)): Node {
  return axes.length === 0 ? x : x.graph.apply("reduceSum", [x], { axes: [...axes].sort((a, b) => a - b) });
}

/** The largest over `axes`, keeping them with size 1. */
export function reduceMax(x: Node, axes: readonly number[]): Node {
  return axes.length === 0 ? x : x.graph.apply("reduceMax", [x], { axes: [...axes].sort((a, b) => a - b) });
}

/** Mean over `axes` (all of them if left out), keeping them with size 1. */
export function reduceMean(x: Node, axes: readonly number[] = x.shape.map((_, i) => i)): Node {
  const count = axes.reduce((n, a) => n * x.shape[a]!, 1);
  return mul(reduceSum(x, axes), 1 / count);
}

/** The scalar sum (shape []) of all elements. */
export const sumAll = (x: Node): Node => reshape(reduceSum(x), []);
/** The scalar mean (shape []) of all elements. */
export const meanAll = (x: Node): Node => mul(sumAll(x), 1 / sizeOf(x.shape));

export const broadcastTo = (x: Node, shape: Shape): Node => (sameShape(x.shape, shape) ? x : x.graph.apply("broadcastTo", [x], { shape }));

/** The adjoint of broadcasting from `shape`: sums `x` over every axis along which it was stretched. */
export function sumTo(x: Node, shape: Shape): Node {
  return reshape(reduceSum(x, broadcastAxes(shape, x.shape)), shape);
}

export const matmul = (a: Node, b: Node, { transposeA = false, transposeB = false } = {}): Node =>
  a.graph.apply("matmul", [a, b], { transposeA, transposeB });

const geometry = ({ strides, pads, dilations = [1, 1], groups = 1 }: ConvOptions): ConvAttrs => ({ strides, pads, dilations, groups });
export const conv2d = (x: Node, w: Node, options: ConvOptions): Node => x.graph.apply("conv2d", [x, w], geometry(options));
export const conv2dInputGrad = (dy: Node, w: Node, inputSize: readonly [number, number], options: ConvOptions): Node =>
  dy.graph.apply("conv2dInputGrad", [dy, w], { ...geometry(options), inputSize });
export const conv2dFilterGrad = (x: Node, dy: Node, filterSize: readonly [number, number], options: ConvOptions): Node =>
  x.graph.apply("conv2dFilterGrad", [x, dy], { ...geometry(options), filterSize });

export const reshape = (x: Node, shape: Shape): Node => (sameShape(x.shape, shape) ? x : x.graph.apply("reshape", [x], { shape }));
/** The same value, of which everything is computed once more, so that nothing need be kept from the first time. */
export const apart = (x: Node): Node => x.graph.apply("reshape", [x], { shape: x.shape, apart: true });
export const transpose = (x: Node, perm: readonly number[]): Node => x.graph.apply("transpose", [x], { perm });
export const slice = (x: Node, begin: readonly number[], size: readonly number[]): Node =>
  sameShape(x.shape, size) && begin.every((b) => b === 0) ? x : x.graph.apply("slice", [x], { begin, size });
export const pad = (x: Node, before: readonly number[], after: readonly number[]): Node => x.graph.apply("pad", [x], { before, after });
export const concat = (xs: readonly [Node, ...Node[]], axis: number): Node => (xs.length === 1 ? xs[0] : xs[0].graph.apply("concat", xs, { axis }));
export const oneHot = (x: Node, depth: number): Node => x.graph.apply("oneHot", [x], { depth });

export const resizeNearest = (x: Node, size: readonly [number, number]): Node => x.graph.apply("resizeNearest", [x], { size });
export const resizeBilinear = (x: Node, size: readonly [number, number]): Node => x.graph.apply("resizeBilinear", [x], { size });
export const avgPool = (x: Node, { window, strides }: PoolAttrs): Node => x.graph.apply("avgPool", [x], { window, strides });
export const resizeNearestGrad = (dy: Node, inputSize: readonly [number, number]): Node => dy.graph.apply("resizeNearestGrad", [dy], { inputSize });
export const resizeBilinearGrad = (dy: Node, inputSize: readonly [number, number]): Node => dy.graph.apply("resizeBilinearGrad", [dy], { inputSize });
export const avgPoolGrad = (dy: Node, inputSize: readonly [number, number], { window, strides }: PoolAttrs): Node =>
  dy.graph.apply("avgPoolGrad", [dy], { window, strides, inputSize });

export const batchNorm = (x: Node, m: Node, gamma: Node, beta: Node, epsilon: number): Node =>
  x.graph.apply("batchNorm", [x, m, gamma, beta], { epsilon });
export const batchNormSums = (dy: Node, x: Node, m: Node, epsilon: number): Node => x.graph.apply("batchNormSums", [dy, x, m], { epsilon });
export const batchNormGrad = (dy: Node, x: Node, m: Node, gamma: Node, sums: Node, epsilon: number): Node =>
  x.graph.apply("batchNormGrad", [dy, x, m, gamma, sums], { epsilon });

/** The shape several operands broadcast to. */
export const commonShape = (...xs: Node[]): Shape => xs.map((x) => x.shape).reduce((a, b) => broadcastShapes("broadcast", a, b));
