/**
 * Random graphs whose every value is a small integer: float32 and float64 compute them exactly and in any order, so that
 * two executors must agree on every element, and an error of whatever size shows.
 */
import { type Shape, sameShape, sizeOf } from "../../src/core/shape.ts";
import type { VariableSpec } from "../../src/exec/executor.ts";
import {
  abs,
  add,
  broadcastTo,
  concat,
  conv2d,
  conv2dFilterGrad,
  conv2dInputGrad,
  equal,
  greater,
  leakyRelu,
  leakyReluGrad,
  lerp,
  matmul,
  maximum,
  minimum,
  mul,
  neg,
  pad,
  reduceSum,
  reshape,
  resizeNearest,
  select,
  slice,
  sub,
  transpose,
} from "../../src/graph/build.ts";
import { Graph, isOp, type Node } from "../../src/graph/graph.ts";
import { OPS } from "../../src/graph/ops.ts";
import { any, type Domain, draw, seeded } from "./values.ts";

/** Integers up to here are exact in float32. */
const EXACT = 2 ** 24;
/** Leaves hold integers in [-LEAF, LEAF]. */
const LEAF = 3;
const MAX_SIZE = 20_000;

/** Integers in [-3, 3]. */
export const smallInteger: Domain = (u, i) => Math.round(any(u, i) * (LEAF / 2));

/** Shapes of several ranks and of sizes below, at and above a block of elementwise work, most of which broadcast with some other. */
const SHAPES: readonly Shape[] = [
  [],
  [1],
  [5],
  [1, 5],
  [3, 1],
  [3, 5],
  [2, 3, 5],
  [1, 3, 1],
  [2, 1, 5],
  [4, 4],
  [16],
  [2, 4, 4, 3],
  [3],
  [1, 4, 1, 3],
  [700],
  [3, 700],
  [3, 1, 700],
  [1024],
  [2, 1024],
  [2, 1],
  [4099],
];

/** Variables for random graphs, some of them of the same shape so that they can be exchanged. */
export const VARIABLES: readonly VariableSpec[] = ([[3, 5], [3, 5], [15], [], [2, 4, 4, 3], [3, 700], [3, 700], [2100], [700]] as const).map(
  (shape, i) => ({
    name: `v${i}`,
    shape,
  }),
);

/** A graph of about `size` nodes over VARIABLES that assigns some of them and fetches some values, the same for the same seed. */
export function randomGraph(seed: number, size: number): { graph: Graph; feeds: (seed: number) => Record<string, Float32Array> } {
  const builder = new Builder(seed);
  while (builder.graph.nodes.length < size) builder.grow();
  builder.finish();
  const { graph } = builder;
  return {
    graph,
    feeds: (s) => Object.fromEntries(graph.leaves("input").map(({ attrs, shape }, i) => [attrs.name, draw(shape, smallInteger, seeded(s * 31 + i))])),
  };
}

class Builder {
  readonly graph = new Graph();
  readonly #random: () => number;
  /** No element is larger than this in magnitude. */
  readonly #bounds = new Map<Node, number>();
  readonly #pool: Node[] = [];

  constructor(seed: number) {
    this.#random = seeded(seed);
    for (const { name, shape } of VARIABLES) if (this.#chance(0.7)) this.#keep(this.graph.variable(name, shape));
    for (let i = this.#below(4); i >= 0; i--) this.#keep(this.graph.input(`x${i}`, this.#pick(SHAPES)));
  }

  /** Adds an op on random operands, if they fit it. */
  grow(): void {
    const node = this.#next();
    if (node) this.#keep(node);
  }

  #next(): Node | null {
    const x = this.#operand();
    switch (this.#below(14)) {
      case 0:
        return this.#pick([neg, abs, (y: Node) => leakyRelu(y, 0), (y: Node) => leakyRelu(y, 2)])(x);
      case 1:
      case 2:
      case 3:
        return this.#broadcasting(2, this.#pick([add, sub, maximum, minimum, mul, greater, equal, (a, b) => leakyReluGrad(a, b, 2)]), x);
      case 4:
        return this.#broadcasting(3, this.#pick([select, lerp]), x);
      case 5:
        return reduceSum(
          x,
          x.shape.map((_, i) => i).filter(() => this.#chance(0.5)),
        );
      case 6:
        return reshape(x, this.#pick([[sizeOf(x.shape)], [1, ...x.shape], [...x.shape, 1], [...x.shape].reverse()]));
      case 7: {
        const target = this.#operand().shape;
        return fitsInto(x.shape, target) ? broadcastTo(x, target) : null;
      }
      case 8:
        return transpose(x, shuffled(x.shape.length, this.#random));
      case 9: {
        const begin = x.shape.map((d) => this.#below(d));
        return slice(
          x,
          begin,
          x.shape.map((d, i) => 1 + this.#below(d - begin[i]!)),
        );
      }
      case 10: {
        const margin = () => x.shape.map(() => this.#below(3));
        return pad(x, margin(), margin());
      }
      case 11:
        return x.shape.length > 0 ? concat([x, this.#operandOf(x.shape), x], this.#below(x.shape.length)) : null;
      case 12:
        return this.#matmul(x);
      default:
        return this.#image();
    }
  }

  /** Assigns about half of the variables, and fetches some values, variables among them. */
  finish(): void {
    for (const variable of this.graph.leaves("variable")) {
      if (this.#chance(0.5)) continue;
      const { shape } = variable;
      const candidates = this.#pool.filter((n) => sizeOf(n.shape) === sizeOf(shape) || fitsInto(n.shape, shape));
      const late = this.#chance(0.7) ? candidates.slice(-5) : candidates;
      const value = this.#clamped(late.length > 0 ? this.#pick(late) : this.graph.constant(1), LEAF);
      this.graph.assign(variable, sizeOf(value.shape) === sizeOf(shape) ? reshape(value, shape) : broadcastTo(value, shape));
    }
    for (let i = 0; i < 5; i++) this.graph.fetch(`y${i}`, i < 2 ? this.#pool.at(-1 - i)! : this.#pick(this.#pool));
    for (const node of this.graph.assigns.values()) if (this.#chance(0.3)) this.graph.fetch(`new${node.id}`, node);
  }

  #broadcasting(count: number, op: (...xs: [Node, Node, Node]) => Node, x: Node): Node {
    const operands = [x];
    while (operands.length < count) {
      const fitting = this.#pool.filter((n) => operands.every((o) => broadcastable(n.shape, o.shape)));
      operands.push(this.#chance(0.15) ? this.graph.constant(this.#below(7) - LEAF) : this.#clamped(this.#pick(fitting.slice(-12))));
    }
    if (this.#chance(0.3)) operands.reverse();
    return op(...(operands as [Node, Node, Node]));
  }

  #matmul(x: Node): Node | null {
    const columns = x.shape.at(-1) ?? 1;
    const a = reshape(x, [sizeOf(x.shape) / columns, columns]);
    const byRows = a.shape[0]! <= columns;
    return Math.min(...a.shape) <= 32 ? this.#finished(matmul(a, a, { transposeA: !byRows, transposeB: byRows })) : null;
  }

  /** Often with what a kernel can do as it stores the product: a bias, which may be made of the product itself, and an activation. */
  #finished(product: Node): Node {
    this.#keep(product);
    const n = product.shape.at(-1)!;
    const others = this.#pool.filter((x) => x.shape.at(-1) === n);
    const row = (x: Node): Node => reshape(slice(x, new Array(x.shape.length).fill(0), [...new Array(x.shape.length - 1).fill(1), n]), [n]);
    const bias = this.#chance(0.5)
      ? this.graph.constant(draw([n], smallInteger, this.#random), [n])
      : row(this.#clamped(this.#pick([product, ...others])));
    const biased = this.#chance(0.7) ? add(product, bias) : product;
    if (this.#chance(0.3)) this.#keep(biased);
    return this.#chance(0.5) ? leakyRelu(biased, 0) : biased;
  }

  #image(): Node | null {
    const images = this.#pool.filter((n) => n.shape.length === 4 && n.shape[1]! >= 3 && n.shape[2]! >= 3);
    if (images.length === 0) return null;
    const x = this.#clamped(this.#pick(images));
    const [, h, w, c] = x.shape as [number, number, number, number];
    const attrs = { strides: [2, 1], pads: [1, 0, 1, 1] } as const;
    const filter = this.graph.constant(draw([3, 3, c, 4], smallInteger, this.#random), [3, 3, c, 4]);
    const y = conv2d(x, filter, attrs);
    const dy = this.#clamped(this.#finished(y));
    return this.#pick([
      () => conv2dInputGrad(dy, filter, [h, w], attrs),
      () => conv2dFilterGrad(x, dy, [3, 3], attrs),
      () => resizeNearest(x, [h + 1, w * 2]),
    ])();
  }

  /** Takes a new value into the pool, unless it is too large. */
  #keep(node: Node): void {
    if (sizeOf(node.shape) > MAX_SIZE) return;
    if (this.#bound(node) >= EXACT) throw new RangeError(`${node.op}: values may not be exact`);
    if (!this.#pool.includes(node)) this.#pool.push(node);
  }

  /** A value of the pool: often a late one, so that chains get long. */
  #operand(): Node {
    return this.#clamped(this.#pick(this.#chance(0.6) ? this.#pool.slice(-6) : this.#pool));
  }

  #operandOf(shape: Shape): Node {
    return this.#clamped(this.#pick(this.#pool.filter((n) => sameShape(n.shape, shape)).slice(-6)));
  }

  /** The node, cut to [-limit, limit] where it may be larger; by default so that any op on it stays exact. */
  #clamped(node: Node, limit = 24): Node {
    return this.#bound(node) <= limit ? node : minimum(maximum(node, -limit), limit);
  }

  #bound(node: Node): number {
    const known = this.#bounds.get(node);
    if (known !== undefined) return known;
    const bound = this.#boundOf(node);
    this.#bounds.set(node, bound);
    return bound;
  }

  #boundOf(node: Node): number {
    const inputs = node.inputs.map((x) => this.#bound(x));
    const [a = 0, b = 0, c = 0] = inputs;
    const depth = (): number => sizeOf(node.inputs[0]!.shape); // at most so many terms in a sum
    if (isOp(node, "constant")) return Math.max(...node.attrs.values.map(Math.abs));
    if (isOp(node, "leakyRelu") || isOp(node, "leakyReluGrad")) return Math.max(1, node.attrs.alpha) * a;
    if (OPS[node.op].kind === "leaf") return LEAF;
    if (OPS[node.op].kind === "contraction") return a * b * Math.min(depth(), sizeOf(node.inputs[1]!.shape));
    switch (node.op) {
      case "add":
      case "sub":
        return a + b;
      case "mul":
        return a * b;
      case "lerp":
        return a + c * (a + b);
      case "reduceSum":
        return a * depth();
      case "minimum":
        return isOp(node.inputs[1]!, "constant") && isOp(node.inputs[0]!, "maximum") ? Math.min(b, Math.max(a, b)) : Math.max(a, b);
      case "greater":
      case "equal":
        return 1;
      case "select":
        return Math.max(b, c);
      default:
        return Math.max(...inputs);
    }
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #chance(p: number): boolean {
    return this.#random() < p;
  }
}

function broadcastable(a: Shape, b: Shape): boolean {
  for (let i = 1; i <= Math.min(a.length, b.length); i++) {
    const [da, db] = [a.at(-i)!, b.at(-i)!];
    if (da !== db && da !== 1 && db !== 1) return false;
  }
  return true;
}

const fitsInto = (from: Shape, to: Shape): boolean =>
  from.length <= to.length && from.every((d, i) => d === 1 || d === to[to.length - from.length + i]);

function shuffled(n: number, random: () => number): number[] {
  return Array.from({ length: n }, (_, i) => [random(), i] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, i]) => i);
}
