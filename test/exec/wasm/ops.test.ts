import { describe, expect, it } from "vitest";
import type { Fetches } from "../../../src/exec/executor.ts";
import { evaluate } from "../../../src/exec/reference/evaluate.ts";
import type { Graph } from "../../../src/graph/graph.ts";
import { OPS } from "../../../src/graph/ops.ts";
import { caseFeeds, caseGraph, OP_CASES } from "../../cases/ops.ts";
import { openSession } from "./opened.ts";

const wasm = openSession();

async function run(graph: Graph, feeds: Record<string, Float32Array>, reproducible: boolean): Promise<Fetches> {
  const program = await wasm.session.compile(graph, { reproducible });
  const fetches = await program.run(feeds);
  program.dispose();
  return fetches;
}

/** The largest difference, as a share of the largest value expected. */
function relativeError(got: Float32Array, expected: Float64Array): number {
  expect(got.length).toBe(expected.length);
  let difference = 0;
  let largest = 1e-30;
  for (const [i, e] of expected.entries()) {
    difference = Math.max(difference, Math.abs(got[i]! - e));
    largest = Math.max(largest, Math.abs(e));
  }
  return difference / largest;
}

it("has both builds", () => expect(wasm.executor.backend.simd).toBe("relaxed"));

describe.each([
  ["plain", true],
  ["relaxed", false],
])("every op of the %s build against the float64 reference", (_, reproducible) => {
  for (const c of OP_CASES) {
    const bound = OPS[c.op].kind === "layout" ? 0 : 2e-6;
    it(`${c.name}: error ${bound === 0 ? "none" : `< ${bound} of the largest value`}`, async () => {
      const { graph } = caseGraph(c);
      const feeds = caseFeeds(c);
      const expected = evaluate(graph, feeds).fetches.y!;
      const { y } = await run(graph, feeds, reproducible);
      const error = relativeError(y!, expected);
      expect(Number.isNaN(error)).toBe(false);
      expect(error).toBeLessThanOrEqual(bound);
    });
  }
});
