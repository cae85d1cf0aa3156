import { describe, expect, it } from "vitest";
import { describe as describeFault, SpecError } from "../../src/core/errors.ts";
import { type GANOptions, resolveSpec } from "../../src/gan/spec.ts";
import type { ArchitectureName } from "../../src/nn/architectures/table.ts";
import type { LayerSpec } from "../../src/nn/layers/table.ts";
import { leastBatch } from "../../src/nn/spec.ts";
import { OBJECTIVES, type ObjectiveName } from "../../src/objective/objectives.ts";
import { PRESETS, type PresetName } from "../../src/objective/presets.ts";
import { OLD_SPECS } from "../cases/oldSpecs.ts";
import { TINY_LAYERS } from "../objective/harness.ts";

/** Every fault of some options, as sentences. */
function faultsOf(options: unknown): string[] {
  try {
    resolveSpec(options as GANOptions);
  } catch (error) {
    if (error instanceof SpecError) return error.faults.map(describeFault);
    throw error;
  }
  return [];
}

const image = [8, 8, 1];

const OBJECTIVE_NAMES = [...new Set([...Object.keys(OBJECTIVES), ...Object.keys(PRESETS)])] as (ObjectiveName | PresetName)[];

describe("resolveSpec", () => {
  it("fills in every default", () => {
    const both = {
      objective: { name: "non-saturating", discriminatorSteps: 1 },
      ema: { halfLife: 50_000, rampUp: 0.05 },
      batchSize: 64,
      accumulate: 1,
      seed: 0,
    };
    const adam = { name: "adam", betas: [0, 0.99], epsilon: 1e-8 };

    const images = resolveSpec({ shape: [28, 28, 1] });
    expect(images).toMatchObject({ ...both, latent: 64, condition: null, regularizers: [{ name: "r1", gamma: 1, every: 8 }] });
    expect(images.optimizer.generator).toEqual({ ...adam, learningRate: 2e-3 });
    expect(images.optimizer.discriminator).toEqual(images.optimizer.generator);
    expect([32, 33].map((side) => resolveSpec({ shape: [8, side, 3], architecture: "mlp" }).optimizer.generator.learningRate)).toEqual([2e-3, 1e-3]);
    expect(images.architecture.initialization).toBe("dcgan");
    expect(images.architecture.discriminator.map(({ type }) => type)).not.toContain("batchNorm");

    const points = resolveSpec({ shape: [2] });
    expect(points).toMatchObject({ ...both, latent: 4, condition: null, regularizers: [{ name: "r1", gamma: 0.02, every: 1 }] });
    expect(points.optimizer.generator).toEqual({ ...adam, learningRate: { curve: "cosine", from: 3e-3, to: 1e-3, images: 1_000_000 } });
    expect(points.optimizer.discriminator).toEqual(points.optimizer.generator);
    expect(points.architecture.initialization).toBe("fan");
    for (const network of ["generator", "discriminator"] as const) {
      const units = points.architecture[network].flatMap((layer) => (layer.type === "dense" ? [layer.units] : []));
      expect(units).toEqual([128, 128, 128, network === "generator" ? 2 : 1]);
    }
    expect([1, 31, 32, 33, 500].map((size) => resolveSpec({ shape: [size] }).latent)).toEqual([2, 62, 64, 64, 64]);
  });

  it.each(OBJECTIVE_NAMES)("gives %s, where it is named, no regularizers but those of a preset", (name) => {
    const preset =
      {
        wasserstein: ["weight-clipping"],
        "wasserstein-gp": ["gradient-penalty"],
        "non-saturating-r1": ["r1"],
        sngan: ["spectral-norm"],
        r3gan: ["r1", "r2"],
      }[name as string] ?? [];
    for (const shape of [[2], [8, 8, 1]]) {
      expect(resolveSpec({ shape, objective: name }).regularizers.map((regularizer) => regularizer.name)).toEqual(preset);
      expect(resolveSpec({ shape, objective: { name } as never }).regularizers.map((regularizer) => regularizer.name)).toEqual(preset);
    }
  });

  it.each<[ArchitectureName, PresetName]>([
    ["resnet", "sngan"],
    ["r3gan", "r3gan"],
  ])("trains %s by the preset %s where no objective is named", (architecture, objective) => {
    const options = { shape: [16, 16, 1], architecture, width: 4 } as const;
    expect(resolveSpec(options)).toEqual(resolveSpec({ ...options, architecture: { name: architecture }, objective }));
    expect(resolveSpec({ ...options, objective: "non-saturating-r1" }).regularizers).toMatchObject([{ name: "r1", gamma: 1 }]);
    const own = resolveSpec({ ...options, regularizers: [], ema: { decay: 0.9 } });
    expect(own).toMatchObject({ objective: resolveSpec({ ...options }).objective, regularizers: [], ema: { decay: 0.9 } });
  });

  it("has r3gan's numbers follow its burn-in, also where the regularizers are given one by one", () => {
    const burnIn = { curve: "cosine", images: 300 };
    const given = { shape: [2], objective: { name: "r3gan", burnIn: 300 } } as const;
    const spec = resolveSpec(given);
    expect(spec.objective).toEqual({ name: "relativistic", discriminatorSteps: 1 });
    expect(spec.regularizers).toEqual(["r1", "r2"].map((name) => ({ name, gamma: { ...burnIn, from: 1, to: 0.1 }, every: 1 })));
    expect(spec.optimizer.discriminator).toMatchObject({
      learningRate: { ...burnIn, from: 2e-4, to: 5e-5 },
      betas: [0, { ...burnIn, from: 0.9, to: 0.99 }],
    });
    expect(spec.ema).toEqual({ halfLife: { ...burnIn, from: 0, to: 500_000 }, rampUp: 0 });
    expect(resolveSpec({ ...given, regularizers: ["r1"] }).optimizer).toEqual(spec.optimizer);
    expect(faultsOf({ shape: [2], objective: { name: "r3gan", gamma: 1 }, regularizers: ["r1"] })).toEqual([
      "objective.gamma: expected none where the regularizers are given one by one, got both",
    ]);
  });

  it("means the same by the default's name as by none, and takes null for what suits the data", () => {
    for (const shape of [[2], [16, 16, 1]]) {
      const named = { name: "non-saturating-r1", gamma: null, every: null } as const;
      for (const objective of ["non-saturating-r1", named] as const) expect(resolveSpec({ shape, objective })).toEqual(resolveSpec({ shape }));
      expect(resolveSpec({ shape, objective: { ...named, gamma: 3, every: 2 } }).regularizers).toEqual([{ name: "r1", gamma: 3, every: 2 }]);
      const clipped = resolveSpec({ shape, objective: { name: "wasserstein", clip: null } });
      expect(clipped).toEqual(resolveSpec({ shape, objective: "wasserstein" }));
    }
  });

  it("takes any list of regularizers, an empty one too, in place of the default", () => {
    for (const shape of [[2], [16, 16, 1]]) {
      const { objective, regularizers, architecture } = resolveSpec({ shape, regularizers: [] });
      expect(objective).toEqual({ name: "non-saturating", discriminatorSteps: 1 });
      expect(regularizers).toEqual([]);
      expect(architecture.discriminator.some(({ type }) => type === "batchNorm")).toBe(shape.length === 3);
      expect(resolveSpec({ shape, regularizers: ["spectral-norm"] }).regularizers).toEqual([{ name: "spectral-norm" }]);
    }
  });

  it("has no penalty by default where images meet in the user's own discriminator, in residual layers too", () => {
    const generator = [{ type: "dense", units: 2 }] as const;
    const norm = { type: "batchNorm" } as const;
    const own = (layers: readonly LayerSpec[]): GANOptions => ({
      shape: [2],
      architecture: { generator, discriminator: [...layers, { type: "dense", units: 1 }] },
    });
    const penalties = (options: GANOptions) => resolveSpec(options).regularizers.map(({ name }) => name);
    expect(penalties(own([{ type: "dense", units: 3 }, norm]))).toEqual([]);
    expect(penalties(own([{ type: "residual", layers: [norm] }]))).toEqual([]);
    expect(penalties(own([{ type: "dense", units: 3 }, { type: "layerNorm" }]))).toEqual(["r1"]);
    expect(penalties(own([{ type: "minibatchStdDev" }]))).toEqual(["r1"]);
    expect(penalties({ shape: [4, 4, 1], architecture: TINY_LAYERS })).toEqual([]);
    const alone = TINY_LAYERS.discriminator.filter(({ type }) => type !== "batchNorm");
    expect(resolveSpec({ shape: [4, 4, 1], architecture: { ...TINY_LAYERS, discriminator: alone } }).regularizers).toEqual([
      { name: "r1", gamma: 1, every: 8 },
    ]);
    // What holds for a penalty by default does not for one that was asked for.
    expect(faultsOf({ ...own([norm]), regularizers: ["r1"] })).toHaveLength(1);
  });

  it("has the presets' numbers suit the kind of data", () => {
    const numbers = (shape: number[]) =>
      (["wasserstein", "wasserstein-gp"] as const).map((objective) => {
        const { optimizer, regularizers } = resolveSpec({ shape, objective });
        return [optimizer.generator.name, optimizer.generator.learningRate, regularizers[0]];
      });
    const penalty = { name: "gradient-penalty", lambda: 10, oneSided: false, every: 1 };
    expect(numbers([2])).toEqual([
      ["rmsprop", 5e-4, { name: "weight-clipping", clip: 0.1 }],
      ["adam", 1e-3, penalty],
    ]);
    expect(numbers([8, 8, 1])).toEqual([
      ["rmsprop", 5e-5, { name: "weight-clipping", clip: 0.01 }],
      ["adam", 1e-4, penalty],
    ]);
    expect(resolveSpec({ shape: [2], objective: { name: "wasserstein", clip: 0.03 } }).regularizers).toEqual([
      { name: "weight-clipping", clip: 0.03 },
    ]);
  });

  it("takes the objective's own optimizer, and from the user any part of it", () => {
    const spec = resolveSpec({
      shape: [2],
      objective: { name: "wasserstein-gp", lambda: 1 },
      optimizer: { generator: { learningRate: 0.5 }, discriminator: { name: "rmsprop" } },
    });
    expect(spec.objective).toEqual({ name: "wasserstein", discriminatorSteps: 5 });
    expect(spec.regularizers).toEqual([{ name: "gradient-penalty", lambda: 1, oneSided: false, every: 1 }]);
    expect(spec.optimizer.generator).toEqual({ name: "adam", learningRate: 0.5, betas: [0, 0.9], epsilon: 1e-8 });
    expect(spec.optimizer.discriminator).toEqual({ name: "rmsprop", learningRate: 5e-5, decay: 0.99, epsilon: 1e-8 });
    expect(resolveSpec({ shape: [2], objective: "wasserstein" }).optimizer.generator).toMatchObject({ name: "rmsprop", learningRate: 5e-4 });
  });

  it("lets any regularizers take the place of those an objective stands for", () => {
    expect(resolveSpec({ shape: [2], objective: "wasserstein" }).regularizers).toEqual([{ name: "weight-clipping", clip: 0.1 }]);
    expect(resolveSpec({ shape: [2], objective: "wasserstein", regularizers: [] }).regularizers).toEqual([]);
    const { objective, regularizers, optimizer } = resolveSpec({
      shape: [4, 4, 1],
      objective: "least-squares",
      regularizers: ["weight-clipping", { name: "gradient-penalty", every: 4 }],
    });
    expect(objective.name).toBe("least-squares");
    expect(optimizer.generator.learningRate).toBe(2e-3);
    expect(regularizers).toEqual([
      { name: "weight-clipping", clip: 0.01 },
      { name: "gradient-penalty", lambda: 10, oneSided: false, every: 4 },
    ]);
  });

  it("takes an architecture by its name alone or as an object, which means the same", () => {
    for (const name of ["mlp", "dcgan"] as const) {
      const options = { shape: [8, 8, 1], width: 4 };
      expect(resolveSpec({ ...options, architecture: { name } })).toEqual(resolveSpec({ ...options, architecture: name }));
    }
  });

  it.each(OLD_SPECS)("reads the description of $name as earlier versions wrote it", ({ written, objective, regularizers }) => {
    const spec = resolveSpec(JSON.parse(JSON.stringify(written)));
    expect(spec.objective).toEqual(objective);
    expect(spec.regularizers).toEqual(regularizers);
    const { objective: _, ...rest } = written;
    expect(spec).toMatchObject(rest);
  });

  it.each<GANOptions>([
    { shape: [2] },
    { shape: [28, 28, 1] },
    { shape: [28, 28, 1], condition: { shape: [28, 28, 3] } },
    { shape: [2], regularizers: [] },
    { shape: [8, 8, 1], objective: "non-saturating" },
    { shape: [2], objective: "wasserstein-gp", optimizer: { discriminator: { name: "rmsprop" } } },
    { shape: [8, 8, 1], objective: "wasserstein" },
    { shape: [2], objective: "minimax", regularizers: [{ name: "gradient-penalty", every: 3 }, "weight-clipping"] },
    { shape: [2], objective: "wasserstein", ema: false },
    { shape: [32, 32, 3], objective: "wasserstein-gp", condition: { classes: 10 }, width: 8, seed: 2 ** 53 - 1 },
    { shape: [4, 4, 1], architecture: TINY_LAYERS, condition: { size: 2 } },
    { shape: [4, 4, 1], architecture: { ...TINY_LAYERS, discriminator: TINY_LAYERS.discriminator.filter(({ type }) => type !== "batchNorm") } },
  ])("gives plain JSON that resolves to itself: %j", (options) => {
    const spec = resolveSpec(options);
    expect(resolveSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  it("names every fault at once, each with its path", () => {
    const faults = faultsOf({
      shape: [4, 4, 1],
      latent: 0,
      conditon: { classes: 3 },
      seed: 1.5,
      batchSize: "64",
      ema: { decay: 1 },
      objective: { name: "wasserstein", clip: -1 },
      optimizer: { generator: { betas: [0.5] } },
      architecture: {
        generator: [{ type: "dens", units: 3 }],
        discriminator: [{ type: "conv2d", filters: 3, kernel: 3, padding: "valid" }, { type: "dense" }],
      },
    });
    expect(faults).toEqual([
      'conditon: expected one of the options shape, latent, condition, architecture, width, objective, regularizers, optimizer, ema, augment, batchSize, accumulate, seed, got an unknown one, "conditon"; did you mean "condition"?',
      "latent: expected an integer from 1 to 65536, got 0",
      "objective.clip: expected a number above 0, got -1",
      "ema.decay: expected a number from 0 to below 1, got 1",
      'batchSize: expected an integer from 1 to 65536, got "64"',
      "seed: expected an integer from 0 to 2^53 - 1, got 1.5",
      "optimizer.generator.betas: expected a list of 2, got [0.5]",
      expect.stringMatching(/^architecture\.generator\[0\]\.type: expected "dense" or .* got "dens"; did you mean "dense"\?$/),
      'architecture.discriminator[0].padding: expected an integer from 0 to 64 or "same", got "valid"',
      "architecture.discriminator[1].units: expected an integer from 1 to 16777216, got undefined",
    ]);
  });

  it("says which layer of each network cannot take its input", () => {
    expect(
      faultsOf({
        shape: image,
        architecture: {
          generator: [
            { type: "dense", units: 64 },
            { type: "reshape", shape: [4, 4, 8] },
          ],
          discriminator: [{ type: "flatten" }, { type: "conv2d", filters: 1, kernel: 3 }],
        },
      }),
    ).toEqual([
      "architecture.generator[1] reshape: expected 128 values for [4, 4, 8], got 64 in [64]",
      "architecture.discriminator[1] conv2d: expected images [height, width, channels] as input, got [64]",
    ]);
  });

  it("of layers that a named architecture would make too large are those of what makes them so", () => {
    const fault = /^(\w+): expected one with which architecture\.(?:generator|discriminator)\[\d+\]\.\w+ is an integer from 1 to 65536, got \d+$/;
    const nameOf = (options: GANOptions) => faultsOf(options).map((text) => fault.exec(text)?.[1] ?? text);
    expect(nameOf({ shape: [256, 256, 3], width: 4096 })).toEqual(["width"]);
    expect(nameOf({ shape: [65536, 65536, 1] })).toEqual(["shape"]);
    expect(faultsOf({ shape: [65536, 65536, 1], architecture: "mlp", width: 1 })[0]).toMatch(
      /^shape: expected one with which architecture\.generator/,
    );
  });

  it("wants the generator to end in the shape and the discriminator in one number", () => {
    const architecture = { generator: [{ type: "dense", units: 3 }], discriminator: [{ type: "dense", units: 2 }] };
    expect(faultsOf({ shape: [2], architecture })).toEqual([
      "architecture.generator: expected layers that end in [2], got [3]",
      "architecture.discriminator: expected layers that end in one number, got [2]",
    ]);
  });

  it("wants a shortcut to give what the layers give", () => {
    const residual = { type: "residual", layers: [{ type: "dense", units: 3 }], shortcut: [] };
    expect(
      faultsOf({
        shape: [2],
        latent: 64,
        architecture: { generator: [residual, { type: "dense", units: 2 }], discriminator: [{ type: "dense", units: 1 }] },
      }),
    ).toEqual(["architecture.generator[0] residual: expected a shortcut that gives [3], as the layers do, got [64]"]);
  });

  it.each([
    [
      "a size that does not halve",
      { shape: [50, 50, 1], architecture: "dcgan" },
      /^shape: expected images whose sides halve .* \(nearest are 48×48 and 56×56\), or architecture "mlp", which takes this shape, got \[50, 50, 1\]$/,
    ],
    ["a vector for a DCGAN", { shape: [2], architecture: "dcgan" }, /^shape: expected images whose sides halve .*, or architecture "mlp"/],
    ["a shape of rank 2", { shape: [28, 28] }, /^shape: expected \[height, width, channels\] or \[size\], got \[28, 28\]$/],
    ["a fractional size", { shape: [2.5] }, /^shape\[0\]: expected an integer/],
    ["no shape", {}, /^shape: .* got undefined$/],
    ["no object", null, /^options: expected an object/],
    [
      "an unknown architecture",
      { shape: [2], architecture: "resnet50" },
      /^architecture: expected "mlp" or "dcgan" or "resnet" or "r3gan" or \{ generator, discriminator \}, got "resnet50"; did you mean "resnet"\?$/,
    ],
    ["a name from the prototype", { shape: [2], architecture: "constructor" }, /^architecture: /],
    [
      "a misspelt architecture with parameters",
      { shape: [2], architecture: { name: "dcgam" } },
      /^architecture\.name: expected "mlp" or "dcgan" or "resnet" or "r3gan", got "dcgam"; did you mean "dcgan"\?$/,
    ],
    [
      "a parameter that an architecture has not",
      { shape: [8, 8, 1], architecture: { name: "mlp", layers: 2 } },
      /^architecture\.layers: expected one of the options name, got an unknown one, "layers"$/,
    ],
    ["an objective from the prototype", { shape: [2], objective: { name: "toString" } }, /^objective\.name: /],
    [
      "NaN",
      { shape: [2], optimizer: { generator: { learningRate: Number.NaN } } },
      /^optimizer\.generator\.learningRate: expected a number above 0, at most 1e30, or a schedule, got NaN$/,
    ],
    [
      "a parameter of another objective",
      { shape: [2], objective: { name: "minimax", clip: 1 } },
      /^objective\.clip: expected one of the options name, discriminatorSteps, got/,
    ],
    [
      "a regularizer twice",
      { shape: [2], regularizers: ["weight-clipping", { name: "weight-clipping", clip: 1 }] },
      /^regularizers\[1\]: expected each regularizer once, got "weight-clipping" again$/,
    ],
    [
      "an unknown regularizer",
      { shape: [2], regularizers: ["lecam"] },
      /^regularizers\[0\]: expected "weight-clipping" or "spectral-norm" or .* or "dragan", got "lecam"$/,
    ],
    ["a misspelt regularizer", { shape: [2], regularizers: ["spectral-nrom"] }, /got "spectral-nrom"; did you mean "spectral-norm"\?$/],
    [
      "a misspelt regularizer with parameters",
      { shape: [2], regularizers: [{ name: "dargan" }] },
      /^regularizers\[0\]\.name: .* did you mean "dragan"\?$/,
    ],
    ["a misspelt objective", { shape: [2], objective: "hing" }, /^objective: .*, got "hing"; did you mean "hinge"\?$/],
    ["a misspelt architecture", { shape: [2], architecture: "mpl" }, /^architecture: .*, got "mpl"; did you mean "mlp"\?$/],
    [
      "a preset's parameter beside regularizers",
      { shape: [2], objective: { name: "wasserstein-gp", lambda: 1 }, regularizers: ["gradient-penalty"] },
      /^objective\.lambda: expected none where the regularizers are given one by one, got both$/,
    ],
    [
      "batch norm under a penalty, within a residual layer too",
      {
        shape: [2],
        regularizers: ["gradient-penalty"],
        architecture: {
          generator: [{ type: "dense", units: 2 }],
          discriminator: [
            { type: "residual", layers: [{ type: "dense", units: 2 }, { type: "batchNorm" }] },
            { type: "dense", units: 1 },
          ],
        },
      },
      /^architecture\.discriminator\[0\]\.layers\[1\]: expected a layer that keeps images apart \(layerNorm\), as the gradient penalty of regularizers\[0\] needs, got batchNorm$/,
    ],
    ["width beside layers", { shape: [4, 4, 1], architecture: TINY_LAYERS, width: 3 }, /^width: expected no width/],
    ["a condition of two kinds", { shape: [2], condition: { classes: 2, size: 3 } }, /^condition\.size: /],
    [
      "batch norm in a penalised critic",
      { shape: [4, 4, 1], architecture: TINY_LAYERS, objective: "wasserstein-gp" },
      /^architecture\.discriminator\[1\]: expected a layer that keeps images apart \(layerNorm\), as the gradient penalty of objective needs, got batchNorm$/,
    ],
    [
      "labels to smooth in an objective without",
      { shape: [2], objective: "wasserstein-gp", regularizers: ["gradient-penalty", "label-smoothing"] },
      /^regularizers\[1\]: expected an objective with labels to smooth \("minimax" or "non-saturating" or .*\), got objective "wasserstein"$/,
    ],
    [
      "a conditional discriminator without features",
      {
        shape: [2],
        condition: { classes: 2 },
        architecture: {
          generator: [{ type: "dense", units: 2 }],
          discriminator: [
            { type: "dense", units: 1 },
            { type: "activation", name: "tanh" },
          ],
        },
      },
      /^architecture\.discriminator\[1\]: expected a dense layer of one unit, as a condition needs, got activation$/,
    ],
  ])("refuses %s", (_, options, message) => {
    const faults = faultsOf(options);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(message);
  });

  it("refuses residual layers nested without end", () => {
    let layer: unknown = { type: "flatten" };
    for (let depth = 0; depth < 5000; depth++) layer = { type: "residual", layers: [layer] };
    const faults = faultsOf({ shape: [2], architecture: { generator: [layer], discriminator: [{ type: "dense", units: 1 }] } });
    expect(faults).toEqual([expect.stringMatching(/^architecture\.generator\[0\](\.layers\[0\]){8}\.layers: expected at most 8 levels/)]);
  });

  it.each<[string, object, string]>([
    // biome-ignore lint/suspicious/noSparseArray: that is what is refused
    ["a pair of numbers", { optimizer: { generator: { betas: [, 0.9] } } }, "optimizer.generator.betas[0]: expected a value, got a hole in the list"],
    // biome-ignore lint/suspicious/noSparseArray: likewise
    ["a shape", { shape: [2, , 3] }, "shape[1]: expected a value, got a hole in the list"],
    [
      "a list of layers",
      { architecture: { generator: new Array(1), discriminator: [] } },
      "architecture.generator[0]: expected a value, got a hole in the list",
    ],
    ["a list of regularizers", { regularizers: new Array(2) }, "regularizers[0]: expected a value, got a hole in the list"],
    ["a long list", { shape: new Array(2 ** 32 - 1) }, "shape: expected at most 16384 values in all, got more"],
    [
      "a list with more than items",
      { shape: Object.assign([2], { unit: "px" }) },
      "shape.unit: expected nothing but the items of a list, got a field of its own",
    ],
  ])("refuses holes in %s, if any", (_, options, fault) => {
    expect(faultsOf({ shape: [2], ...options })).toEqual([fault]);
  });

  it("refuses what cannot be read, and what is no data", () => {
    const refuse = (): never => {
      throw new Error("not for you");
    };
    const revoked = Proxy.revocable([], {});
    revoked.revoke();
    const faulty: object[] = [
      Object.defineProperty({ shape: [2] }, "seed", { enumerable: true, get: refuse }),
      { shape: [2], condition: new Proxy({}, { ownKeys: () => ["classes"], getOwnPropertyDescriptor: refuse }) },
      { shape: revoked.proxy },
      { shape: () => [2] },
      { shape: [2], seed: Symbol("seed") },
      { shape: [2], batchSize: 64n },
      { shape: [2], seed: Object.create(Object.create(null)) },
      { shape: Float32Array.of(2) },
      { shape: [2], objective: new Map([["name", "minimax"]]) },
    ];
    for (const options of faulty) expect(faultsOf(options)).toHaveLength(1);
    expect(faultsOf(faulty[0])).toEqual(['seed: expected a value that can be read, got one that throws "not for you"']);
  });

  it("refuses what contains itself, and what grows without end", () => {
    const layer: { type: string; layers: unknown[] } = { type: "residual", layers: [] };
    layer.layers.push(layer);
    const discriminator = [{ type: "dense", units: 1 }];
    expect(faultsOf({ shape: [2], architecture: { generator: [layer], discriminator } })[0]).toMatch(/at most 8 levels/);
    layer.layers.push(layer, layer);
    expect(faultsOf({ shape: [2], architecture: { generator: [layer], discriminator } })[0]).toMatch(/at most 16384 values in all/);
    const list: unknown[] = [];
    list.push(list);
    expect(faultsOf({ shape: list })).toHaveLength(1);
  });

  it("reads every field once", () => {
    const read = new Map<string, number>();
    const watched = <T extends object>(value: T, path: string): T =>
      new Proxy(value, {
        get(target, key) {
          if (typeof key === "string") read.set(`${path}.${key}`, (read.get(`${path}.${key}`) ?? 0) + 1);
          const got = Reflect.get(target, key);
          return typeof got === "object" && got !== null ? watched(got as object, `${path}.${String(key)}`) : got;
        },
      });
    const options: GANOptions = {
      shape: [4, 4, 1],
      architecture: TINY_LAYERS,
      condition: { classes: 2 },
      optimizer: { generator: { betas: [0, 0.5] } },
    };
    expect(resolveSpec(watched(options, ""))).toStrictEqual(resolveSpec(options));
    expect([...read.values()].every((times) => times === 1)).toBe(true);
    expect(read.get(".optimizer.generator.betas.1")).toBe(1);
  });

  it("gives what nobody can change, and leaves alone what it was given", () => {
    const options = {
      shape: [4, 4, 1],
      architecture: structuredClone(TINY_LAYERS),
      optimizer: { generator: { betas: [0, 0.5] as [number, number] } },
    };
    const before = structuredClone(options);
    const spec = resolveSpec(options);
    const parts = (value: object): object[] => [value, ...Object.values(value).flatMap((v) => (typeof v === "object" && v !== null ? parts(v) : []))];
    expect(parts(spec).filter((part) => !Object.isFrozen(part))).toEqual([]);
    expect(parts(options).filter((part) => Object.isFrozen(part) || parts(spec).includes(part))).toEqual([]);
    expect(options).toStrictEqual(before);
    options.shape[0] = 5;
    expect(spec.shape).toEqual([4, 4, 1]);
  });

  it("takes an optimizer's number that is undefined as left out", () => {
    const { optimizer } = resolveSpec({ shape: [2], objective: "wasserstein-gp", optimizer: { generator: { learningRate: undefined as never } } });
    expect(optimizer.generator.learningRate).toBe(1e-3);
  });

  it("takes 256 layers a network, those within residual layers included", () => {
    const flat = (count: number) => Array.from({ length: count }, () => ({ type: "dense", units: 2 }));
    const architecture = (generator: object[]) => ({ generator, discriminator: [{ type: "dense", units: 1 }] });
    const within = (count: number) => architecture([{ type: "residual", layers: flat(100), shortcut: flat(100) }, ...flat(count - 201)]);
    for (const of of [(count: number) => architecture(flat(count)), within]) {
      expect(faultsOf({ shape: [2], architecture: of(256) })).toEqual([]);
      expect(faultsOf({ shape: [2], architecture: of(257) })).toEqual([
        "architecture.generator: expected at most 256 layers, those within others included, got 257",
      ]);
    }
  });

  it("refuses a layer that gives more than memory holds", () => {
    const generator = [
      { type: "dense", units: 64 },
      { type: "reshape", shape: [8, 8, 1] },
      ...[1, 2, 3].map(() => ({ type: "upsample", factor: 64 })),
    ];
    expect(faultsOf({ shape: image, architecture: { generator, discriminator: [{ type: "flatten" }, { type: "dense", units: 1 }] } })).toEqual([
      "architecture.generator[4] upsample: expected an output of at most 2^30 values an example, got [2097152, 2097152, 1]",
    ]);
  });

  const dense = { type: "dense", units: 1 };
  const activation = (name: string, alpha = 0.2) => ({ type: "activation", name, alpha });
  it.each<[string, object[], number | null]>([
    ["a sigmoid", [dense, activation("sigmoid")], 1],
    ["tanh", [dense, activation("tanh")], 1],
    ["relu", [dense, activation("relu")], 1],
    ["softplus", [dense, activation("softplus")], 1],
    ["leakyRelu that is relu", [dense, activation("leakyRelu", 0)], 1],
    [
      "a sigmoid and layers that change nothing",
      [dense, activation("sigmoid"), { type: "reshape", shape: [1] }, { type: "flatten" }, { type: "dropout", rate: 0.5 }],
      1,
    ],
    ["a sigmoid and a sum of bounded paths", [dense, activation("sigmoid"), { type: "residual", layers: [activation("tanh")] }], 1],
    ["a residual layer with a sigmoid in both paths", [dense, { type: "residual", layers: [activation("tanh")], shortcut: [activation("tanh")] }], 1],
    ["a sigmoid that another follows", [dense, activation("sigmoid"), activation("leakyRelu")], 1],
    ["a dense layer", [dense], null],
    ["leakyRelu", [dense, activation("leakyRelu")], null],
    ["a dense layer after a sigmoid", [activation("sigmoid"), dense], null],
    ["a path around a sigmoid", [dense, { type: "residual", layers: [activation("sigmoid")] }], null],
  ])("takes a discriminator that ends in %s only if its scores are unbounded", (_, discriminator, bounding) => {
    const faults = faultsOf({ shape: [2], architecture: { generator: [{ type: "dense", units: 2 }], discriminator } });
    if (bounding === null) return expect(faults).toEqual([]);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      `architecture.discriminator[${bounding}]: expected scores before any sigmoid or other activation that bounds them, got `,
    );
  });

  it("wants two examples a batch for batch norm over single values, as their variance is 0", () => {
    const vectors = {
      shape: [2],
      batchSize: 1,
      architecture: { generator: [{ type: "residual", layers: [{ type: "batchNorm" }] }], discriminator: [dense] },
      latent: 2,
    };
    expect(faultsOf(vectors)).toEqual([
      "batchSize: expected at least 2, as the statistics of architecture.generator[0].layers[0], a batchNorm, need, got 1",
    ]);
    expect(faultsOf({ ...vectors, batchSize: 2 })).toEqual([]);
    const onePixel = [{ type: "conv2d", filters: 3, kernel: 8, padding: 0 }, { type: "batchNorm" }, { type: "flatten" }, dense];
    const generator = [
      { type: "dense", units: 64 },
      { type: "reshape", shape: image },
    ];
    expect(faultsOf({ shape: image, batchSize: 1, architecture: { generator, discriminator: onePixel } })).toEqual([
      "batchSize: expected at least 2, as the statistics of architecture.discriminator[1], a batchNorm, need, got 1",
    ]);
    expect(faultsOf({ ...vectors, architecture: { generator: [dense], discriminator: [{ type: "minibatchStdDev" }, dense] }, shape: [1] })).toEqual([
      "batchSize: expected at least 2, as the statistics of architecture.discriminator[0], a minibatchStdDev, need, got 1",
    ]);
    expect(faultsOf({ shape: image, batchSize: 1, architecture: "dcgan" })).toEqual([]);
    expect(leastBatch(resolveSpec({ shape: image, architecture: "dcgan" })).size).toBe(1);
    expect(leastBatch(resolveSpec({ ...(vectors as GANOptions), batchSize: 8 }))).toEqual({
      size: 2,
      path: "architecture.generator[0].layers[0]",
      type: "batchNorm",
    });
  });

  it("keeps batch norm out of the penalised DCGAN critic, with a bias in its place", () => {
    const { discriminator, generator } = resolveSpec({ shape: [32, 32, 3], objective: "wasserstein-gp" }).architecture;
    expect(discriminator.some((l) => l.type === "batchNorm")).toBe(false);
    expect(discriminator.every((l) => l.type !== "conv2d" || l.bias)).toBe(true);
    expect(generator.some((l) => l.type === "batchNorm")).toBe(true);
  });
});
