import { describe, expect, it } from "vitest";
import type { Executor } from "../src/exec/executor.ts";
import { createReferenceExecutor } from "../src/exec/reference/executor.ts";
import { createWasmExecutor } from "../src/exec/wasm/executor.ts";
import { resolveSpec } from "../src/gan/spec.ts";
import { mul, softplus, tanh } from "../src/graph/build.ts";
import { Graph, isOp, rewrite } from "../src/graph/graph.ts";
import { stepScalars, trainStep } from "../src/objective/steps.ts";
import { draw, seeded } from "./cases/values.ts";
import { firstDifference } from "./inspect.ts";
import { drawNoise, firstState } from "./objective/harness.ts";

/** The reference, but that it takes one op for another. */
function withFault(from: "tanh", to: "softplus"): Executor {
  const inner = createReferenceExecutor();
  return {
    ...inner,
    async open(variables, options) {
      const session = await inner.open(variables, options);
      const compile: typeof session.compile = (graph) =>
        session.compile(rewrite(graph, (node, inputs, target) => target.apply(isOp(node, from) ? to : node.op, inputs, node.attrs)));
      return {
        memory: session.memory,
        compile,
        read: (n) => session.read(n),
        write: (n, v) => session.write(n, v),
        dispose: () => session.dispose(),
      };
    },
  };
}

describe("firstDifference", () => {
  it("finds the node that an executor gets wrong, not those that follow from it", async () => {
    const graph = new Graph();
    const x = graph.input("x", [3]);
    graph.fetch("y", softplus(mul(tanh(mul(x, graph.variable("w", [3]))), 2)));
    const values = { feeds: { x: Float32Array.of(0.5, -1, 2) }, variables: { w: Float32Array.of(1, 1, 3) } };
    expect(await firstDifference(graph, values, createReferenceExecutor(), 1e-6)).toBeNull();
    const found = await firstDifference(graph, values, withFault("tanh", "softplus"), 1e-6);
    expect(found?.node).toMatch(/^%\d = tanh\(%\d\) : \[3\]$/);
    expect(found?.expected).toBeCloseTo(Math.tanh(found!.index === 2 ? 6 : values.feeds.x[found!.index]!), 6);
  });

  it("finds nothing wrong with a step on WebAssembly, node by node: error < 1e-4", async () => {
    const spec = resolveSpec({ shape: [8, 8, 1], architecture: "dcgan", width: 4, latent: 3, batchSize: 4, seed: 9 });
    const { graph, noise } = trainStep(spec, 4);
    const floats = (values: Readonly<Record<string, ArrayLike<number>>>) =>
      Object.fromEntries(Object.entries(values).map(([name, v]) => [name, Float32Array.from(v)]));
    const feeds = {
      images: draw([4, 8, 8, 1], (u) => 2 * u - 1, seeded(1)),
      ...floats(drawNoise(noise, 1)),
      ...stepScalars(spec, { discriminator: 0, generator: 0, images: 0 }, { before: 0, shown: 4 }),
    };
    expect(await firstDifference(graph, { feeds, variables: floats(firstState(spec)) }, await createWasmExecutor({ threads: 1 }), 1e-4)).toBeNull();
  });
});
