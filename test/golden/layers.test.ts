import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { applyLayers, checkLayers, type LayerSpec } from "../../src/nn/layers/table.ts";
import type { Pass } from "../../src/nn/layers/types.ts";
import { type Derivatives, expectDerivatives } from "./derivatives.ts";
import { readCases, SUBJECTS, type Tensors } from "./golden.ts";

interface LayerCase extends Derivatives {
  readonly name: string;
  readonly layer: LayerSpec;
  readonly training: boolean;
  readonly statistics: Tensors;
  readonly noise: Tensors;
  /** New running statistics. */
  readonly updates: Tensors;
}

/** The layer on a batch `x`, every tensor of its own an input of the graph. */
function build({ layer, training, inputs }: LayerCase): { graph: Graph; output: Node; inputs: Record<string, Node> } {
  const graph = new Graph();
  const pass: Pass = {
    training,
    value: (name, shape) => graph.input(name, shape),
    noise: (name, shape) => graph.input(`/${name}`, shape),
    update: (name, value) => graph.fetch(`updates ${name}`, value),
  };
  const layers = checkLayers([layer], "layers", [])!;
  const output = applyLayers(layers, graph.input("x", inputs.x!.shape), "", pass);
  return { graph, output, inputs: Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, graph.input(name, shape)])) };
}

for (const { name, create, opBound } of SUBJECTS) {
  describe(`${name}: layers and their gradients of both orders are PyTorch's, error < ${opBound} of the largest value`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await create();
    });
    afterAll(() => executor.dispose());

    for (const c of readCases<LayerCase>("layers.json")) {
      it(c.name, async () => {
        const built = build(c);
        const updated = [...built.graph.fetches.keys()].map((key) => key.replace("updates ", ""));
        expect(updated).toEqual(Object.keys(c.updates));
        expect(built.output.shape).toEqual(c.output.shape);
        await expectDerivatives(executor, built, c, opBound, { ...c.statistics, ...c.noise }, c.updates);
      });
    }
  });
}
