import { ShapeError } from "../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import { OPS, type OpAttrs, type OpName, type OpRow } from "./ops.ts";

/** One value of a graph: an op applied to earlier values. Immutable; made by a `Graph` only. */
export interface Node<O extends OpName = OpName> {
  readonly graph: Graph;
  /** Position in the graph; operands always come first. */
  readonly id: number;
  readonly op: O;
  readonly inputs: readonly Node[];
  readonly attrs: OpAttrs[O];
  readonly shape: Shape;
}

/** Narrows a node to one op, so that its attributes are typed. */
export function isOp<O extends OpName>(node: Node, op: O): node is Node<O> {
  return node.op === op;
}

/**
 * A pure graph in SSA form over float32 tensors of static shape.
 *
 * Nodes are kept in the order they were made, which is an order they can run in. A value asked for twice is made
 * once. What a run is for is said by `fetch` (values to give back) and `assign` (new values of variables, which take
 * effect when the run is over: every read of a variable in the graph sees its old value).
 */
export class Graph {
  readonly nodes: Node[] = [];
  readonly fetches = new Map<string, Node>();
  readonly assigns = new Map<Node<"variable">, Node>();
  /** Nodes that compute once more, and late, what another one has. */
  readonly repeats = new Set<Node>();
  readonly #known = new Map<string, Node>();
  readonly #leaves = new Map<string, Node>(); // inputs and variables, by op and name

  /** A tensor fed at every run under `name`. Asked for again, it must have the same shape. */
  input(name: string, shape: Shape): Node<"input"> {
    return this.#leaf("input", name, shape);
  }

  /** A tensor that lives with the executor under `name`. */
  variable(name: string, shape: Shape): Node<"variable"> {
    return this.#leaf("variable", name, shape);
  }

  /** A tensor of known values; one number fills a scalar. */
  constant(values: number | ArrayLike<number>, shape: Shape = []): Node<"constant"> {
    const data = typeof values === "number" ? Float32Array.of(values) : Float32Array.from(values);
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError({ path: "constant", expected: `${sizeOf(shape)} values for ${showShape(shape)}`, got: `${data.length}` });
    }
    return this.apply("constant", [], { values: data, shape });
  }

  /** Adds `op(inputs)`, or gives back the node that already is it. @throws ShapeError when the operands do not fit. */
  apply<O extends OpName>(op: O, inputs: readonly Node[], attrs: OpAttrs[O]): Node<O> {
    const key = `${op}(${inputs.map((x) => x.id).join()})${keyOf(attrs)}`;
    const known = this.#known.get(key);
    if (known?.inputs.every((x, i) => x === inputs[i])) return known as Node<O>;
    const node = this.append(op, inputs, attrs);
    this.#known.set(key, node);
    if (isOp(node, "input") || isOp(node, "variable")) this.#leaves.set(`${op} ${node.attrs.name}`, node);
    return node;
  }

  /** Adds `op(inputs)`, even where there is a node that is it: computed again, a value need not be kept. `rewrite` makes one of both. @throws ShapeError as `apply` */
  append<O extends OpName>(op: O, inputs: readonly Node[], attrs: OpAttrs[O]): Node<O> {
    for (const x of inputs)
      if (x.graph !== this) throw new ShapeError({ path: op, expected: "operands of the same graph", got: "one of another graph" });
    const row = OPS[op] as OpRow<OpAttrs[O]>;
    if (row.arity !== "variadic" ? inputs.length !== row.arity : inputs.length === 0) {
      throw new ShapeError({ path: op, expected: `${row.arity} operands`, got: `${inputs.length}` });
    }
    const shape = row.shape(
      inputs.map((x) => x.shape),
      attrs,
    );
    const node: Node<O> = { graph: this, id: this.nodes.length, op, inputs: [...inputs], attrs, shape: [...shape] };
    this.nodes.push(node);
    return node;
  }

  /** Asks for the value of `node` after each run, under `name`. */
  fetch(name: string, node: Node): void {
    this.fetches.set(name, node);
  }

  /** Says that after a run `variable` holds the value of `node`. */
  assign(variable: Node<"variable">, node: Node): void {
    if (!sameShape(variable.shape, node.shape)) {
      throw new ShapeError({ path: variable.attrs.name, expected: showShape(variable.shape), got: showShape(node.shape) });
    }
    this.assigns.set(variable, node);
  }

  /** The leaves of one kind, in order. */
  leaves<O extends "input" | "variable">(op: O): Node<O>[] {
    return this.nodes.filter((n): n is Node<O> => n.op === op);
  }

  #leaf<O extends "input" | "variable">(op: O, name: string, shape: Shape): Node<O> {
    const known = this.#leaves.get(`${op} ${name}`);
    if (known && !sameShape(known.shape, shape)) {
      throw new ShapeError({ path: name, expected: showShape(known.shape), got: showShape(shape) });
    }
    return (known ?? this.apply(op as OpName, [], { name, shape })) as Node<O>;
  }
}

/** Attributes as text, with -0, NaN and infinities told apart, so that two constants share a node only when they are bit-equal. */
function keyOf(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (value instanceof Float32Array) return `<${new Uint32Array(value.buffer, value.byteOffset, value.length).join()}>`;
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([name, v]) => `${name}:${keyOf(v)}`)
      .join()}}`;
  return `${JSON.stringify(value)}`;
}

/** The nodes that `fetches` and `assigns` depend on, in running order. */
export function liveNodes(graph: Graph): Node[] {
  const live = new Uint8Array(graph.nodes.length);
  for (const n of graph.fetches.values()) live[n.id] = 1;
  for (const n of graph.assigns.values()) live[n.id] = 1;
  for (let i = graph.nodes.length - 1; i >= 0; i--) if (live[i]) for (const x of graph.nodes[i]!.inputs) live[x.id] = 1;
  return graph.nodes.filter((n) => live[n.id]);
}

/** The same graph without what nothing asks for. */
export function withoutDeadNodes(graph: Graph): Graph {
  return rewrite(graph, (node, inputs, target) => target.apply(node.op, inputs, node.attrs));
}

/** Copies the live part of `graph` into a new one, each node through `visit`, which gives its image from its operands' images. */
export function rewrite(graph: Graph, visit: (node: Node, inputs: readonly Node[], target: Graph) => Node): Graph {
  const target = new Graph();
  const image = new Map<Node, Node>();
  for (const node of liveNodes(graph)) {
    image.set(
      node,
      visit(
        node,
        node.inputs.map((x) => image.get(x)!),
        target,
      ),
    );
  }
  for (const [name, node] of graph.fetches) target.fetch(name, image.get(node)!);
  for (const [variable, node] of graph.assigns) target.assign(target.variable(variable.attrs.name, variable.shape), image.get(node)!);
  return target;
}
