/** Values that are computed again where they are needed late, rather than kept until then: the same ops of the same values, so every bit stays. */
import { sizeOf } from "../../core/shape.ts";
import { Graph, isOp, type Node } from "../../graph/graph.ts";
import { OPS, type OpName } from "../../graph/ops.ts";
import { mostLive } from "./lifetimes.ts";
import { nodesOf, type Step, storageOf } from "./steps.ts";
import { resultsOf, Uses } from "./uses.ts";

/** A graph in an order to run in, and an estimate of the most bytes of it that are live at once. */
export interface Ordering {
  readonly graph: Graph;
  readonly live: number;
}

/** Plans that stay below this keep what they have. Above it, what a pass over memory computes again is not worth its place: there, products take hundreds of times as long. */
const PLENTY = 2 ** 28;
/** Nothing smaller is worth the trouble. */
const LEAST_BYTES = 2 ** 12;
/** What one pass over memory may at most take to compute again, in passes over its own values. */
const CHEAP = 8;
/** Multiplications and additions that take as long as a value that is read and written. */
const PRODUCTS_PER_VALUE = 8;
/** Of the most that is live, what is given up before looking again. */
const SHARE = 1 / 8;
/** Rounds, and those that may pass without a gain. */
const MOST_ROUNDS = 100;
const PATIENCE = 3;

/**
 * The graph, and graphs of the same values that hold less and less of them at once.
 *
 * The first one keeps all, if that is little, and else computes again what is cheap: broadcasts, enlarged images, activations, normalised values (Chen et al. 2016, section 4.3). Those
 * that follow compute products again as well, those that free the most memory for their time first (as in Kumar et al. 2019, section 3), so that of a network's layers the inputs of blocks are left.
 *
 * @param fuse the steps that the executor makes of a graph
 */
export function* orderings(graph: Graph, fuse: (graph: Graph) => readonly Step[]): Generator<Ordering> {
  let best = new Timeline(graph, fuse(graph));
  let cheaply = true;
  let current = best;
  let idle = 0;
  if (best.live <= PLENTY) {
    yield best;
    cheaply = false;
  }
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = current.without(cheaply);
    if (next) current = new Timeline(next, fuse(next));
    const gains = next !== null && current.live < best.live;
    if (gains) best = current;
    idle = gains ? 0 : idle + 1;
    const ends = next === null || idle > PATIENCE;
    if (cheaply && (ends || best.live <= PLENTY)) {
      yield best;
      cheaply = false;
      current = best;
      idle = 0;
    } else if (ends) return;
    else if (!cheaply && gains) yield best;
  }
  if (cheaply) yield best;
}

/** A value in memory, from the step that makes it to the last that reads it. */
interface Value {
  readonly node: Node;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  /** The steps that read it, in order. */
  readonly reads: readonly number[];
  /** Whether it may be given up in between. */
  readonly free: boolean;
}

class Timeline implements Ordering {
  readonly graph: Graph;
  readonly live: number;
  readonly #steps: readonly Step[];
  readonly #results: ReadonlySet<Node>;
  readonly #values: readonly Value[];

  constructor(graph: Graph, steps: readonly Step[]) {
    this.graph = graph;
    this.#steps = steps;
    this.#results = resultsOf(graph);
    this.#values = valuesOf(graph, steps, this.#results);
    this.live = mostLive(this.#values);
  }

  /** The graph without some of what is live when the most is, but needed later; null where there is nothing to be given up. */
  without(cheaply: boolean): Graph | null {
    const at = this.#peak();
    const across = this.#values.filter(({ first, last }) => first <= at && last > at);
    const kept = new Map(across.map((value) => [value.node, value]));
    const idle = across.filter(({ first, reads, bytes, free }) => free && bytes >= LEAST_BYTES && first < at && !reads.includes(at));
    const offers = idle
      .map((value) => ({ value, worth: this.#worth(value, kept, at, cheaply) }))
      .filter(({ worth }) => worth > 0)
      .sort((a, b) => b.worth - a.worth || a.value.first - b.value.first);
    let freed = 0;
    for (const { value } of offers) {
      if (freed >= SHARE * this.live && !cheaply) break;
      // Others that were given up since may have made it dear.
      if (this.#worth(value, kept, at, cheaply) <= 0) continue;
      kept.delete(value.node);
      freed += value.bytes;
    }
    return freed > 0 ? forgetting(this.graph, this.#steps, at, new Set([...kept.keys(), ...this.#results])) : null;
  }

  /** The first step at which the most is live. */
  #peak(): number {
    const change = new Float64Array(this.#steps.length + 2);
    for (const { first, last, bytes } of this.#values) {
      change[Math.max(first, 0)]! += bytes;
      change[last + 1]! -= bytes;
    }
    let [live, most, at] = [0, -1, 0];
    for (let time = 0; time < this.#steps.length; time++) {
      live += change[time]!;
      if (live > most) [most, at] = [live, time];
    }
    return at;
  }

  /** Bytes freed at a step, for the time that it takes to compute the value again from what is kept; 0 where it is not to be. */
  #worth(value: Value, kept: ReadonlyMap<Node, Value>, at: number, cheaply: boolean): number {
    const next = value.reads.find((step) => step > at)!;
    const limit = cheaply ? (CHEAP * value.bytes) / 4 : Number.POSITIVE_INFINITY;
    const seen = new Set<Node>();
    let time = 0;
    let bytes = value.bytes;
    const visit = (node: Node): boolean => {
      if (OPS[node.op].kind === "leaf" || seen.has(node) || this.#results.has(node)) return true;
      seen.add(node);
      const other = node === value.node ? undefined : kept.get(node);
      if (other) {
        if (other.last < next) bytes -= other.bytes; // it would have to live longer
        return true;
      }
      if (cheaply && OPS[node.op].kind === "contraction") return false;
      time += timeOf(node);
      return time <= limit && node.inputs.every((x) => visit(storageOf(x)));
    };
    return visit(value.node) && bytes > 0 ? bytes / time : 0;
  }
}

/** How long a node takes, in values that are read or written. */
function timeOf(node: Node): number {
  const moved = Math.max(sizeOf(node.shape), ...node.inputs.map(({ shape }) => sizeOf(shape)));
  if (OPS[node.op].kind !== "contraction") return moved;
  return moved + productsOf(node) / PRODUCTS_PER_VALUE;
}

function productsOf(node: Node): number {
  const [a, b] = node.inputs.map(({ shape }) => shape);
  const perImageValue = (filter: readonly number[]): number => sizeOf(filter.slice(0, -1));
  if (isOp(node, "matmul")) return sizeOf(node.shape) * a!.at(node.attrs.transposeA ? -2 : -1)!;
  if (isOp(node, "conv2d")) return sizeOf(node.shape) * perImageValue(b!);
  if (isOp(node, "conv2dInputGrad")) return sizeOf(a!) * perImageValue(b!);
  return sizeOf(b!) * perImageValue(node.shape);
}

/** Every value that is in memory between two steps, but those that are computed where a variable is. */
function valuesOf(graph: Graph, steps: readonly Step[], results: ReadonlySet<Node>): Value[] {
  const assigned = new Set([...graph.assigns.values()].map(storageOf));
  const uses = new Uses(steps, results);
  const value = (node: Node, first: number): Value => {
    const reads = [...new Set(uses.readsOf(node).map(({ step }) => step))].filter((step) => step > first);
    const last = results.has(node) ? steps.length : Math.max(first, ...reads);
    return { node, bytes: sizeOf(node.shape) * 4, first, last, reads, free: first >= 0 && !results.has(node) };
  };
  const made = steps.flatMap((step, time) => {
    const nodes = nodesOf(step);
    const members = new Set(nodes);
    const stored = step.kind === "single" ? nodes.slice(-1) : nodes.filter((node) => uses.isNeededBeyond(node, members));
    return stored.filter((node) => !assigned.has(node)).map((node) => value(node, time));
  });
  return [...graph.leaves("input").map((node) => value(node, -1)), ...made];
}

/** The graph in the order of its steps, in which after step `at` of all values only those in `kept` are still known: whoever needs another computes it again, for all who come after. */
function forgetting(graph: Graph, steps: readonly Step[], at: number, kept: ReadonlySet<Node>): Graph {
  const target = new Graph();
  let images = new Map<Node, Node>();
  const leaves = new Map<Node, Node>();
  const made = new Set<Node>();
  const imageOf = (node: Node): Node => {
    if (OPS[node.op].kind === "leaf") return leaves.get(node) ?? leaf(node);
    return images.get(node) ?? make(node);
  };
  const leaf = (node: Node): Node => {
    const image = target.apply(node.op as OpName, [], node.attrs);
    leaves.set(node, image);
    return image;
  };
  const make = (node: Node): Node => {
    const image = target.append(node.op, node.inputs.map(imageOf), node.attrs);
    if (made.has(node) || graph.repeats.has(node)) target.repeats.add(image);
    made.add(node);
    images.set(node, image);
    return image;
  };
  for (const [time, step] of steps.entries()) {
    for (const node of nodesOf(step)) make(node);
    if (time === at) images = new Map([...images].filter(([node]) => kept.has(node)));
  }
  for (const [name, node] of graph.fetches) target.fetch(name, imageOf(node));
  for (const [variable, node] of graph.assigns) target.assign(imageOf(variable) as Node<"variable">, imageOf(node));
  return target;
}
