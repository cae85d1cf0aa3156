import { describe, expect, it } from "vitest";
import { createWasmExecutor } from "../../src/exec/wasm/executor.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { type CreateOptions, createGAN, type GANOptions, type LayerSpec, SpecError } from "../../src/index.ts";
import { probeGraph } from "../../src/objective/probe.ts";
import { trainStep } from "../../src/objective/steps.ts";
import { variables } from "../../src/objective/variables.ts";
import { expectSameBytes } from "../bytes.ts";
import { Trainer } from "./harness.ts";

const layers = (outputs: number): LayerSpec[] => [
  { type: "dense", units: 6 },
  { type: "layerNorm" },
  { type: "activation", name: "leakyRelu" },
  { type: "dropout", rate: 0.25 },
  { type: "dense", units: outputs },
];

/** Networks in which no images meet, with every kind of random number. */
const alone: GANOptions = {
  shape: [5],
  latent: 3,
  architecture: { generator: layers(5), discriminator: layers(1) },
  condition: { classes: 3, generator: "embedding", discriminator: "auxiliary-classifier" },
  regularizers: ["r1", "gradient-penalty", "instance-noise", "spectral-norm", "gradient-clipping"],
  batchSize: 8,
};

const BATCH = {
  images: (n: number) => Float64Array.from({ length: 5 * n }, (_, i) => Math.sin(i)),
  labels: (n: number) => Array.from({ length: n }, (_, i) => i % 3),
};

describe("a batch in parts", () => {
  it.each<[string, GANOptions, number]>([
    ["non-saturating", { ...alone, objective: "non-saturating" }, 8],
    ["relativistic, in which images meet in pairs", { ...alone, objective: "relativistic" }, 8],
    ["of parts of different sizes, at the end of the data", { ...alone, objective: "hinge" }, 7],
    ["of fewer images than parts", { ...alone, objective: "hinge" }, 3],
  ])("makes the update of the whole batch where no statistics are those of a batch: %s", (_, options, batch) => {
    const [whole, parts] = [1, 4].map((accumulate) => {
      const trainer = new Trainer(resolveSpec({ ...options, accumulate }), batch);
      const feeds = { condition: BATCH.labels(batch) };
      trainer.step("critic", BATCH.images(batch), feeds);
      const { fetches } = trainer.step("train", BATCH.images(batch), feeds);
      return { noise: trainer.train.noise, state: trainer.state, fetches };
    }) as [
      { noise: object; state: Trainer["state"]; fetches: Trainer["state"] },
      { noise: object; state: Trainer["state"]; fetches: Trainer["state"] },
    ];
    expect(parts.noise).toEqual(whole.noise);
    for (const of of ["state", "fetches"] as const) {
      for (const [name, values] of Object.entries(whole[of])) {
        for (const [i, value] of values.entries()) {
          expect(Math.abs(parts[of][name]![i]! - value), name).toBeLessThan(1e-7 * Math.max(1, Math.abs(value)));
        }
      }
    }
  });

  it("moves running statistics at each part", () => {
    const norm: LayerSpec = { type: "batchNorm", momentum: 1 };
    const networks = { generator: [{ type: "dense", units: 2 } as const, norm], discriminator: [norm, { type: "dense", units: 1 } as const] };
    const spec = resolveSpec({ shape: [2], latent: 2, architecture: networks, objective: "non-saturating", batchSize: 4, accumulate: 2 });
    const trainer = new Trainer(spec, 4);
    const generated = new Trainer(spec, 4);
    trainer.step("train", [1, 2, 3, 4, 5, 6, 7, 8]);
    // With momentum 1 the last part's are left: of the generator its own, of the discriminator those of what the generator made, normalised.
    expect(trainer.state["discriminator.0.runningMean"]!.every((mean) => Math.abs(mean) < 1e-6)).toBe(true);
    generated.step("train", [8, 7, 6, 5, 4, 3, 2, 1]);
    expect(trainer.state["generator.1.runningMean"]).toEqual(generated.state["generator.1.runningMean"]);
  });

  it("takes the memory of a part", async () => {
    const executor = await createWasmExecutor({ threads: 1 });
    const [whole, parts] = await Promise.all(
      [1, 4].map(async (accumulate) => {
        const spec = resolveSpec({
          shape: [16, 16, 3],
          latent: 4,
          architecture: "resnet",
          width: 1,
          objective: "non-saturating",
          regularizers: ["r1"],
          batchSize: 16,
          accumulate,
        });
        return (await executor.measure(variables(spec), [trainStep(spec, 16).graph, probeGraph(spec, 16).graph])).activations;
      }),
    );
    executor.dispose();
    expect(parts!).toBeLessThan(0.4 * whole!);
  });

  it("gives the same bits on one thread and on two", async () => {
    const options: CreateOptions = { shape: [8, 8, 1], architecture: "dcgan", width: 2, latent: 3, batchSize: 4, accumulate: 2, backend: "wasm" };
    const files = await Promise.all(
      [1, 2].map(async (threads) => {
        const gan = await createGAN({ ...options, threads });
        await gan.train(
          Float32Array.from({ length: 64 * 9 }, (_, i) => Math.sin(i)),
          { steps: 3 },
        );
        const file = await gan.save();
        gan.dispose();
        return file;
      }),
    );
    expectSameBytes(files[1], files[0]);
  });

  it("must divide the batch, and leave enough for statistics", async () => {
    const refusal = (options: GANOptions): string => {
      try {
        resolveSpec(options);
        return "none";
      } catch (error) {
        expect(error).toBeInstanceOf(SpecError);
        return (error as SpecError).message;
      }
    };
    expect(refusal({ ...alone, accumulate: 3 })).toBe("accumulate: expected a divisor of batchSize, 8, got 3");
    expect(refusal({ ...alone, accumulate: 0 })).toBe("accumulate: expected an integer from 1 to 1024, got 0");
    const networks = { generator: [{ type: "dense", units: 5 } as const, { type: "batchNorm" } as const], discriminator: layers(1) };
    expect(refusal({ ...alone, condition: null, architecture: networks, accumulate: 8 })).toBe(
      "batchSize: expected at least 16, as the statistics of architecture.generator[1], a batchNorm, need in each of 8 parts, got 8",
    );
    const gan = await createGAN({ shape: [2], latent: 2, width: 4, batchSize: 4, accumulate: 2, backend: "wasm", threads: 1 });
    await expect(gan.train(new Float32Array(20), { steps: 1, batchSize: 5 })).rejects.toThrow(
      "batchSize: expected a multiple of 2, the parts that batches are taken in (accumulate), got 5",
    );
    gan.dispose();
  });
});
