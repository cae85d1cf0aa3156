/** Every read of a variable sees its old value, whatever is assigned to it and wherever that is computed. */
import type { Executor } from "../../src/exec/executor.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { add, matmul, mul, reduceSum, reshape, tanh, transpose } from "../../src/graph/build.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { any, draw, seeded } from "../cases/values.ts";
import { Worst } from "./compare.ts";

type Variable = Node<"variable">;

const SIDE = 5;
const CASES: readonly (readonly [name: string, build: (graph: Graph, a: Variable, b: Variable, x: Node) => void])[] = [
  ["a step in place", (graph, a, _, x) => graph.assign(a, add(a, x))],
  [
    "a reader later on",
    (graph, a, _, x) => {
      const next = add(a, x);
      graph.assign(a, next);
      graph.fetch("y", matmul(matmul(next, x), a));
    },
  ],
  ["a reader at other elements", (graph, a, _, x) => graph.assign(a, add(x, mul(transpose(a, [1, 0]), 2)))],
  ["sums of the other, by columns", (graph, a, b, x) => graph.assign(b, mul(add(reshape(reduceSum(a, [0]), [SIDE]), x), b))],
  [
    "two that change places",
    (graph, a, b) => {
      graph.assign(a, b);
      graph.assign(b, a);
    },
  ],
  [
    "one that moves on and is made anew",
    (graph, a, b, x) => {
      graph.assign(b, a);
      graph.assign(a, tanh(add(a, x)));
    },
  ],
  [
    "one value for two",
    (graph, a, b, x) => {
      const next = mul(add(a, b), x);
      graph.assign(a, next);
      graph.assign(b, next);
    },
  ],
  [
    "an old and a new value given back",
    (graph, a, _, x) => {
      const next = mul(a, x);
      graph.assign(a, next);
      graph.fetch("old", a);
      graph.fetch("new", next);
    },
  ],
  [
    "a product and an input",
    (graph, a, b, x) => {
      graph.assign(a, matmul(x, b));
      graph.assign(b, x);
    },
  ],
  ["a constant", (graph, a) => graph.assign(a, graph.constant(new Float32Array(SIDE * SIDE).fill(3), [SIDE, SIDE]))],
];

export async function checkAssignments(executor: Executor): Promise<string> {
  const shape = [SIDE, SIDE];
  const worst = new Worst(2e-6);
  for (const [name, build] of CASES) {
    const session = await executor.open(["a", "b"].map((v) => ({ name: v, shape })));
    const random = seeded(4);
    const graph = new Graph();
    build(graph, graph.variable("a", shape), graph.variable("b", shape), graph.input("x", shape));
    const program = await session.compile(graph);
    const state: Record<string, ArrayLike<number>> = {};
    for (const v of ["a", "b"]) {
      state[v] = draw(shape, any, random);
      await session.write(v, state[v] as Float32Array);
    }
    for (let run = 1; run <= 2; run++) {
      const feeds = { x: draw(shape, any, random) };
      const want = evaluate(graph, feeds, state);
      const got = await program.run(feeds);
      for (const [fetch, value] of Object.entries(want.fetches)) worst.add(`${fetch} of ${name}, run ${run}`, got[fetch]!, value);
      for (const v of ["a", "b"]) {
        worst.add(`${v} after ${name}, run ${run}`, await session.read(v), want.assigns[v] ?? state[v]!);
        state[v] = await session.read(v);
      }
    }
    session.dispose();
  }
  return `${worst}`;
}
