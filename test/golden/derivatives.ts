/** The graph of what tensors.py calls `derivatives`, and its comparison. */
import { expect } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { add, mul, sumAll } from "../../src/graph/build.ts";
import { grad } from "../../src/graph/grad.ts";
import type { Graph, Node } from "../../src/graph/graph.ts";
import { feedsOf, relativeError, runOnce, type Tensors } from "./golden.ts";

/** A function with its gradients of both orders in random directions. */
export interface Derivatives {
  readonly inputs: Tensors;
  readonly output: Tensors[string];
  /** c of <c, output>, whose gradients are `first`. */
  readonly cotangent: Tensors[string];
  /** d of Σ <d, first>, whose gradients are `second`: in the inputs and in c. */
  readonly directions: Tensors;
  readonly first: Tensors;
  readonly second: Tensors;
}

type Group = "output" | "first" | "second" | "updates";

/** The fetches `group name` of both gradients of `output`. */
function fetchDerivatives(graph: Graph, output: Node, inputs: Readonly<Record<string, Node>>): void {
  const [names, xs] = [Object.keys(inputs), Object.values(inputs)];
  const c = graph.input("cotangent", output.shape);
  const first = grad(sumAll(mul(output, c)), xs);
  const along = first.map((g, i) => sumAll(mul(g, graph.input(`direction ${names[i]}`, g.shape)))).reduce((a, b) => add(a, b));
  const second = grad(along, [...xs, c]);
  graph.fetch("output y", output);
  for (const [i, g] of first.entries()) graph.fetch(`first ${names[i]}`, g);
  for (const [i, g] of second.entries()) graph.fetch(`second ${names[i] ?? "cotangent"}`, g);
}

/**
 * Runs `output`, its gradients and whatever else its graph fetches, and holds each group of values to `bound`.
 *
 * @param others - feeds besides the inputs
 * @param updates - what else is fetched, as `updates name`
 */
export async function expectDerivatives(
  executor: Executor,
  { graph, output, inputs }: { graph: Graph; output: Node; inputs: Readonly<Record<string, Node>> },
  expected: Derivatives,
  bound: number,
  others: Tensors = {},
  updates: Tensors = {},
): Promise<void> {
  fetchDerivatives(graph, output, inputs);
  const directions = Object.fromEntries(Object.entries(expected.directions).map(([name, d]) => [`direction ${name}`, d]));
  const fetches = await runOnce(executor, graph, feedsOf({ ...expected.inputs, ...directions, ...others, cotangent: expected.cotangent }));
  const groups: Readonly<Record<Group, Tensors>> = {
    output: { y: expected.output },
    first: expected.first,
    second: expected.second,
    updates,
  };
  for (const [group, tensors] of Object.entries(groups)) {
    const named = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${group} ${name}`, tensor]));
    expect(relativeError(fetches, named), group).toBeLessThan(bound);
  }
}
