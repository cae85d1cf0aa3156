import { afterAll, beforeAll, describe, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { Graph } from "../../src/graph/graph.ts";
import { openAugmenting } from "../../src/objective/augment.ts";
import type { AugmentationName } from "../../src/objective/augmentations.ts";
import { type Derivatives, expectDerivatives } from "./derivatives.ts";
import { readCases, SUBJECTS, type Tensors } from "./golden.ts";

interface AugmentationCase extends Derivatives {
  readonly name: string;
  readonly policy: readonly AugmentationName[];
  readonly probability: number;
  readonly noise: Tensors;
}

for (const { name, create, opBound } of SUBJECTS) {
  describe(`${name}: augmented images and their gradients of both orders are PyTorch's, error < ${opBound} of the largest value`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await create();
    });
    afterAll(() => executor.dispose());

    for (const c of readCases<AugmentationCase>("augmentations.json")) {
      it(c.name, async () => {
        const graph = new Graph();
        const images = graph.input("images", c.output.shape);
        const augmenting = openAugmenting(c, c.output.shape.slice(1), graph, (of) => graph.input(`augment/${of}`, [c.output.shape[0]!]));
        await expectDerivatives(executor, { graph, inputs: { images }, output: augmenting.images(images) }, c, opBound, c.noise);
      });
    }
  });
}
