/** Algebra that costs nothing in accuracy: fewer nodes, the same values. */
import { sameShape, sizeOf } from "../core/shape.ts";
import { add, broadcastTo, mul, reduceMax, reduceSum, reshape, slice, sub, transpose } from "./build.ts";
import { type Graph, isOp, type Node, rewrite, withoutDeadNodes } from "./graph.ts";
import { OPS, type OpName } from "./ops.ts";

/** A node of the same value and shape as `y`, one step simpler; null where there is none. */
type Rule<O extends OpName> = (y: Node<O>, ...inputs: Node[]) => Node | null;

/**
 * The identities that hold for every float32, NaN and infinities included (so x·0 stays). Only the sign of a zero is
 * not kept: -0 + 0 is taken for -0.
 */
const RULES: { readonly [O in OpName]?: Rule<O> } = {
  neg: (_, x) => (isOp(x, "neg") ? x.inputs[0]! : null),
  add(y, a, b) {
    if (filling(b) === 0) return broadcastTo(a, y.shape);
    if (filling(a) === 0) return broadcastTo(b, y.shape);
    return isOp(b, "neg") ? sub(a, b.inputs[0]!) : null;
  },
  sub(y, a, b) {
    if (filling(b) === 0) return broadcastTo(a, y.shape);
    return isOp(b, "neg") ? add(a, b.inputs[0]!) : null;
  },
  mul(y, a, b) {
    if (filling(b) === 1) return broadcastTo(a, y.shape);
    return filling(a) === 1 ? broadcastTo(b, y.shape) : null;
  },
  div: (y, a, b) => (filling(b) === 1 ? broadcastTo(a, y.shape) : null),
  select(y, mask, a, b) {
    const choice = filling(mask);
    return choice === undefined ? null : broadcastTo(choice !== 0 ? a : b, y.shape);
  },

  matmul(y, a, b) {
    const inner = a.shape[y.attrs.transposeA ? 0 : 1];
    return a.shape.length === 2 && inner === 1 ? mul(reshape(a, [y.shape[0]!, 1]), reshape(b, [1, y.shape[1]!])) : null;
  },
  reduceSum: (y, x) => overLongAxes(y, x, reduceSum),
  reduceMax: (y, x) => overLongAxes(y, x, reduceMax),

  reshape(y, x) {
    if (y.attrs.apart) return null;
    if (isOp(x, "reshape") && !x.attrs.apart) return reshape(x.inputs[0]!, y.shape);
    if (isOp(x, "constant")) return x.graph.constant(x.attrs.values, y.shape);
    return sameShape(x.shape, y.shape) ? x : null;
  },
  broadcastTo(y, x) {
    if (isOp(x, "broadcastTo")) return broadcastTo(x.inputs[0]!, y.shape);
    return sizeOf(x.shape) === sizeOf(y.shape) ? reshape(x, y.shape) : null;
  },
  transpose(y, x) {
    const { perm } = y.attrs;
    if (isOp(x, "transpose")) {
      const first = x.attrs.perm;
      return transpose(
        x.inputs[0]!,
        perm.map((p) => first[p]!),
      );
    }
    const moved = perm.filter((p) => x.shape[p] !== 1);
    return moved.every((p, i) => i === 0 || moved[i - 1]! < p) ? reshape(x, y.shape) : null;
  },
  slice(y, x) {
    if (isOp(x, "slice")) return sliceFrom(y, x.inputs[0]!, x.attrs.begin, 1);
    if (isOp(x, "concat")) return sliceOfConcat(y, x);
    return sameShape(x.shape, y.shape) ? x : null;
  },
  pad: (y, x) => (sameShape(x.shape, y.shape) ? x : null),
};

/** Exact in float32 when computed in float64 and rounded once, hence the same on every backend. */
const FOLDABLE: { readonly [O in OpName]?: (a: number, b: number) => number } = {
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  sqrt: (a) => Math.sqrt(a),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  greater: (a, b) => (a > b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
};

/**
 * The same graph with constants folded, identities used and dead nodes left out; what is left runs in the same order.
 * No sum is reordered and no transcendental function is folded, so that results keep every bit.
 */
export function simplify(graph: Graph): Graph {
  const simplified = rewrite(graph, (node, inputs, target) => {
    let y: Node = target.apply(node.op, inputs, node.attrs);
    for (let next: Node | null = y; next; next = step(y)) y = next;
    return y;
  });
  return withoutDeadNodes(simplified);
}

function step(y: Node): Node | null {
  const rule = RULES[y.op] as Rule<OpName> | undefined;
  return fold(y) ?? unstretch(y) ?? rule?.(y, ...y.inputs) ?? null;
}

/** The constant that an elementwise op of constants is, where each operand is one number or has the shape of the result. */
function fold(y: Node): Node | null {
  const f = FOLDABLE[y.op];
  if (!f) return null;
  const operands: Float32Array[] = [];
  for (const x of y.inputs) {
    if (!isOp(x, "constant") || (sizeOf(x.shape) !== 1 && !sameShape(x.shape, y.shape))) return null;
    operands.push(x.attrs.values);
  }
  const at = (x: Float32Array | undefined, i: number) => x?.[x.length === 1 ? 0 : i] ?? 0;
  const values = Float32Array.from({ length: sizeOf(y.shape) }, (_, i) => f(at(operands[0], i), at(operands[1], i)));
  return y.graph.constant(values, y.shape);
}

/** An elementwise op broadcasts by itself: its operands need not be stretched for it. */
function unstretch(y: Node): Node | null {
  if (OPS[y.op].kind !== "elementwise") return null;
  let inputs = y.inputs;
  y.inputs.forEach((x, i) => {
    if (!isOp(x, "broadcastTo")) return;
    const candidate = inputs.with(i, x.inputs[0]!);
    const shape = OPS[y.op].shape(
      candidate.map((c) => c.shape),
      y.attrs as never,
    );
    if (sameShape(shape, y.shape)) inputs = candidate;
  });
  return inputs === y.inputs ? null : y.graph.apply(y.op, inputs, y.attrs);
}

/** A reduction without those axes that have one element. */
function overLongAxes(y: Node<"reduceSum" | "reduceMax">, x: Node, reduce: typeof reduceMax): Node | null {
  const axes = y.attrs.axes.filter((a) => x.shape[a] !== 1);
  return axes.length < y.attrs.axes.length ? reduce(x, axes) : null;
}

/** The number that fills the whole of `x`, where there is a known one. */
function filling(x: Node): number | undefined {
  if (isOp(x, "broadcastTo") || isOp(x, "reshape")) return filling(x.inputs[0]!);
  return isOp(x, "constant") && x.attrs.values.every((v) => v === x.attrs.values[0]) ? x.attrs.values[0] : undefined;
}

/** The slice `y` as one of `x`, in which it begins further on by `sign` × `offset`. */
function sliceFrom(y: Node<"slice">, x: Node, offset: readonly number[], sign: 1 | -1): Node {
  return slice(
    x,
    y.attrs.begin.map((b, i) => b + sign * offset[i]!),
    y.shape,
  );
}

/** A slice that lies within one operand of a concatenation is a slice of that operand. */
function sliceOfConcat(y: Node<"slice">, x: Node<"concat">): Node | null {
  const { axis } = x.attrs;
  const begin = y.attrs.begin[axis]!;
  let start = 0;
  for (const part of x.inputs) {
    const end = start + part.shape[axis]!;
    if (begin >= start && begin + y.shape[axis]! <= end) {
      const offset = y.shape.map((_, a) => (a === axis ? start : 0));
      return sliceFrom(y, part, offset, -1);
    }
    start = end;
  }
  return null;
}
