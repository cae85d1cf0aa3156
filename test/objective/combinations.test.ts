import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { createWasmExecutor } from "../../src/exec/wasm/executor.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { ARCHITECTURE_SHAPES, namedArchitectures, waysToLearn } from "../cases/learning.ts";
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
});
