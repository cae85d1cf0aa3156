import { describe, expect, it } from "vitest";
import { type GANSpec, resolveSpec } from "../../src/gan/spec.ts";
import { type Initialization, initialValue } from "../../src/nn/init.ts";
import { checkLayers, parametersOf } from "../../src/nn/layers/table.ts";
import { parameters } from "../../src/nn/network.ts";
import { variables } from "../../src/objective/variables.ts";
import { expectSameBytes } from "../bytes.ts";

function meanAndDeviation(values: Float32Array): [number, number] {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)];
}

const firstOf = (spec: GANSpec, name: string, seed = 1) => initialValue(variables(spec).find((v) => v.name === name)!, seed);

describe("initialValue", () => {
  const spec = resolveSpec({ shape: [28, 28, 1], width: 32, latent: 20, objective: "non-saturating" });

  it("of a DCGAN: weights N(0, 0.02), gains N(1, 0.02), the rest 0 and 1", () => {
    // 62,720 weights: five standard errors are 5 · 0.02 / √62720 = 4e-4 of the mean, and less of the deviation.
    const [mean, deviation] = meanAndDeviation(firstOf(spec, "generator.0.filter"));
    expect(Math.abs(mean)).toBeLessThan(4e-4);
    expect(Math.abs(deviation - 0.02)).toBeLessThan(4e-4);
    const gamma = firstOf(spec, "generator.2.gamma");
    expect(Math.abs(meanAndDeviation(gamma)[0] - 1)).toBeLessThan((5 * 0.02) / Math.sqrt(gamma.length));
    expect(new Set(gamma).size).toBeGreaterThan(60);
    expect(new Set(firstOf(spec, "generator.2.beta"))).toEqual(new Set([0]));
    expect(new Set(firstOf(spec, "generator.2.runningMean"))).toEqual(new Set([0]));
    expect(new Set(firstOf(spec, "generator.2.runningVariance"))).toEqual(new Set([1]));
  });

  it("of other networks: He normal before a rectifier, Glorot normal before anything else", () => {
    const mlp = resolveSpec({ shape: [200], width: 200, latent: 200 });
    // 40,000 weights: the standard error of the deviation is 1/√80000 of it.
    const near = (name: string, expected: number) =>
      expect(Math.abs(meanAndDeviation(firstOf(mlp, name))[1] / expected - 1)).toBeLessThan(5 / Math.sqrt(80000));
    near("generator.0.filter", Math.sqrt(2 / 200));
    near("generator.6.filter", Math.sqrt(2 / 400));
    near("discriminator.0.filter", Math.sqrt(2 / (1.04 * 200)));
  });

  it("counts the input pixels that reach one output pixel", () => {
    const { init } = parameters(
      resolveSpec({
        shape: [8, 8, 1],
        architecture: {
          generator: [
            { type: "reshape", shape: [4, 4, 4] },
            { type: "conv2dTranspose", filters: 1, kernel: 4, stride: 2 },
            { type: "activation", name: "relu" },
          ],
          discriminator: [{ type: "flatten" }, { type: "dense", units: 1 }],
        },
      }),
      "generator",
    )[0]!;
    expect(init).toMatchObject({ kind: "normal", stdDev: Math.sqrt(2 / (4 * 4)) });
  });

  it.each([
    ["conv2d", 9 * 2, 9 * 3],
    ["conv2dTranspose", 9 * 2, 9 * 3],
  ] as const)("counts the channels of one group of a %s", (type, fanIn, fanOut) => {
    const [layer] = checkLayers([{ type, filters: 12, kernel: 3, groups: 4 }], "layers", [])!;
    expect(parametersOf([layer!], [5, 5, 8], "")[0]).toMatchObject({ init: { kind: "weights", fanIn, fanOut } });
  });

  it("has the gain of a layer as a factor of its standard deviation, and zeros of a gain of 0", () => {
    const specOf = (gain: number | undefined, initialization: Initialization) =>
      resolveSpec({
        shape: [3],
        latent: 4,
        architecture: {
          generator: [
            { type: "dense", units: 5, ...(gain !== undefined && { gain }) },
            { type: "dense", units: 3 },
          ],
          discriminator: [{ type: "dense", units: 1 }],
          initialization,
        },
      });
    for (const scheme of ["fan", "fan-in", "dcgan"] as const) {
      const plain = firstOf(specOf(undefined, scheme), "generator.0.filter");
      const doubled = Float32Array.from(plain, (value) => 2 * value);
      expectSameBytes(firstOf(specOf(2, scheme), "generator.0.filter"), doubled);
      expect(new Set(firstOf(specOf(0, scheme), "generator.0.filter"))).toEqual(new Set([0]));
      expectSameBytes(firstOf(specOf(0, scheme), "generator.1.filter"), firstOf(specOf(undefined, scheme), "generator.1.filter"));
    }
    expect(parameters(specOf(3, "fan-in"), "generator")[0]!.init).toMatchObject({ stdDev: 3 * Math.sqrt(1 / 4) });
    expect(parameters(specOf(3, "fan"), "generator")[0]!.init).toMatchObject({ stdDev: 3 * Math.sqrt(2 / (4 + 5)) });
  });

  it("of a tensor stays what it is, whatever is added beside it", () => {
    const specOf = (bias: boolean, condition: { classes: number } | null) =>
      resolveSpec({
        shape: [3],
        latent: 2,
        condition,
        architecture: {
          generator: [
            { type: "dense", units: 4, bias },
            { type: "dense", units: 3 },
          ],
          discriminator: [
            { type: "dense", units: 5 },
            { type: "dense", units: 1 },
          ],
        },
      });
    const [plain, more] = [specOf(false, null), specOf(true, { classes: 2 })];
    for (const name of ["generator.1.filter", "discriminator.0.filter", "discriminator.1.filter"])
      expectSameBytes(firstOf(more, name), firstOf(plain, name));
  });

  it("differs between tensors and seeds, and is the same again", () => {
    const [a, b] = [firstOf(spec, "generator.2.gamma"), firstOf(spec, "discriminator.3.gamma")];
    expect(a.slice(0, 8)).not.toEqual(b.slice(0, 8));
    expect(firstOf(spec, "generator.2.gamma", 2)).not.toEqual(a);
    expectSameBytes(firstOf(spec, "generator.2.gamma"), a);
  });

  it("of a moving average is the weight's own, and of optimizer slots 0", () => {
    expectSameBytes(firstOf(spec, "generator.4.filter/ema"), firstOf(spec, "generator.4.filter"));
    expect(new Set(firstOf(spec, "generator.4.filter/adam.v"))).toEqual(new Set([0]));
  });
});

describe("variables", () => {
  it("are every tensor once: slots for weights only, averages for the generator only", () => {
    const names = variables(resolveSpec({ shape: [8, 8, 1], width: 2, optimizer: { discriminator: { name: "rmsprop" } } })).map((v) => v.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((n) => n.startsWith("generator.2.")).sort()).toEqual(
      ["gamma", "gamma/adam.m", "gamma/adam.v", "gamma/ema", "beta", "beta/adam.m", "beta/adam.v", "beta/ema"]
        .concat(["runningMean", "runningMean/ema", "runningVariance", "runningVariance/ema"])
        .map((n) => `generator.2.${n}`)
        .sort(),
    );
    expect(names.filter((n) => n.startsWith("discriminator.0.bias"))).toEqual(["discriminator.0.bias", "discriminator.0.bias/rmsprop.v"]);
  });

  it("hold no averages where the model keeps none", () => {
    expect(variables(resolveSpec({ shape: [2], ema: false })).some((v) => v.role === "ema")).toBe(false);
  });
});
