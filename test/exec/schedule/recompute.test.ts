import { describe, expect, it } from "vitest";
import { BackendError } from "../../../src/core/errors.ts";
import { evaluatePrimitives } from "../../../src/exec/reference/evaluate.ts";
import { fuse } from "../../../src/exec/schedule/fuse.ts";
import { orderings } from "../../../src/exec/schedule/recompute.ts";
import { resultsOf } from "../../../src/exec/schedule/uses.ts";
import { FUSION } from "../../../src/exec/wasm/compile/fusion.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import { resolveSpec } from "../../../src/gan/spec.ts";
import { expandComposites } from "../../../src/graph/composites.ts";
import { type Graph, liveNodes } from "../../../src/graph/graph.ts";
import { simplify } from "../../../src/graph/simplify.ts";
import { initialValue } from "../../../src/nn/init.ts";
import { trainStep } from "../../../src/objective/steps.ts";
import { variables } from "../../../src/objective/variables.ts";
import { expectSameBytes } from "../../bytes.ts";
import { drawNoise, firstState } from "../../objective/harness.ts";

const spec = resolveSpec({ shape: [8, 8, 3], latent: 4, architecture: "resnet", width: 1, objective: "non-saturating", batchSize: 64 });
const { graph, noise, scalars } = trainStep(spec, 64);
const feeds = {
  images: Float32Array.from({ length: 64 * 192 }, (_, i) => Math.sin(i)),
  ...(drawNoise(noise, 1) as Record<string, Float32Array>),
  ...scalars({ discriminator: 0, generator: 0, images: 0 }),
};
const waysOf = (graph: Graph) => [...orderings(graph, (g) => fuse(liveNodes(g), FUSION, resultsOf(g)))];

describe("orderings", () => {
  const ways = waysOf(simplify(graph));

  it("begin with the graph as it is where that is little, and hold less and less", () => {
    expect(ways[0]!.graph.repeats.size).toBe(0);
    expect(ways.length).toBeGreaterThan(3);
    for (const [i, { live }] of ways.entries()) if (i > 0) expect(live).toBeLessThan(ways[i - 1]!.live);
    expect(ways.at(-1)!.live).toBeLessThan(0.6 * ways[0]!.live);
  });

  it("have every bit in common", () => {
    const primitives = waysOf(simplify(expandComposites(graph)));
    const [first, last] = [primitives[0]!, primitives.at(-1)!].map((way) => evaluatePrimitives(way.graph, feeds, firstState(spec)));
    expect(primitives.at(-1)!.graph.repeats.size).toBeGreaterThan(20);
    expectSameBytes(last, first);
  });
});

describe("a session with the least memory", () => {
  it.each([1, 2])("takes the step of one with plenty, bit for bit, %i threads", async (threads) => {
    const executor = await createWasmExecutor({ threads });
    const tensors = variables(spec);
    const refusal = (await executor.measure(tensors, [graph], { maxMemory: 1 }).catch((e: unknown) => e)) as BackendError;
    expect(refusal).toBeInstanceOf(BackendError);
    const maxMemory = Number(/\d+/.exec(refusal.expected)![0]);
    const step = async (options: { maxMemory?: number }) => {
      const session = await executor.open(tensors, options);
      for (const tensor of tensors) await session.write(tensor.name, initialValue(tensor, 7));
      const fetches = await (await session.compile(graph)).run(feeds);
      const state = Object.fromEntries(await Promise.all(tensors.map(async ({ name }) => [name, await session.read(name)] as const)));
      const { memory } = session;
      session.dispose();
      return { fetches, state, memory };
    };
    const [plenty, least] = [await step({}), await step({ maxMemory })];
    executor.dispose();
    expect(least.memory.total).toBe(maxMemory);
    expect(least.memory.activations).toBeLessThan(0.7 * plenty.memory.activations);
    expectSameBytes(least.fetches, plenty.fetches);
    expectSameBytes(least.state, plenty.state);
  });
});
