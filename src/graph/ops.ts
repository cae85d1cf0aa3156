import { ShapeError } from "../core/errors.ts";
import { broadcastShapes, type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";

type None = Record<never, never>;
type Pair = readonly [number, number];

/**
 * Geometry of a convolution: `strides` [height, width], `pads` [top, bottom, left, right] and `dilations` [height, width], from one tap of a filter to the next, in pixels of
 * the input. The channels of input and output are cut into `groups` of neighbours, of which each sees its own of the other side alone.
 */
export interface ConvAttrs {
  readonly strides: Pair;
  readonly pads: readonly [number, number, number, number];
  readonly dilations: Pair;
  readonly groups: number;
}

/** The same where `dilations` of 1 and one group need not be said. */
export type ConvOptions = Pick<ConvAttrs, "strides" | "pads"> & Partial<ConvAttrs>;

/** Average pooling: `window` and `strides`, both [height, width]; no padding. */
export interface PoolAttrs {
  readonly window: Pair;
  readonly strides: Pair;
}

/** The attributes of every op. All tensors are float32; images are NHWC, filters [kh, kw, in / groups, out]. */
export interface OpAttrs {
  // Leaves
  input: { readonly name: string; readonly shape: Shape };
  variable: { readonly name: string; readonly shape: Shape };
  constant: { readonly values: Float32Array; readonly shape: Shape };
  // Elementwise, one operand
  neg: None;
  abs: None;
  exp: None;
  log: None;
  sqrt: None;
  rsqrt: None;
  tanh: None;
  sigmoid: None;
  softplus: None;
  leakyRelu: { readonly alpha: number };
  // Elementwise, operands broadcast together
  add: None;
  sub: None;
  mul: None;
  div: None;
  maximum: None;
  minimum: None;
  greater: None;
  greaterEqual: None;
  equal: None;
  select: None;
  leakyReluGrad: { readonly alpha: number };
  lerp: None;
  adamStep: { readonly epsilon: number };
  // Reductions and broadcast
  reduceSum: { readonly axes: readonly number[] };
  reduceMax: { readonly axes: readonly number[] };
  broadcastTo: { readonly shape: Shape };
  // Contractions
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  conv2d: ConvAttrs;
  conv2dInputGrad: ConvAttrs & { readonly inputSize: Pair };
  conv2dFilterGrad: ConvAttrs & { readonly filterSize: Pair };
  // Layout
  /** `apart`: what is made of the result stays apart from what is made of the operand, though it be the same. */
  reshape: { readonly shape: Shape; readonly apart?: true };
  transpose: { readonly perm: readonly number[] };
  slice: { readonly begin: readonly number[]; readonly size: readonly number[] };
  pad: { readonly before: readonly number[]; readonly after: readonly number[] };
  concat: { readonly axis: number };
  oneHot: { readonly depth: number };
  // Resampling
  resizeNearest: { readonly size: Pair };
  resizeNearestGrad: { readonly inputSize: Pair };
  resizeBilinear: { readonly size: Pair };
  resizeBilinearGrad: { readonly inputSize: Pair };
  avgPool: PoolAttrs;
  avgPoolGrad: PoolAttrs & { readonly inputSize: Pair };
  // Normalisation
  softmax: None;
  moments: None;
  batchNorm: { readonly epsilon: number };
  batchNormSums: { readonly epsilon: number };
  batchNormGrad: { readonly epsilon: number };
}

export type OpName = keyof OpAttrs;
export type LeafOp = "input" | "variable" | "constant";
/** Ops whose meaning is a graph of other ops (`composites.ts`); an executor may have no kernel for them. */
export type CompositeOp = "lerp" | "adamStep" | "softmax" | "moments" | "batchNorm" | "batchNormSums" | "batchNormGrad";
export type PrimitiveOp = Exclude<OpName, LeafOp | CompositeOp>;
/** Everything an executor lowers. */
export type ComputeOp = Exclude<OpName, LeafOp>;

/** One row of the op table. */
export interface OpRow<A> {
  /** Number of operands; "variadic" is one or more. */
  readonly arity: number | "variadic";
  /** `elementwise`: output element i depends on element i of each operand after broadcasting, and on nothing else. */
  readonly kind: "leaf" | "elementwise" | "reduction" | "contraction" | "layout" | "resample" | "normalisation";
  /** The shape of the result. @throws ShapeError naming `op` when the operands do not fit. */
  shape(inputs: readonly Shape[], attrs: A): Shape;
}

const leaf = <A extends { readonly shape: Shape }>(): OpRow<A> => ({ arity: 0, kind: "leaf", shape: (_, a) => a.shape });

const unary = (): OpRow<unknown> => ({ arity: 1, kind: "elementwise", shape: ([x]) => x! });

const elementwise = (op: string, arity: number): OpRow<unknown> => ({
  arity,
  kind: "elementwise",
  shape: (inputs) => inputs.reduce((a, b) => broadcastShapes(op, a, b)),
});

const reduction = (op: string): OpRow<{ readonly axes: readonly number[] }> => ({
  arity: 1,
  kind: "reduction",
  shape([x], { axes }) {
    checkAxes(op, x!, axes);
    return x!.map((d, i) => (axes.includes(i) ? 1 : d));
  },
});

/** The op table: what each op means, how many operands it takes, and the shape of its result. */
export const OPS = {
  /** A tensor fed anew at every run. */
  input: leaf(),
  /** A tensor that stays with the executor between runs and is changed by assignment only. */
  variable: leaf(),
  /** A tensor known when the graph is built. */
  constant: leaf(),

  /** -x */
  neg: unary(),
  /** |x| */
  abs: unary(),
  /** e^x */
  exp: unary(),
  /** ln x */
  log: unary(),
  /** √x */
  sqrt: unary(),
  /** 1 / √x */
  rsqrt: unary(),
  /** tanh x */
  tanh: unary(),
  /** 1 / (1 + e^-x) */
  sigmoid: unary(),
  /** ln(1 + e^x), without overflow */
  softplus: unary(),
  /** x > 0 ? x : alpha x; alpha = 0 is ReLU */
  leakyRelu: unary(),

  /** a + b */
  add: elementwise("add", 2),
  /** a - b */
  sub: elementwise("sub", 2),
  /** a b */
  mul: elementwise("mul", 2),
  /** a / b */
  div: elementwise("div", 2),
  /** the larger of a and b; NaN if either is NaN */
  maximum: elementwise("maximum", 2),
  /** the smaller of a and b; NaN if either is NaN */
  minimum: elementwise("minimum", 2),
  /** a > b ? 1 : 0 */
  greater: elementwise("greater", 2),
  /** a >= b ? 1 : 0 */
  greaterEqual: elementwise("greaterEqual", 2),
  /** a == b ? 1 : 0 */
  equal: elementwise("equal", 2),
  /** mask != 0 ? a : b, never mixing in the operand not chosen */
  select: elementwise("select", 3),
  /** (dy, x) -> x > 0 ? dy : alpha dy */
  leakyReluGrad: elementwise("leakyReluGrad", 2),
  /** (a, b, t) -> a + t (b - a) */
  lerp: elementwise("lerp", 3),
  /** (p, m, v, stepSize, scale) -> p - stepSize m / (scale √v + epsilon) */
  adamStep: elementwise("adamStep", 5),

  /** Sum over `axes`; the result keeps them with size 1. */
  reduceSum: reduction("reduceSum"),
  /** The largest over `axes`, NaN if any is NaN; the result keeps them with size 1. */
  reduceMax: reduction("reduceMax"),
  /** Repeat along axes of size 1 (and along new leading axes) until the shape is `shape`. */
  broadcastTo: {
    arity: 1,
    kind: "layout",
    shape([x], { shape }) {
      if (!sameShape(broadcastShapes("broadcastTo", x!, shape), shape))
        fail("broadcastTo", `a shape that stretches to ${showShape(shape)}`, showShape(x!));
      return shape;
    },
  },

  /** op(a) op(b) of the matrices in the last two axes, op transposing where the flag is set; leading axes, equal in both, number the products. */
  matmul: {
    arity: 2,
    kind: "contraction",
    shape([a, b], { transposeA, transposeB }) {
      const batch = a!.slice(0, -2);
      if (a!.length < 2 || b!.length < 2 || !sameShape(batch, b!.slice(0, -2)))
        fail("matmul", "two matrices, or as many of each along equal leading axes", `${showShape(a!)} and ${showShape(b!)}`);
      const [m, ka] = matrixSize(a!, transposeA);
      const [kb, n] = matrixSize(b!, transposeB);
      if (ka !== kb) fail("matmul", `equal inner sizes`, `${ka} and ${kb} (${showShape(a!)} and ${showShape(b!)})`);
      return [...batch, m, n];
    },
  },
  /** (x, w) -> y: cross-correlation, y[n,i,j,o] = Σ x[n, i s + a d - p, j s + b d - p, g in + c] w[a,b,c,o] over a, b and c < in, o being of group g = floor(o groups / out). */
  conv2d: {
    arity: 2,
    kind: "contraction",
    shape([x, w], attrs) {
      const { groups } = attrs;
      checkRank4("conv2d", x!, w!);
      const channels = groups * w![2]!;
      if (x![3] !== channels)
        fail("conv2d", `an input with ${channels} channels, as the filter${groups > 1 ? `'s ${groups} groups have` : " has"}`, `${x![3]} channels`);
      checkGroups("conv2d", "output", w![3]!, groups);
      return [x![0]!, ...convOutput("conv2d", [x![1]!, x![2]!], [w![0]!, w![1]!], attrs), w![3]!];
    },
  },
  /** (dy, w) -> dx: the adjoint of conv2d in x, which is the transposed convolution; `inputSize` is x's [height, width]. */
  conv2dInputGrad: {
    arity: 2,
    kind: "contraction",
    shape([dy, w], attrs) {
      checkRank4("conv2dInputGrad", dy!, w!);
      if (dy![3] !== w![3]) fail("conv2dInputGrad", `an output gradient with ${w![3]} channels, as the filter has`, `${dy![3]} channels`);
      checkGroups("conv2dInputGrad", "output", w![3]!, attrs.groups);
      checkConvOutput("conv2dInputGrad", dy!, attrs.inputSize, [w![0]!, w![1]!], attrs);
      return [dy![0]!, ...attrs.inputSize, attrs.groups * w![2]!];
    },
  },
  /** (x, dy) -> dw: the adjoint of conv2d in w; `filterSize` is w's [height, width]. */
  conv2dFilterGrad: {
    arity: 2,
    kind: "contraction",
    shape([x, dy], attrs) {
      checkRank4("conv2dFilterGrad", x!, dy!);
      if (x![0] !== dy![0]) fail("conv2dFilterGrad", `equal batch sizes`, `${x![0]} and ${dy![0]}`);
      checkGroups("conv2dFilterGrad", "input", x![3]!, attrs.groups);
      checkGroups("conv2dFilterGrad", "output", dy![3]!, attrs.groups);
      checkConvOutput("conv2dFilterGrad", dy!, [x![1]!, x![2]!], attrs.filterSize, attrs);
      return [...attrs.filterSize, x![3]! / attrs.groups, dy![3]!];
    },
  },

  /** The same elements in the same order under another shape. */
  reshape: {
    arity: 1,
    kind: "layout",
    shape([x], { shape }) {
      if (sizeOf(x!) !== sizeOf(shape)) fail("reshape", `${sizeOf(shape)} elements for ${showShape(shape)}`, `${sizeOf(x!)} in ${showShape(x!)}`);
      return shape;
    },
  },
  /** Axis i of the result is axis perm[i] of x. */
  transpose: {
    arity: 1,
    kind: "layout",
    shape([x], { perm }) {
      const sorted = [...perm].sort((a, b) => a - b);
      if (perm.length !== x!.length || sorted.some((p, i) => p !== i)) fail("transpose", `a permutation of ${x!.length} axes`, showShape(perm));
      return perm.map((p) => x![p]!);
    },
  },
  /** The block of `size` elements from `begin` along each axis. */
  slice: {
    arity: 1,
    kind: "layout",
    shape([x], { begin, size }) {
      const fits = begin.length === x!.length && size.length === x!.length && begin.every((b, i) => b >= 0 && size[i]! > 0 && b + size[i]! <= x![i]!);
      if (!fits) fail("slice", `a block inside ${showShape(x!)}`, `begin ${showShape(begin)}, size ${showShape(size)}`);
      return size;
    },
  },
  /** Zeros around x, `before` and `after` along each axis: the adjoint of slice. */
  pad: {
    arity: 1,
    kind: "layout",
    shape([x], { before, after }) {
      if (before.length !== x!.length || after.length !== x!.length || [...before, ...after].some((p) => p < 0)) {
        fail("pad", `${x!.length} sizes of at least 0 on each side`, `${showShape(before)} and ${showShape(after)}`);
      }
      return x!.map((d, i) => before[i]! + d + after[i]!);
    },
  },
  /** The operands one after another along `axis`. */
  concat: {
    arity: "variadic",
    kind: "layout",
    shape(inputs, { axis }) {
      const first = inputs[0]!;
      checkAxes("concat", first, [axis]);
      for (const s of inputs) {
        if (s.length !== first.length || s.some((d, i) => i !== axis && d !== first[i])) {
          fail("concat", `shapes equal to ${showShape(first)} but for axis ${axis}`, showShape(s));
        }
      }
      return first.map((d, i) => (i === axis ? inputs.reduce((sum, s) => sum + s[axis]!, 0) : d));
    },
  },
  /** x[...] holding integers -> [..., depth], 1 where the last index equals x and 0 elsewhere. */
  oneHot: {
    arity: 1,
    kind: "layout",
    shape: ([x], { depth }) => [...x!, depth],
  },

  /** Output pixel i takes input pixel floor(i in / out), on both axes. */
  resizeNearest: {
    arity: 1,
    kind: "resample",
    shape: ([x], { size }) => resized("resizeNearest", x!, size),
  },
  /** The adjoint of resizeNearest from an input of `inputSize`. */
  resizeNearestGrad: {
    arity: 1,
    kind: "resample",
    shape: ([dy], { inputSize }) => resized("resizeNearestGrad", dy!, inputSize),
  },
  /** Bilinear interpolation with half-pixel centres, clamped at the edges (align_corners = false). */
  resizeBilinear: {
    arity: 1,
    kind: "resample",
    shape: ([x], { size }) => resized("resizeBilinear", x!, size),
  },
  /** The adjoint of resizeBilinear from an input of `inputSize`. */
  resizeBilinearGrad: {
    arity: 1,
    kind: "resample",
    shape: ([dy], { inputSize }) => resized("resizeBilinearGrad", dy!, inputSize),
  },
  /** The mean of each window. */
  avgPool: {
    arity: 1,
    kind: "resample",
    shape: ([x], attrs) => resized("avgPool", x!, poolOutput("avgPool", [x![1]!, x![2]!], attrs)),
  },
  /** The adjoint of avgPool from an input of `inputSize`. */
  avgPoolGrad: {
    arity: 1,
    kind: "resample",
    shape([dy], attrs) {
      const [h, w] = poolOutput("avgPoolGrad", attrs.inputSize, attrs);
      if (dy![1] !== h || dy![2] !== w) fail("avgPoolGrad", `an output gradient of ${h}×${w} pixels`, `${dy![1]}×${dy![2]}`);
      return resized("avgPoolGrad", dy!, attrs.inputSize);
    },
  },

  /** e^x / Σ e^x along the last axis, without overflow. */
  softmax: { arity: 1, kind: "normalisation", shape: ([x]) => x! },
  /** [2, C]: mean and (biased) variance of each channel of x[..., C]. */
  moments: {
    arity: 1,
    kind: "normalisation",
    shape: ([x]) => [2, x![x!.length - 1]!],
  },
  /** (x, moments, gamma, beta) -> gamma (x - mean) / √(variance + epsilon) + beta, by channel. */
  batchNorm: {
    arity: 4,
    kind: "normalisation",
    shape([x, m, gamma, beta]) {
      const c = x![x!.length - 1]!;
      checkChannels("batchNorm", [2, c], m!);
      checkChannels("batchNorm", [c], gamma!);
      checkChannels("batchNorm", [c], beta!);
      return x!;
    },
  },
  /** (dy, x, moments) -> [2, C]: Σ dy and Σ dy x̂, where x̂ = (x - mean) / √(variance + epsilon). */
  batchNormSums: {
    arity: 3,
    kind: "normalisation",
    shape([dy, x, m]) {
      const c = x![x!.length - 1]!;
      if (!sameShape(dy!, x!)) fail("batchNormSums", `a gradient of shape ${showShape(x!)}`, showShape(dy!));
      checkChannels("batchNormSums", [2, c], m!);
      return [2, c];
    },
  },
  /** (dy, x, moments, gamma, sums) -> dx of batchNorm with moments = moments(x) and sums = batchNormSums(dy, x, moments). */
  batchNormGrad: {
    arity: 5,
    kind: "normalisation",
    shape([dy, x, m, gamma, sums]) {
      const c = x![x!.length - 1]!;
      if (!sameShape(dy!, x!)) fail("batchNormGrad", `a gradient of shape ${showShape(x!)}`, showShape(dy!));
      checkChannels("batchNormGrad", [2, c], m!);
      checkChannels("batchNormGrad", [c], gamma!);
      checkChannels("batchNormGrad", [2, c], sums!);
      return x!;
    },
  },
} satisfies { readonly [O in OpName]: OpRow<OpAttrs[O]> };

/** Rows and columns of the matrices in the last two axes, as they are or transposed. */
export function matrixSize(shape: Shape, transposed: boolean): Pair {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

/** Output [height, width] of a convolution over an input of `size`. */
export function convOutput(op: string, size: Pair, filter: Pair, { strides, pads, dilations = [1, 1] }: ConvOptions): Pair {
  const [height, width] = [(filter[0] - 1) * dilations[0] + 1, (filter[1] - 1) * dilations[1] + 1];
  const h = Math.floor((size[0] + pads[0] + pads[1] - height) / strides[0]) + 1;
  const w = Math.floor((size[1] + pads[2] + pads[3] - width) / strides[1]) + 1;
  if (!(h > 0 && w > 0))
    fail(op, `an input of at least ${height}×${width} pixels with its padding`, `${size[0] + pads[0] + pads[1]}×${size[1] + pads[2] + pads[3]}`);
  return [h, w];
}

function poolOutput(op: string, size: Pair, { window, strides }: PoolAttrs): Pair {
  return convOutput(op, size, window, { strides, pads: [0, 0, 0, 0] });
}

function checkConvOutput(op: string, dy: Shape, size: Pair, filter: Pair, attrs: ConvAttrs): void {
  const [h, w] = convOutput(op, size, filter, attrs);
  if (dy[1] !== h || dy[2] !== w) fail(op, `an output gradient of ${h}×${w} pixels`, `${dy[1]}×${dy[2]}`);
}

function checkRank4(op: string, ...shapes: Shape[]): void {
  for (const s of shapes) if (s.length !== 4) fail(op, "tensors of rank 4", showShape(s));
}

function checkGroups(op: string, side: "input" | "output", channels: number, groups: number): void {
  if (channels % groups !== 0) fail(op, `${side} channels that ${groups} groups divide evenly`, `${channels} channels`);
}

function checkAxes(op: string, x: Shape, axes: readonly number[]): void {
  for (const a of axes) if (!Number.isInteger(a) || a < 0 || a >= x.length) fail(op, `axes from 0 to ${x.length - 1}`, showShape(axes));
}

function checkChannels(op: string, expected: Shape, got: Shape): void {
  if (!sameShape(expected, got)) fail(op, `a statistic of shape ${showShape(expected)}`, showShape(got));
}

function resized(op: string, x: Shape, size: Pair): Shape {
  if (x.length !== 4) fail(op, "an image batch of rank 4", showShape(x));
  return [x[0]!, size[0], size[1], x[3]!];
}

function fail(path: string, expected: string, got: string): never {
  throw new ShapeError({ path, expected, got });
}
