import { describe, expect, it } from "vitest";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import { type GANOptions, type GANSpec, resolveSpec } from "../../src/gan/spec.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { halvings, halvingsExpected } from "../../src/nn/architectures/sizes.ts";
import type { Condition } from "../../src/nn/conditionSpec.ts";
import { resolveGenerator } from "../../src/nn/generator.ts";
import { type Layer, outputShape, type ResidualLayer } from "../../src/nn/layers/table.ts";
import { parameters } from "../../src/nn/network.ts";
import { discriminateGraph, sampleGraph } from "../../src/nn/sampling.ts";

/** Shapes of the results of one op, in order. */
const shapesOf = (graph: Graph, ...ops: string[]): Shape[] => graph.nodes.filter((n) => ops.includes(n.op)).map((n) => n.shape);

describe("dcgan", () => {
  it("of 64×64 pixels and width 64 has the sizes of Radford et al., figure 1, halved", () => {
    const spec = resolveSpec({ shape: [64, 64, 3] });
    expect(shapesOf(sampleGraph(spec, 2), "matmul", "conv2dInputGrad")).toEqual([
      [2, 4 * 4 * 512],
      [2, 8, 8, 256],
      [2, 16, 16, 128],
      [2, 32, 32, 64],
      [2, 64, 64, 3],
    ]);
    expect(shapesOf(discriminateGraph(spec, 2), "conv2d", "matmul")).toEqual([
      [2, 32, 32, 64],
      [2, 16, 16, 128],
      [2, 8, 8, 256],
      [2, 4, 4, 512],
      [2, 1],
    ]);
  });

  it("of 28×28 pixels goes from 7×7×128 over 14×14×64", () => {
    const spec = resolveSpec({ shape: [28, 28, 1] });
    expect(shapesOf(sampleGraph(spec, 3), "matmul", "conv2dInputGrad")).toEqual([
      [3, 7 * 7 * 128],
      [3, 14, 14, 64],
      [3, 28, 28, 1],
    ]);
  });

  it.each([
    [8, 4, 1],
    [28, 7, 2],
    [32, 4, 3],
    [40, 5, 3],
    [48, 6, 3],
    [64, 4, 4],
    [128, 4, 5],
    [256, 4, 6],
  ])("of %i pixels begins with %i and doubles %i times", (side, base, levels) => {
    const spec = resolveSpec({ shape: [side, side, 4], width: 2 });
    const sizes = shapesOf(sampleGraph(spec, 1), "conv2dInputGrad").map((s) => s[1]);
    expect(sizes).toEqual(Array.from({ length: levels }, (_, i) => base * 2 ** (i + 1)));
    expect(discriminateGraph(spec, 1).fetches.get("scores")!.shape).toEqual([1]);
  });

  it.each<[number, number, number[], number]>([
    [96, 64, [6, 4], 4],
    [40, 24, [10, 6], 2],
    [32, 128, [4, 16], 3],
    [8, 18, [4, 9], 1],
    [28, 56, [7, 14], 2],
  ])("of %i×%i pixels begins with %j and doubles %i times", (height, width, base, levels) => {
    const spec = resolveSpec({ shape: [height, width, 3], width: 2 });
    const sizes = shapesOf(sampleGraph(spec, 1), "conv2dInputGrad").map((s) => s.slice(1, 3));
    expect(sizes).toEqual(Array.from({ length: levels }, (_, i) => base.map((side) => side * 2 ** (i + 1))));
    expect(discriminateGraph(spec, 1).fetches.get("scores")!.shape).toEqual([1]);
  });

  it("has no bias before batch norm and none missing elsewhere", () => {
    const spec = resolveSpec({ shape: [32, 32, 3], width: 4, objective: "non-saturating" });
    expect(parameters(spec, "generator").map((p) => p.name)).toEqual([
      "generator.0.filter",
      ...[2].flatMap(norm),
      "generator.4.filter",
      ...[5].flatMap(norm),
      "generator.7.filter",
      ...[8].flatMap(norm),
      "generator.10.filter",
      "generator.10.bias",
    ]);
    expect(parameters(spec, "discriminator").map((p) => p.name.replace("discriminator.", ""))).toEqual([
      "0.filter",
      "0.bias",
      "2.filter",
      "3.gamma",
      "3.beta",
      "3.runningMean",
      "3.runningVariance",
      "5.filter",
      "6.gamma",
      "6.beta",
      "6.runningMean",
      "6.runningVariance",
      "9.filter",
      "9.bias",
    ]);
  });

  it("shares the filter layout of a transposed convolution with the convolution it is the adjoint of", () => {
    const filters = parameters(resolveSpec({ shape: [28, 28, 1], width: 16 }), "generator").filter((p) => p.shape.length === 4);
    expect(filters.map((p) => p.shape)).toEqual([
      [4, 4, 16, 32],
      [4, 4, 1, 16],
    ]);
  });
});

describe("halvings", () => {
  it.each<[Shape, string]>([
    [[50, 50, 1], "are 48×48 and 56×56"],
    [[50, 70, 3], "are 48×64 and 56×72"],
    [[40, 30, 3], "are 40×28 and 40×32"],
    [[15, 200, 1], "are 14×200 and 16×200"],
    [[57, 57, 1], "are 56×56 and 64×64"],
    [[50, 48, 1], "are 48×48 and 56×48"],
    [[5, 5, 1], "is 8×8"],
  ])("of %j are none, and the nearest that are %s", (shape, nearest) => {
    expect(halvings(shape)).toBeNull();
    expect(halvingsExpected(shape)).toContain(`(nearest ${nearest})`);
  });

  it("names what halves, whatever the size", () => {
    const wrong: Shape[] = [];
    for (const height of [1, 7, 9, 30, 31, 56, 60, 65536]) {
      for (let width = 1; width < 70; width++) {
        const sizes = [...(halvingsExpected([height, width, 1]) ?? "").matchAll(/(\d+)×(\d+)/g)].map(([, h, w]) => [Number(h), Number(w), 1]);
        const fits = halvings([height, width, 1]) !== null;
        if (sizes.length > 0 === fits || sizes.some((size) => halvings(size) === null)) wrong.push([height, width]);
      }
    }
    expect(wrong).toEqual([]);
  });
});

const norm = (layer: number) => ["gamma", "beta", "runningMean", "runningVariance"].map((name) => `generator.${layer}.${name}`);

describe("dcgan by resizing", () => {
  it("repeats pixels and convolves 3×3 where it would convolve transposed", () => {
    const { generator, discriminator } = resolveSpec({
      shape: [28, 28, 1],
      width: 2,
      architecture: { name: "dcgan", upsample: "resize" },
    }).architecture;
    const plain = resolveSpec({ shape: [28, 28, 1], width: 2, architecture: "dcgan" }).architecture;
    expect(discriminator).toEqual(plain.discriminator);
    const resized = generator.filter(({ type }) => type !== "upsample");
    expect(resized.map((layer) => (layer.type === "conv2d" ? "conv2dTranspose" : layer.type))).toEqual(plain.generator.map(({ type }) => type));
    expect(resized.flatMap((layer) => (layer.type === "conv2d" ? [layer.kernel] : []))).toEqual([3, 3]);
  });
});

/** Channels and pixels of feature maps wherever a block of a network ends. */
const maps = (spec: GANSpec, network: "generator" | "discriminator"): string[] => {
  const layers = spec.architecture[network];
  const ends = layers.flatMap(({ type }, i) => (type === "residual" ? [i + 1] : []));
  const input = network === "generator" ? [spec.latent] : spec.shape;
  return ends.map((end) => outputShape(layers.slice(0, end), input).join("×"));
};

describe("resnet", () => {
  const named = (shape: Shape) => resolveSpec({ shape, architecture: "resnet", width: 64, objective: "hinge" });

  it("of 32×32, 48×48 and 128×128 pixels has the sizes of Miyato et al., tables 3 to 6", () => {
    expect(maps(named([32, 32, 3]), "generator")).toEqual(["8×8×256", "16×16×256", "32×32×256"]);
    expect(maps(named([32, 32, 3]), "discriminator")).toEqual(["16×16×128", "8×8×128", "8×8×128", "8×8×128"]);
    expect(maps(named([48, 48, 3]), "generator")).toEqual(["12×12×256", "24×24×128", "48×48×64"]);
    expect(maps(named([48, 48, 3]), "discriminator")).toEqual(["24×24×64", "12×12×128", "6×6×256", "3×3×512", "3×3×1024"]);
    expect(maps(named([128, 128, 3]), "generator")).toEqual(["8×8×1024", "16×16×512", "32×32×256", "64×64×128", "128×128×64"]);
    expect(maps(named([128, 128, 3]), "discriminator")).toEqual(["64×64×64", "32×32×128", "16×16×256", "8×8×512", "4×4×1024", "4×4×1024"]);
  });
});

describe("r3gan", () => {
  it("of 64×64 pixels has half the channels at its largest size, and begins as linear maps", () => {
    const spec = resolveSpec({ shape: [64, 64, 3], architecture: { name: "r3gan", blocks: 1 }, width: 768 });
    expect(maps(spec, "generator")).toEqual(["4×4×768", "8×8×768", "16×16×768", "32×32×768", "64×64×384"]);
    expect(maps(spec, "discriminator")).toEqual(["64×64×384", "32×32×768", "16×16×768", "8×8×768", "4×4×768"]);
    const block = spec.architecture.generator.find(({ type }) => type === "residual") as ResidualLayer;
    const convolutions = block.layers.filter(({ type }) => type === "conv2d");
    expect(convolutions).toMatchObject([
      { filters: 1536, groups: 1, gain: 5 ** -0.25 },
      { filters: 1536, groups: 96, gain: 5 ** -0.25 },
      { filters: 768, groups: 1, gain: 0 },
    ]);
  });

  it("has as many blocks as a network may have layers", () => {
    const of = (side: number, blocks: number) => () => resolveSpec({ shape: [side, side, 3], architecture: { name: "r3gan", blocks } });
    expect(of(64, 8)).not.toThrow();
    expect(of(128, 6)).not.toThrow();
    expect(of(128, 7)).toThrow("architecture: expected at most 256 layers");
  });
});

describe.each(["resnet", "r3gan"] as const)("%s", (architecture) => {
  it.each<[Shape]>([[[8, 8, 1]], [[28, 28, 1]], [[96, 64, 3]], [[40, 24, 4]]])("makes and judges images %j", (shape) => {
    const spec = resolveSpec({ shape, architecture, width: 1 });
    expect(sampleGraph(spec, 2).fetches.get("images")!.shape).toEqual([2, ...shape]);
    expect(discriminateGraph(spec, 2).fetches.get("scores")!.shape).toEqual([2]);
  });

  it("is told classes and images", () => {
    const generator = architecture === "resnet" ? "batch-norm" : "embedding";
    for (const condition of [{ classes: 3, generator, discriminator: "projection" }, { shape: [8, 12, 2] }] as const) {
      const spec = resolveSpec({ shape: [8, 12, 1], architecture, width: 2, condition });
      expect(sampleGraph(spec, 2).fetches.get("images")!.shape).toEqual([2, 8, 12, 1]);
      expect(discriminateGraph(spec, 2).fetches.get("scores")!.shape).toEqual([2]);
    }
  });
});

describe("mlp", () => {
  it("ends linearly for vectors and in tanh for images", () => {
    const last = (shape: Shape) => resolveSpec({ shape, architecture: "mlp", width: 5 }).architecture.generator.at(-1)!;
    expect(last([2])).toMatchObject({ type: "dense", units: 2 });
    expect(last([3, 5, 2])).toMatchObject({ type: "activation", name: "tanh" });
  });

  it.each([[[2]], [[3, 5, 2]]])("of shape %j gives that shape and one score", (shape) => {
    const spec = resolveSpec({ shape, architecture: "mlp" });
    expect(sampleGraph(spec, 3).fetches.get("images")!.shape).toEqual([3, ...shape]);
    expect(discriminateGraph(spec, 3).fetches.get("scores")!.shape).toEqual([3]);
    expect(parameters(spec, "generator").at(-1)!.shape).toEqual([sizeOf(shape)]);
  });
});

describe("a condition", () => {
  it("is joined to the latents and compared with the features", () => {
    const spec = resolveSpec({ shape: [2], latent: 3, width: 7, condition: { classes: 5 } });
    expect(parameters(spec, "generator")[0]!.shape).toEqual([3 + 5, 7]);
    expect(parameters(spec, "discriminator").at(-1)).toMatchObject({ name: "discriminator.embedding", shape: [5, 7] });
    expect(
      sampleGraph(spec, 4)
        .leaves("input")
        .map((n) => [n.attrs.name, n.shape]),
    ).toContainEqual(["condition", [4]]);
    const real = resolveSpec({ shape: [2], condition: { size: 5 } });
    expect(
      discriminateGraph(real, 4)
        .leaves("input")
        .map((n) => [n.attrs.name, n.shape]),
    ).toContainEqual(["condition", [4, 5]]);
  });

  const first = (condition: Condition, shape = [8, 8, 1], more: Partial<GANOptions> = { width: 2 }) => {
    const spec = resolveSpec({ shape, latent: 3, condition, ...more });
    const shapes = (network: "generator" | "discriminator") => Object.fromEntries(parameters(spec, network).map((p) => [p.name, p.shape]));
    return { spec, generator: shapes("generator"), discriminator: shapes("discriminator") };
  };

  it.each<[Condition, number[], number[], object]>([
    [{ classes: 5 }, [8, 32], [4, 4, 1, 2], { "discriminator.embedding": [5, 32] }],
    [{ classes: 5, generator: "embedding", embedding: 4 }, [7, 32], [4, 4, 1, 2], { "generator.embedding": [5, 4] }],
    [
      { classes: 5, generator: "batch-norm" },
      [3, 32],
      [4, 4, 1, 2],
      { "generator.2.gamma": [5, 2], "generator.2.beta": [5, 2], "generator.2.runningMean": [2] },
    ],
    [{ classes: 5, discriminator: "concatenation" }, [8, 32], [4, 4, 6, 2], {}],
    [
      { classes: 5, discriminator: "auxiliary-classifier" },
      [8, 32],
      [4, 4, 1, 2],
      { "discriminator.classifier.0.filter": [32, 5], "discriminator.classifier.0.bias": [5] },
    ],
    [{ shape: [8, 8, 2] }, [4, 4, 5, 2], [4, 4, 3, 2], {}],
  ])("%j makes the tensors that it needs", (condition, generatorFilter, discriminatorFilter, others) => {
    const { spec, generator, discriminator } = first(condition);
    expect(generator["generator.0.filter"]).toEqual(generatorFilter);
    expect(discriminator["discriminator.0.filter"]).toEqual(discriminatorFilter);
    expect({ ...generator, ...discriminator }).toMatchObject(others);
    for (const size of [1, 3]) {
      expect(sampleGraph(spec, size).fetches.get("images")!.shape).toEqual([size, 8, 8, 1]);
      expect(discriminateGraph(spec, size).fetches.get("scores")!.shape).toEqual([size]);
    }
  });

  it("joins vectors at their end", () => {
    expect(first({ classes: 5, discriminator: "concatenation" }, [2]).discriminator["discriminator.0.filter"]).toEqual([7, 2]);
    expect(first({ size: 5 }, [2]).discriminator["discriminator.0.filter"]).toEqual([2, 2]);
  });

  it("that is an image is what layers of a user's begin at, with z behind it", () => {
    const conv = (filters: number) => ({ type: "conv2d", filters, kernel: 3 }) as const;
    const architecture = { generator: [conv(1)], discriminator: [conv(1), { type: "flatten" }, { type: "dense", units: 1 }] } as const;
    const { generator, discriminator } = first({ shape: [5, 7, 2] }, [5, 7, 1], { architecture });
    expect(generator["generator.0.filter"]).toEqual([3, 3, 5, 1]);
    expect(discriminator["discriminator.0.filter"]).toEqual([3, 3, 3, 1]);
  });

  it("that is an image goes down as the discriminator's does, and up as ever", () => {
    const kinds = (layers: readonly Layer[]) => layers.map(({ type }) => type).filter((type) => type !== "activation");
    const { generator, discriminator } = first({ shape: [16, 16, 2] }, [16, 16, 1], { width: 2, objective: "non-saturating" }).spec.architecture;
    expect(kinds(generator)).toEqual(["conv2d", "conv2d", "batchNorm", "conv2dTranspose", "batchNorm", "conv2dTranspose"]);
    expect(kinds(discriminator)).toEqual(["conv2d", "conv2d", "batchNorm", "flatten", "dense"]);
    const mlp = first({ shape: [3, 3, 2] }, [3, 3, 1]).spec.architecture;
    expect(kinds(mlp.generator)).toEqual(["flatten", "dense", "dense", "dense", "dense", "reshape"]);
  });

  it("of a learned table begins as z is drawn, whatever the scheme", () => {
    const { spec } = first({ classes: 5, generator: "embedding" });
    expect(spec.architecture.initialization).toBe("dcgan");
    expect(parameters(spec, "generator").at(-1)!.init).toEqual({ kind: "normal", mean: 0, stdDev: 1, draw: "generator.embedding" });
  });

  it("of a file is read by the generator's part, an earlier version's as what it was", () => {
    const read = (condition: object) => {
      const { shape, latent, architecture } = resolveSpec({ shape: [2], condition: { classes: 5, generator: "embedding", embedding: 5 } });
      return resolveGenerator({ shape, latent, architecture, condition }).condition;
    };
    expect(read({ classes: 5 })).toEqual({ classes: 5, generator: "concatenation" });
    const told = { classes: 9, generator: "embedding", embedding: 5 };
    expect(read({ ...told, discriminator: "auxiliary-classifier", classWeight: 2 })).toEqual(told);
    expect(() => read({ ...told, discriminators: 1 })).toThrow("condition.discriminators");
  });
});
