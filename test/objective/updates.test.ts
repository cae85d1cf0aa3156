import { describe, expect, it } from "vitest";
import { fillNormals, Stream } from "../../src/core/random.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { updateGraph } from "../../src/objective/steps.ts";
import { keyOf, kindOf, kindsOf } from "../../src/objective/updates.ts";
import { drawNoise, firstState } from "./harness.ts";

const specOf = (discriminatorSteps: number, ...everys: number[]) =>
  resolveSpec({
    shape: [2],
    latent: 2,
    width: 4,
    objective: { name: "wasserstein", discriminatorSteps },
    regularizers: [{ name: "weight-clipping", clip: 10 }, ...everys.map((every) => ({ name: "gradient-penalty" as const, lambda: 2, every }))],
  });

describe("kindOf", () => {
  it("has a penalty at every so many updates of the discriminator, from the first on", () => {
    const spec = specOf(2, 3);
    const kinds = Array.from({ length: 7 }, (_, update) => keyOf(kindOf(spec, update, update % 2 === 1)));
    expect(kinds).toEqual(["critic/0,1", "train/0", "critic/0", "train/0,1", "critic/0", "train/0", "critic/0,1"]);
  });
});

describe("kindsOf", () => {
  it.each([
    [specOf(1), ["train/0"]],
    [specOf(5), ["train/0", "critic/0"]],
    [specOf(1, 1), ["train/0,1"]],
    [specOf(1, 4), ["train/0,1", "train/0"]],
    [specOf(2, 4), ["train/0,1", "critic/0,1", "train/0", "critic/0"]],
  ])("lists all that training comes to", (spec, keys) => expect(kindsOf(spec).map(keyOf)).toEqual(keys));

  const lazy = (everys: readonly number[]) =>
    resolveSpec({
      shape: [2],
      regularizers: (["r1", "r2", "dragan", "gradient-penalty"] as const).slice(0, everys.length).map((name, i) => ({ name, every: everys[i]! })),
    });

  it.each([[[4, 6]], [[2, 4]], [[2, 3, 6]], [[6, 4, 10]], [[3, 1, 2]], [[4, 4, 6]]])(
    "lists those that updates come to with penalties at every %j",
    (everys) => {
      const spec = lazy(everys);
      const met = new Set(Array.from({ length: 120 }, (_, update) => keyOf(kindOf(spec, update, true))));
      expect(kindsOf(spec).map(keyOf).sort()).toEqual([...met].sort());
    },
  );

  it("does not look at all updates until they begin again, of which there may be billions", () => {
    expect(kindsOf(lazy([256, 255, 253, 251]))).toHaveLength(16);
  });
});

describe("a lazy penalty", () => {
  it("is left out, and counts as many times when it is in", () => {
    const images = new Float32Array(8);
    fillNormals(images, 3, Stream.data, 0);
    const lossOf = (every: number, update: number): number => {
      const spec = specOf(1, every);
      const { graph, noise, scalars } = updateGraph(spec, 4, kindOf(spec, update, false));
      return evaluate(graph, { images, ...drawNoise(noise, 1), ...scalars({ discriminator: 0, generator: 0, images: 0 }) }, firstState(spec)).fetches
        .discriminatorLoss![0]!;
    };
    const [always, lazy, without] = [lossOf(1, 0), lossOf(4, 0), lossOf(4, 1)];
    expect(always - without).toBeGreaterThan(0.01);
    expect(lazy - without).toBeCloseTo(4 * (always - without), 9);
  });
});
