/** Graphs that assign variables: every read in a run sees the old values, whatever is assigned and wherever that is computed. */
import type { Shape } from "../../src/core/shape.ts";
import type { Executor } from "../../src/exec/executor.ts";
import { add, broadcastTo, matmul, maximum, minimum, mul, neg, reduceSum, reshape, select, slice, sub, transpose } from "../../src/graph/build.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { smallInteger } from "./graphs.ts";
import { SideBySide } from "./sideBySide.ts";
import { draw, seeded } from "./values.ts";

const RUNS = 3;

/** A graph over variables `a`, `b`, `c` of one shape, run several times against the reference. */
function assignmentCase(
  name: string,
  build: (g: Graph, a: Variable, b: Variable, c: Variable) => void,
  shape: Shape = [3, 1400],
): { name: string; run(executor: Executor): Promise<void> } {
  return {
    name,
    async run(executor) {
      const graph = new Graph();
      const variable = (v: string): Variable => graph.variable(v, shape);
      build(graph, variable("a"), variable("b"), variable("c"));
      const both = await SideBySide.open(
        executor,
        ["a", "b", "c"].map((v) => ({ name: v, shape })),
      );
      const program = await both.session.compile(graph);
      for (let run = 0; run < RUNS; run++) {
        const feeds = graph.leaves("input").map((x, i) => [x.attrs.name, draw(x.shape, smallInteger, seeded(run * 7 + i))] as const);
        await both.check(graph, program, Object.fromEntries(feeds));
      }
      both.session.dispose();
    },
  };
}

type Variable = Node<"variable">;

/** The elements of a matrix in the order of its columns, in the shape of the matrix. */
const transposed = (x: Node): Node => reshape(transpose(x, [1, 0]), x.shape);

const clipped = (x: Node): Node => minimum(maximum(x, -3), 3);

/** Each is run several times on small integers beside the reference, and must be exact. */
export const ASSIGNMENT_CASES = [
  assignmentCase("a step: x := x + input", (g, a) => g.assign(a, add(a, g.input("x", a.shape)))),
  assignmentCase("two variables change places", (g, a, b) => {
    g.assign(a, b);
    g.assign(b, a);
  }),
  assignmentCase("three variables go round", (g, a, b, c) => {
    g.assign(a, b);
    g.assign(b, c);
    g.assign(c, a);
  }),
  assignmentCase("two variables change places, negated, both old values fetched", (g, a, b) => {
    g.assign(a, neg(b));
    g.assign(b, neg(a));
    g.fetch("a", a);
    g.fetch("b", b);
  }),
  assignmentCase("old and new value are fetched, through reshapes", (g, a) => {
    const next = reshape(neg(reshape(a, [1400, 3])), a.shape);
    g.assign(a, next);
    g.fetch("old", reshape(a, [4200]));
    g.fetch("new", next);
    g.fetch("flat", reshape(next, [4200]));
  }),
  assignmentCase("the old value goes to another variable while it changes", (g, a, b, c) => {
    g.assign(a, add(a, 1));
    g.assign(b, a);
    g.assign(c, reshape(b, c.shape));
  }),
  assignmentCase("one value goes to three variables, one of which it was made from", (g, a, b, c) => {
    const next = sub(1, a);
    g.assign(a, next);
    g.assign(b, next);
    g.assign(c, next);
    g.fetch("next", next);
  }),
  assignmentCase("one value, made of two variables, goes to both", (g, a, b) => {
    const next = clipped(mul(add(a, b), g.input("x", a.shape)));
    g.assign(a, next);
    g.assign(b, next);
  }),
  assignmentCase("the old value is read after the new one is made, in the same group", (g, a, b) => {
    const next = neg(a);
    g.assign(a, next);
    g.assign(b, add(next, mul(a, 2)));
  }),
  assignmentCase("the old value is read after the new one is made, by another step", (g, a, b) => {
    const next = neg(a);
    g.assign(a, next);
    g.fetch("sum", add(reduceSum(next), mul(reduceSum(a), 3)));
    g.assign(b, transposed(a));
  }),
  assignmentCase(
    "the old value is read after the new one is made, with it, by a product",
    (g, a) => {
      const next = add(a, g.input("x", a.shape));
      g.assign(a, clipped(next));
      g.fetch("y", matmul(matmul(next, g.input("x", a.shape)), a));
    },
    [5, 5],
  ),
  assignmentCase("the new value depends on the old one transposed", (g, a) => g.assign(a, transposed(a)), [70, 70]),
  assignmentCase(
    "the new value depends on the old one transposed, through a chain",
    (g, a) => g.assign(a, clipped(sub(1, mul(transposed(a), 2)))),
    [9, 9],
  ),
  assignmentCase("a row of the old value is spread over the new one", (g, a, b) => {
    g.assign(a, clipped(sub(a, slice(a, [0, 0], [1, 1400]))));
    g.assign(b, clipped(add(slice(b, [0, 3], [3, 1]), b)));
  }),
  assignmentCase(
    "one vector spread by rows and by columns at once",
    (g, a, b) => {
      const v = slice(b, [0, 0], [1, 70]);
      g.assign(a, clipped(sub(maximum(a, v), reshape(v, [70, 1]))));
    },
    [70, 70],
  ),
  assignmentCase("sums of another variable by columns", (g, a, b) => g.assign(b, clipped(mul(add(reshape(reduceSum(a, [0]), [1400]), 1), b)))),
  assignmentCase(
    "scalars: the old value is spread while it changes",
    (g, a, b) => {
      g.assign(a, neg(a));
      g.assign(b, clipped(add(a, b)));
      g.fetch("y", mul(broadcastTo(a, [2500]), g.input("x", [2500])));
    },
    [],
  ),
  assignmentCase(
    "a matrix product into the variable it reads",
    (g, a, b) => {
      g.assign(a, clipped(matmul(a, b)));
      g.assign(b, clipped(matmul(b, a, { transposeA: true })));
    },
    [33, 33],
  ),
  assignmentCase("a matrix product as it is, into a variable it does not read", (g, a, b) => g.assign(a, matmul(b, g.input("x", b.shape))), [17, 17]),
  assignmentCase("a variable assigned itself, an input, and a constant", (g, a, b, c) => {
    g.assign(a, a);
    g.assign(b, g.input("x", b.shape));
    g.assign(c, broadcastTo(g.constant(2), c.shape));
    g.fetch("c", c);
  }),
  assignmentCase("nothing is kept of a step whose gate is closed", (g, a, b) => {
    const keep = slice(g.input("keep", [2]), [1], [1]);
    for (const v of [a, b]) g.assign(v, select(reshape(keep, []), clipped(add(a, b)), v));
  }),
];
