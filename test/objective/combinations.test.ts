import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { createWasmExecutor } from "../../src/exec/wasm/executor.ts";
import { type GANOptions, resolveSpec } from "../../src/gan/spec.ts";
import { variables } from "../../src/objective/variables.ts";
import { ARCHITECTURE_SHAPES, namedArchitectures, waysToLearn, wideResidual } from "../cases/learning.ts";
import { fuzzed, PATIENCE } from "../fuzz/fuzz.ts";
import { checkSteps } from "../webgpu/steps.ts";

describe("any objective with any regularizers", PATIENCE, () => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await createWasmExecutor({ threads: 1 });
  });
  afterAll(() => executor.dispose());

  it("is a description that means itself", () => {
    fc.assert(
      fc.property(waysToLearn, (options) => {
        const spec = resolveSpec(options);
        expect(resolveSpec(JSON.parse(JSON.stringify(spec)))).toStrictEqual(spec);
      }),
      fuzzed(50),
    );
  });

  it("is trained by wasm as by the reference, in its first update of the discriminator and its first step", async () => {
    await fc.assert(
      fc.asyncProperty(waysToLearn, async (options) => void (await checkSteps(executor, options, ["critic", "train"]))),
      fuzzed(5),
    );
  });

  it.each(ARCHITECTURE_SHAPES)("has shapes to be tried with %s", (_, shapes) => expect(shapes).not.toEqual([]));

  it("is trained so with any named architecture, condition and shape", async () => {
    await fc.assert(
      fc.asyncProperty(namedArchitectures, async (options) => void (await checkSteps(executor, options, ["critic", "train"]))),
      fuzzed(4),
    );
  });

  it("is trained so where 3x3 convolutions go by components", () => checkSteps(executor, wideResidual, ["critic", "train"]));

  it("is trained so with self-attention in both networks, under spectral normalisation and a penalty of second order", async () => {
    const options: GANOptions = {
      shape: [4, 4, 1],
      latent: 2,
      objective: "non-saturating",
      regularizers: ["r1", "spectral-norm"],
      architecture: {
        generator: [
          { type: "dense", units: 64 },
          { type: "reshape", shape: [4, 4, 4] },
          { type: "selfAttention" },
          { type: "conv2d", filters: 1, kernel: 3 },
        ],
        discriminator: [
          { type: "conv2d", filters: 9, kernel: 3 },
          { type: "selfAttention" },
          { type: "activation", name: "tanh" },
          { type: "flatten" },
          { type: "dense", units: 1 },
        ],
      },
    };
    const weights = variables(resolveSpec(options)).map(({ name }) => name);
    for (const map of ["f", "g", "h", "v"]) expect(weights.filter((name) => name.startsWith(`discriminator.1.${map}`)).length).toBeGreaterThan(1);
    await checkSteps(executor, options, ["critic", "train", "train"]);
  });
});
