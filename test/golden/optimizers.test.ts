import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { sub } from "../../src/graph/build.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { type OptimizerSpec, optimizerRow } from "../../src/objective/optimizers.ts";
import { readCases, relativeError, SUBJECTS, type Tensor } from "./golden.ts";

interface OptimizerCase {
  readonly name: string;
  readonly optimizer: OptimizerSpec;
  readonly value: Tensor;
  /** The gradient each update is given, the change it makes to the weight, and the slots it leaves. */
  readonly updates: readonly (Readonly<Record<string, Tensor>> & { readonly gradient: Tensor; readonly change: Tensor })[];
}

const N = 11;

/** One update of the variables `value` and slots; fetches the `change` of the value. */
function updateGraph(spec: OptimizerSpec): Graph {
  const graph = new Graph();
  const row = optimizerRow(spec);
  const variables = row.slots.map((slot) => graph.variable(slot, [N]));
  const value = graph.variable("value", [N]);
  const scalar = (name: string): Node => graph.input(name, []);
  const next = row.step(spec, value, graph.input("gradient", [N]), variables, scalar);
  graph.fetch("change", sub(next.value, value));
  graph.assign(value, next.value);
  for (const [i, slot] of variables.entries()) graph.assign(slot, next.slots[i]!);
  return graph;
}

for (const { name, create, opBound } of SUBJECTS) {
  describe(`${name}: optimizers move weights as PyTorch's do, error < ${opBound} of the largest change and of each slot`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await create();
    });
    afterAll(() => executor.dispose());

    for (const { name, optimizer, value, updates } of readCases<OptimizerCase>("optimizers.json")) {
      it(name, async () => {
        const { slots, scalars } = optimizerRow(optimizer);
        const session = await executor.open(["value", ...slots].map((name) => ({ name, shape: [N] })));
        const program = await session.compile(updateGraph(optimizer));
        await session.write("value", Float32Array.from(value.values));
        for (const [i, update] of updates.entries()) {
          const { change } = await program.run({ gradient: Float32Array.from(update.gradient.values), ...scalars(optimizer, i + 1, 0) });
          for (const slot of slots) expect(elementwiseError(await session.read(slot), update[slot]!), slot).toBeLessThan(opBound);
          expect(relativeError({ change: change! }, { change: update.change }), "change").toBeLessThan(opBound);
        }
        session.dispose();
      });
    }
  });
}

/** The largest error of any element as a share of that element: slots of all sizes must be right, each for itself. */
function elementwiseError(got: Float32Array, expected: Tensor): number {
  return Math.max(...Array.from(got, (g, i) => Math.abs(g - expected.values[i]!) / Math.max(Math.abs(expected.values[i]!), 1e-30)));
}
