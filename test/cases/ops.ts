/**
 * One table of cases for every op, shared by the tests of all executors and by the finite differences of the gradients.
 * Sizes are odd, prime, one, and around multiples of four; values stay away from kinks and poles.
 */
import { type Shape, showShape } from "../../src/core/shape.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import type { ComputeOp, ConvAttrs, OpAttrs } from "../../src/graph/ops.ts";
import { any, apart, below, cycle, type Domain, draw, mask, nonzero, offLattice, onLattice, positive, seeded } from "./values.ts";

export interface CaseOperand {
  readonly shape: Shape;
  readonly domain: Domain;
}

/** An op with its attributes and operands. */
export interface OpCase {
  readonly name: string;
  readonly op: ComputeOp;
  readonly attrs: OpAttrs[ComputeOp];
  readonly operands: readonly CaseOperand[];
  /** Whether finite differences on these operands must agree with the gradient; else the op is flat almost everywhere. */
  readonly differentiable: boolean;
}

const FLAT: readonly ComputeOp[] = ["greater", "greaterEqual", "equal", "oneHot"];

/** A case whose operands are shapes, of values in [-2, 2], or shapes with a domain. */
function opCase<O extends ComputeOp>(op: O, attrs: OpAttrs[O], ...operands: (Shape | readonly [Shape, Domain])[]): OpCase {
  const given = operands.map(
    (x): CaseOperand => (typeof x[1] === "function" ? { shape: x[0] as Shape, domain: x[1] } : { shape: x as Shape, domain: any }),
  );
  const shown = Object.entries(attrs).map(([key, value]) => (isUsual(key, value) ? "" : ` ${key} ${JSON.stringify(value)}`));
  return {
    name: `${op}(${given.map((x) => showShape(x.shape)).join(", ")})${shown.join("")}`,
    op,
    attrs,
    operands: given,
    differentiable: !FLAT.includes(op),
  };
}

/** What is not said of a convolution. */
const isUsual = (key: string, value: unknown): boolean => (key === "groups" && value === 1) || (key === "dilations" && `${value}` === "1,1");

/** The graph of a case: inputs `x0`, `x1`... and the fetch `y`. */
export function caseGraph({ op, attrs, operands }: OpCase): { graph: Graph; inputs: Node[]; output: Node } {
  const graph = new Graph();
  const inputs = operands.map(({ shape }, i) => graph.input(`x${i}`, shape));
  const output = graph.apply(op, inputs, attrs);
  graph.fetch("y", output);
  return { graph, inputs, output };
}

/** Values for the inputs of `caseGraph`, the same for the same seed. */
export function caseFeeds({ operands }: OpCase, seed = 1): Record<string, Float32Array> {
  const random = seeded(seed);
  return Object.fromEntries(operands.map(({ shape, domain }, i) => [`x${i}`, draw(shape, domain, random)]));
}

const UNARY: readonly (readonly ["neg" | "abs" | "exp" | "log" | "sqrt" | "rsqrt" | "tanh" | "sigmoid" | "softplus", Domain])[] = [
  ["neg", any],
  ["abs", nonzero],
  ["exp", any],
  ["log", positive],
  ["sqrt", positive],
  ["rsqrt", positive],
  ["tanh", any],
  ["sigmoid", any],
  ["softplus", any],
];

const BINARY: readonly (readonly ["add" | "sub" | "mul" | "div" | "maximum" | "minimum" | "greater" | "greaterEqual" | "equal", Domain, Domain])[] = [
  ["add", any, any],
  ["sub", any, any],
  ["mul", any, any],
  ["div", any, nonzero],
  ["maximum", onLattice, offLattice],
  ["minimum", onLattice, offLattice],
  ["greater", below(3), below(3)],
  ["greaterEqual", below(3), below(3)],
  ["equal", below(3), below(3)],
];

const VECTORS: readonly Shape[] = [[], [1], [3], [4], [5], [17], [2, 3, 5], [67]];

/** Pairs of shapes that broadcast in every way: not at all, scalar, leading axes, [C], [N, 1], middle axes, both sides. */
const BROADCASTS: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[1], [13]],
  [[67], [67]],
  [
    [8, 16],
    [8, 16],
  ],
  [[3, 5], []],
  [[], [3, 5]],
  [[3, 5], [5]],
  [[4], [7, 4]],
  [
    [3, 5],
    [3, 1],
  ],
  [
    [6, 1],
    [6, 8],
  ],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [2, 1, 4],
    [1, 3, 1],
  ],
  [[2, 3, 5, 4], [4]],
  [
    [2, 3, 5, 4],
    [1, 3, 1, 4],
  ],
  [
    [2, 3, 5, 4],
    [2, 1, 1, 1],
  ],
  [
    [2, 1, 1, 6],
    [2, 3, 3, 6],
  ],
  [
    [3, 1, 5, 1],
    [2, 1, 7],
  ],
];

const elementwise: readonly OpCase[] = [
  ...UNARY.flatMap(([op, domain]) => VECTORS.map((shape) => opCase(op, {}, [shape, domain]))),
  ...[0.2, 0].flatMap((alpha) => VECTORS.map((shape) => opCase("leakyRelu", { alpha }, [shape, nonzero]))),
  ...BINARY.flatMap(([op, a, b]) => BROADCASTS.map(([sa, sb]) => opCase(op, {}, [sa, a], [sb, b]))),
  ...BROADCASTS.map(([sa, sb]) => opCase("leakyReluGrad", { alpha: 0.2 }, sa, [sb, nonzero])),
  opCase("leakyReluGrad", { alpha: 0 }, [2, 7], [[2, 7], nonzero]),
  ...BROADCASTS.map(([sa, sb]) => opCase("select", {}, [sa, mask], sb, sa)),
  opCase("select", {}, [[], mask], [3, 5], [5]),
  opCase("select", {}, [[7, 1], mask], [7, 3], []),
  opCase("select", {}, [[7, 3], mask], [], []),
  ...BROADCASTS.map(([sa, sb]) => opCase("lerp", {}, sa, sa, sb)),
  opCase("lerp", {}, [2, 4, 4, 3], [2, 4, 4, 3], [2, 1, 1, 1]),
  opCase("lerp", {}, [9], [], [9]),
  ...VECTORS.map((shape) => opCase("adamStep", { epsilon: 1e-3 }, shape, shape, [shape, positive], [[], positive], [[], positive])),
];

const reductions: readonly OpCase[] = (
  [
    [[1], [0]],
    [[7], [0]],
    [[67], [0]],
    [[1025], [0]],
    [[5, 7], [0]],
    [[5, 7], [1]],
    [
      [5, 8],
      [0, 1],
    ],
    [[1, 6], [0]],
    [[2, 3, 5], [1]],
    [
      [2, 3, 5],
      [0, 2],
    ],
    [
      [2, 3, 5, 4],
      [0, 1, 2],
    ],
    [
      [2, 3, 5, 4],
      [1, 2],
    ],
    [
      [2, 3, 5, 4],
      [1, 2, 3],
    ],
    [[2, 3, 5, 4], [3]],
    [[2, 3, 5, 7], [0]],
    [
      [2, 3, 5, 7],
      [0, 1, 2, 3],
    ],
    [
      [2, 3, 5, 7],
      [0, 2],
    ],
  ] as const
).flatMap(([shape, axes]) => [opCase("reduceSum", { axes }, shape), opCase("reduceMax", { axes }, [shape, apart])]);

const MATRICES: readonly (readonly [m: number, k: number, n: number])[] = [
  [1, 1, 1],
  [1, 7, 1],
  [3, 5, 7],
  [4, 8, 8],
  [5, 8, 9],
  [8, 4, 16],
  [13, 17, 11],
  [1, 64, 33],
  [33, 1, 5],
  [64, 3, 1],
  [31, 67, 29],
  [9, 300, 10],
];

/** Leading axes, and the matrices along them. */
const BATCHES: readonly (readonly [batch: Shape, m: number, k: number, n: number])[] = [
  [[1], 3, 5, 7],
  [[5], 1, 1, 1],
  [[3], 13, 17, 11],
  [[2, 3], 4, 1, 9],
  [[7], 6, 8, 3],
  [[2, 1, 2], 25, 4, 16],
];

const matmuls: readonly OpCase[] = [...MATRICES.map(([m, k, n]) => [[], m, k, n] as const), ...BATCHES].flatMap(([batch, m, k, n]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) =>
      opCase("matmul", { transposeA, transposeB }, [...batch, ...(transposeA ? [k, m] : [m, k])], [...batch, ...(transposeB ? [n, k] : [k, n])]),
    ),
  ),
);

/** Input [N, H, W, C], filter [kh, kw, O], output [h, w], strides, pads, dilations and groups: strides 1 to 4, filters 1 to 5, asymmetric and excessive pads. */
export const CONVOLUTIONS: readonly (readonly [
  input: readonly [number, number, number, number],
  filter: readonly [number, number, number],
  output: readonly [number, number],
  strides: readonly [number, number],
  pads: readonly [number, number, number, number],
  others?: Partial<Pick<ConvAttrs, "dilations" | "groups">>,
])[] = [
  [
    [1, 1, 1, 1],
    [1, 1, 1],
    [1, 1],
    [1, 1],
    [0, 0, 0, 0],
  ],
  [
    [2, 5, 5, 3],
    [3, 3, 4],
    [5, 5],
    [1, 1],
    [1, 1, 1, 1],
  ],
  [
    [1, 7, 5, 2],
    [3, 2, 3],
    [3, 6],
    [2, 1],
    [1, 0, 0, 2],
  ],
  [
    [2, 8, 8, 3],
    [4, 4, 8],
    [4, 4],
    [2, 2],
    [1, 1, 1, 1],
  ],
  [
    [2, 8, 8, 16],
    [4, 4, 1],
    [4, 4],
    [2, 2],
    [1, 1, 1, 1],
  ],
  [
    [1, 7, 7, 5],
    [5, 5, 2],
    [7, 7],
    [1, 1],
    [2, 2, 2, 2],
  ],
  [
    [3, 4, 4, 6],
    [4, 4, 1],
    [1, 1],
    [1, 1],
    [0, 0, 0, 0],
  ],
  [
    [2, 9, 11, 1],
    [3, 3, 7],
    [3, 4],
    [3, 3],
    [0, 1, 1, 0],
  ],
  [
    [1, 6, 6, 4],
    [1, 1, 5],
    [3, 3],
    [2, 2],
    [0, 0, 0, 0],
  ],
  [
    [2, 6, 7, 3],
    [2, 2, 4],
    [3, 3],
    [2, 2],
    [0, 0, 0, 0],
  ],
  [
    [1, 3, 3, 2],
    [5, 5, 3],
    [2, 2],
    [2, 2],
    [2, 2, 2, 2],
  ],
  [
    [1, 13, 1, 17],
    [3, 1, 2],
    [13, 1],
    [1, 1],
    [1, 1, 0, 0],
  ],
  [
    [1, 4, 4, 3],
    [4, 4, 2],
    [7, 7],
    [1, 1],
    [3, 3, 3, 3],
  ],
  [
    [1, 10, 10, 8],
    [4, 4, 12],
    [5, 5],
    [2, 2],
    [1, 1, 1, 1],
  ],
  [
    [1, 7, 7, 4],
    [4, 4, 9],
    [4, 4],
    [2, 2],
    [2, 1, 2, 1],
  ],
  [
    [1, 2, 2, 3],
    [3, 3, 3],
    [1, 1],
    [2, 2],
    [0, 1, 0, 1],
  ],
  [
    [2, 5, 7, 33],
    [3, 3, 19],
    [3, 4],
    [2, 2],
    [1, 1, 1, 1],
  ],
  [
    [1, 5, 5, 1],
    [5, 5, 3],
    [2, 2],
    [3, 3],
    [2, 2, 2, 2],
  ],
  [
    [1, 3, 3, 2],
    [1, 1, 3],
    [5, 5],
    [1, 1],
    [1, 1, 1, 1],
  ],
  [
    [2, 6, 5, 7],
    [2, 4, 5],
    [6, 2],
    [1, 3],
    [0, 1, 2, 1],
  ],
  // Strides larger than the filter: pixels that no output sees.
  [
    [2, 9, 9, 8],
    [1, 1, 12],
    [5, 5],
    [2, 2],
    [0, 0, 0, 0],
  ],
  [
    [1, 8, 7, 3],
    [2, 1, 2],
    [3, 3],
    [3, 3],
    [0, 0, 0, 0],
  ],
  // 3x3 of stride 1, channels by fours and not: whole tiles, parts of them, images of one tile, pads of every kind.
  [
    [1, 8, 8, 8],
    [3, 3, 12],
    [8, 8],
    [1, 1],
    [1, 1, 1, 1],
  ],
  [
    [2, 7, 11, 12],
    [3, 3, 8],
    [5, 12],
    [1, 1],
    [0, 0, 2, 1],
  ],
  [
    [3, 5, 4, 8],
    [3, 3, 20],
    [5, 4],
    [1, 1],
    [1, 1, 1, 1],
  ],
  [
    [1, 8, 9, 10],
    [3, 3, 8],
    [8, 9],
    [1, 1],
    [1, 1, 1, 1],
  ],
  // Groups, those of one channel (depthwise), with one result each and with several.
  [[2, 5, 5, 6], [3, 3, 8], [5, 5], [1, 1], [1, 1, 1, 1], { groups: 2 }],
  [[2, 7, 5, 5], [3, 3, 5], [3, 5], [2, 1], [1, 0, 0, 2], { groups: 5 }],
  [[1, 6, 7, 4], [4, 3, 12], [3, 3], [2, 2], [1, 2, 1, 0], { groups: 4 }],
  [[1, 3, 4, 32], [3, 3, 32], [3, 4], [1, 1], [1, 1, 1, 1], { groups: 2 }],
  [[1, 6, 6, 10], [4, 4, 14], [3, 3], [2, 2], [1, 1, 1, 1], { groups: 2 }],
  [[3, 4, 3, 10], [1, 1, 15], [4, 3], [1, 1], [0, 0, 0, 0], { groups: 5 }],
  // Pixels alone, and with some of the padding.
  [
    [2, 5, 3, 13],
    [1, 1, 9],
    [5, 3],
    [1, 1],
    [0, 0, 0, 0],
  ],
  [
    [1, 3, 3, 6],
    [1, 1, 5],
    [4, 5],
    [1, 1],
    [1, 0, 2, 0],
  ],
  // Dilations, with strides that have a divisor in common with them and that have none.
  [[2, 9, 8, 3], [3, 2, 4], [8, 6], [1, 1], [2, 1, 1, 0], { dilations: [2, 3] }],
  [[1, 10, 11, 2], [3, 3, 5], [5, 4], [2, 3], [2, 1, 1, 2], { dilations: [2, 2] }],
  [[1, 13, 13, 8], [2, 3, 9], [3, 1], [4, 4], [1, 1, 2, 1], { dilations: [6, 6] }],
  // Both.
  [[2, 7, 8, 12], [3, 3, 6], [3, 8], [2, 1], [2, 1, 2, 2], { dilations: [2, 2], groups: 3 }],
  [[1, 6, 5, 33], [3, 3, 33], [6, 5], [1, 1], [2, 2, 2, 2], { dilations: [2, 2], groups: 33 }],
];

const convolutions: readonly OpCase[] = CONVOLUTIONS.flatMap(([input, [kh, kw, o], [h, w], strides, pads, others]) => {
  const { dilations, groups }: Pick<ConvAttrs, "dilations" | "groups"> = { dilations: [1, 1], groups: 1, ...others };
  const [n, inputHeight, inputWidth, c] = input;
  const filter = [kh, kw, c / groups, o];
  const output = [n, h, w, o];
  const attrs: ConvAttrs = { strides, pads, dilations, groups };
  return [
    opCase("conv2d", attrs, input, filter),
    opCase("conv2dInputGrad", { ...attrs, inputSize: [inputHeight, inputWidth] }, output, filter),
    opCase("conv2dFilterGrad", { ...attrs, filterSize: [kh, kw] }, input, output),
  ];
});

const layouts: readonly OpCase[] = [
  opCase("broadcastTo", { shape: [7] }, []),
  opCase("broadcastTo", { shape: [3, 5] }, [5]),
  opCase("broadcastTo", { shape: [3, 5] }, [3, 1]),
  opCase("broadcastTo", { shape: [2, 3, 4, 5] }, [1, 3, 1, 5]),
  opCase("broadcastTo", { shape: [2, 3, 4, 5] }, [4, 1]),
  opCase("reshape", { shape: [] }, [1, 1]),
  opCase("reshape", { shape: [6, 5] }, [2, 3, 5]),
  opCase("reshape", { shape: [2, 3, 3, 1] }, [18]),
  opCase("transpose", { perm: [0] }, [5]),
  opCase("transpose", { perm: [1, 0] }, [3, 7]),
  opCase("transpose", { perm: [1, 0] }, [17, 13]),
  opCase("transpose", { perm: [2, 0, 1] }, [2, 3, 5]),
  opCase("transpose", { perm: [0, 3, 1, 2] }, [2, 3, 4, 5]),
  opCase("transpose", { perm: [3, 1, 0, 2] }, [2, 3, 4, 5]),
  opCase("slice", { begin: [2], size: [3] }, [7]),
  opCase("slice", { begin: [0, 3], size: [4, 2] }, [4, 5]),
  opCase("slice", { begin: [1, 0, 1, 2], size: [1, 3, 2, 1] }, [2, 3, 4, 5]),
  opCase("pad", { before: [2], after: [1] }, [3]),
  opCase("pad", { before: [0, 1], after: [0, 0] }, [3, 4]),
  opCase("pad", { before: [0, 1, 2, 0], after: [1, 0, 3, 0] }, [2, 3, 1, 5]),
  opCase("concat", { axis: 0 }, [5]),
  opCase("concat", { axis: 0 }, [2, 3], [1, 3]),
  opCase("concat", { axis: 1 }, [3, 2], [3, 5], [3, 1]),
  opCase("concat", { axis: 3 }, [2, 3, 3, 4], [2, 3, 3, 1]),
  opCase("concat", { axis: 2 }, [2, 3, 1, 5], [2, 3, 4, 5]),
  opCase("oneHot", { depth: 3 }, [[7], below(3)]),
  opCase("oneHot", { depth: 10 }, [[2, 3], below(10)]),
  opCase("oneHot", { depth: 1 }, [[3], below(2)]),
];

const IMAGES: readonly (readonly [input: readonly [number, number, number, number], output: readonly [number, number]])[] = [
  [
    [1, 1, 1, 1],
    [3, 2],
  ],
  [
    [2, 3, 4, 3],
    [6, 8],
  ],
  [
    [1, 4, 4, 5],
    [8, 8],
  ],
  [
    [1, 5, 7, 2],
    [3, 4],
  ],
  [
    [2, 8, 6, 4],
    [4, 3],
  ],
  [
    [1, 3, 5, 1],
    [7, 5],
  ],
];

const POOLS: readonly (readonly [
  input: readonly [number, number, number, number],
  output: readonly [number, number],
  window: readonly [number, number],
  strides: readonly [number, number],
])[] = [
  [
    [1, 1, 1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  [
    [2, 4, 6, 3],
    [2, 3],
    [2, 2],
    [2, 2],
  ],
  [
    [1, 5, 7, 4],
    [2, 3],
    [2, 2],
    [2, 2],
  ],
  [
    [1, 5, 5, 2],
    [3, 3],
    [3, 3],
    [1, 1],
  ],
  [
    [2, 7, 4, 5],
    [3, 1],
    [2, 3],
    [2, 3],
  ],
];

const resamples: readonly OpCase[] = [
  ...IMAGES.flatMap(([input, size]) => {
    const output = [input[0], ...size, input[3]];
    const inputSize = [input[1], input[2]] as const;
    return [
      opCase("resizeNearest", { size }, input),
      opCase("resizeNearestGrad", { inputSize }, output),
      opCase("resizeBilinear", { size }, input),
      opCase("resizeBilinearGrad", { inputSize }, output),
    ];
  }),
  ...POOLS.flatMap(([input, [h, w], window, strides]) => [
    opCase("avgPool", { window, strides }, input),
    opCase("avgPoolGrad", { window, strides, inputSize: [input[1], input[2]] }, [input[0], h, w, input[3]]),
  ]),
];

const normalisations: readonly OpCase[] = (
  [
    [1, 4],
    [7, 1],
    [4, 3],
    [64, 5],
    [2, 3, 5, 7],
    [2, 2, 2, 16],
    [1, 4, 4, 8],
  ] as const
).flatMap((x) => {
  const c = x[x.length - 1]!;
  const m = [[2, c], positive] as const;
  const epsilon = 1e-2;
  return [
    opCase("moments", {}, x),
    opCase("batchNorm", { epsilon }, x, m, [c], [c]),
    opCase("batchNormSums", { epsilon }, x, x, m),
    opCase("batchNormGrad", { epsilon }, x, x, m, [c], [2, c]),
  ];
});

const softmaxes: readonly OpCase[] = [[1], [7], [3, 4], [5, 1], [2, 3, 5], [67, 2], [2, 261]].map((shape) => opCase("softmax", {}, shape));

/** Every op on ordinary numbers. */
export const OP_CASES: readonly OpCase[] = [
  ...elementwise,
  ...reductions,
  ...matmuls,
  ...convolutions,
  ...layouts,
  ...resamples,
  ...normalisations,
  ...softmaxes,
];

const SPECIALS: readonly number[] = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 1e-30, -1e-30, 1e30, -1e30, 88, -88, 20, -20, 1e-5];
const PAIRS = SPECIALS.length ** 2;

/** Elementwise ops on NaN, infinities, both zeros, and very large and small numbers, each with each. */
export const SPECIAL_CASES: readonly OpCase[] = [
  ...UNARY.map(([op]) => opCase(op, {}, [[SPECIALS.length], cycle(SPECIALS)])),
  opCase("leakyRelu", { alpha: 0.2 }, [[SPECIALS.length], cycle(SPECIALS)]),
  opCase("leakyRelu", { alpha: 0 }, [[SPECIALS.length], cycle(SPECIALS)]),
  ...BINARY.map(([op]) => opCase(op, {}, [[PAIRS], cycle(SPECIALS)], [[PAIRS], cycle(SPECIALS, SPECIALS.length)])),
  opCase("leakyReluGrad", { alpha: 0.2 }, [[PAIRS], cycle(SPECIALS)], [[PAIRS], cycle(SPECIALS, SPECIALS.length)]),
  opCase("select", {}, [[PAIRS], cycle([0, 1, NaN, -0])], [[PAIRS], cycle(SPECIALS)], [[PAIRS], cycle(SPECIALS, SPECIALS.length)]),
].map((special) => ({ ...special, name: `${special.op} of special values${special.op === "leakyRelu" ? ` ${JSON.stringify(special.attrs)}` : ""}` }));
