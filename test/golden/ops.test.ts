import { afterAll, beforeAll, describe, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { batchNorm, moments } from "../../src/graph/build.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import type { OpAttrs, OpName } from "../../src/graph/ops.ts";
import { type Derivatives, expectDerivatives } from "./derivatives.ts";
import { readCases, SUBJECTS } from "./golden.ts";

interface OpCase extends Derivatives {
  readonly name: string;
  readonly op: OpName;
  readonly attrs: OpAttrs[OpName];
}

/** The case's op; batch norm with the moments of its own input. */
function apply(graph: Graph, { op, attrs }: OpCase, inputs: readonly Node[]): Node {
  if (op !== "batchNorm") return graph.apply(op, inputs, attrs);
  const [x, gamma, beta] = inputs;
  return batchNorm(x!, moments(x!), gamma!, beta!, (attrs as OpAttrs["batchNorm"]).epsilon);
}

for (const { name, create, opBound } of SUBJECTS) {
  describe(`${name}: ops and their gradients of both orders are PyTorch's, error < ${opBound} of the largest value`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await create();
    });
    afterAll(() => executor.dispose());

    for (const c of readCases<OpCase>("ops.json")) {
      it(c.name, async () => {
        const graph = new Graph();
        const inputs = Object.fromEntries(Object.entries(c.inputs).map(([x, { shape }]) => [x, graph.input(x, shape)]));
        await expectDerivatives(executor, { graph, inputs, output: apply(graph, c, Object.values(inputs)) }, c, opBound);
      });
    }
  });
}
