import { describe, expect, it } from "vitest";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import type { Graph } from "../../src/graph/graph.ts";
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

  it("has no bias before batch norm and none missing elsewhere", () => {
    const spec = resolveSpec({ shape: [32, 32, 3], width: 4 });
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

const norm = (layer: number) => ["gamma", "beta", "runningMean", "runningVariance"].map((name) => `generator.${layer}.${name}`);

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
});
