/** For finding a wrong number: which node of a graph is the first that an executor computes otherwise than the reference does. */
import type { Executor, Feeds } from "../src/exec/executor.ts";
import { evaluate } from "../src/exec/reference/evaluate.ts";
import { type Graph, isOp, withoutDeadNodes } from "../src/graph/graph.ts";
import { printGraph } from "../src/graph/print.ts";

export interface Values {
  readonly feeds: Feeds;
  /** By name; of the right lengths. */
  readonly variables: Readonly<Record<string, Float32Array>>;
}

export interface Difference {
  /** The node as `printGraph` has it. */
  readonly node: string;
  /** Where in it they differ most. */
  readonly index: number;
  readonly expected: number;
  readonly got: number;
}

/**
 * The first node, in running order, of which some element differs by more than `tolerance` of the node's largest value; null where there is none. Every node is
 * asked for, and so computed on its own: what is wrong in the graph as it is, and right here, goes wrong where nodes are fused.
 */
export async function firstDifference(graph: Graph, { feeds, variables }: Values, executor: Executor, tolerance: number): Promise<Difference | null> {
  const probe = withoutDeadNodes(graph);
  const nodes = probe.nodes.filter((node) => !isOp(node, "input") && !isOp(node, "variable") && !isOp(node, "constant"));
  for (const node of nodes) probe.fetch(`%${node.id}`, node);
  const own = probe.leaves("variable").map(({ attrs, shape }) => ({ name: attrs.name, shape }));
  const session = await executor.open(own);
  try {
    for (const { name } of own) await session.write(name, variables[name]!);
    const got = await (await session.compile(probe)).run(feeds);
    const { fetches: expected } = evaluate(probe, feeds, variables);
    const lines = printGraph(probe).split("\n");
    for (const { id } of nodes) {
      const worst = worstOf(expected[`%${id}`]!, got[`%${id}`]!);
      if (worst.error > tolerance)
        return { node: lines[id]!, index: worst.index, expected: expected[`%${id}`]![worst.index]!, got: got[`%${id}`]![worst.index]! };
    }
    return null;
  } finally {
    session.dispose();
  }
}

/** Where two arrays differ most, and by what part of the largest value that was expected. A NaN where none was expected is worst of all. */
function worstOf(expected: ArrayLike<number>, got: ArrayLike<number>): { index: number; error: number } {
  let [scale, index, error] = [1e-30, 0, 0];
  for (let i = 0; i < expected.length; i++) if (Number.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(expected[i], got[i])) continue;
    const d = Math.abs(got[i]! - expected[i]!) / scale;
    const own = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
    if (own > error) [index, error] = [i, own];
  }
  return { index, error };
}
