import { describe, expect, it } from "vitest";
import type { ErrorDetail } from "../../src/core/errors.ts";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { Graph } from "../../src/graph/graph.ts";
import { initOf } from "../../src/nn/init.ts";
import { applyLayers, checkLayers, type LayerSpec, type NamedParameter, outputShape, parametersOf } from "../../src/nn/layers/table.ts";

import { type NoiseSpec, openPass } from "../../src/nn/network.ts";

const resolve = (...layers: LayerSpec[]) => checkLayers(layers, "layers", [])!;

interface Options {
  readonly training?: boolean;
  readonly variables?: Record<string, ArrayLike<number> | number>;
  readonly noise?: ArrayLike<number> | number;
}

/** One batch through some layers: the result, its shape, and the new running statistics. */
function run(layers: LayerSpec[], shape: Shape, x: readonly number[], { training = true, variables = {}, noise = 0 }: Options = {}) {
  const graph = new Graph();
  const wanted: NoiseSpec[] = [];
  const pass = openPass(graph, { training, noise: wanted, label: "pass" });
  const y = applyLayers(resolve(...layers), graph.input("x", shape), "n.", pass);
  graph.fetch("y", y);
  for (const [name, value] of pass.updates) graph.fetch(name, value);
  const { fetches } = evaluate(graph, { x, ...Object.fromEntries(wanted.map(({ name }) => [name, noise])) }, variables);
  return { shape: y.shape, fetches, y: [...fetches.y!] };
}

const close = (got: ArrayLike<number> | undefined, expected: readonly number[], digits = 6) => {
  expect(got?.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(got![i]).toBeCloseTo(value, digits);
};

describe("shapes of one example", () => {
  it.each<[LayerSpec, Shape, Shape]>([
    [{ type: "conv2d", filters: 5, kernel: 3 }, [7, 9, 2], [7, 9, 5]],
    [{ type: "conv2d", filters: 5, kernel: 4, stride: 2 }, [7, 8, 2], [4, 4, 5]],
    [{ type: "conv2d", filters: 5, kernel: 4, stride: 2, padding: 0 }, [7, 8, 2], [2, 3, 5]],
    [{ type: "conv2d", filters: 6, kernel: 3, stride: 2, dilation: 3 }, [7, 8, 2], [4, 4, 6]],
    [{ type: "conv2d", filters: 6, kernel: 3, dilation: 2, padding: 1, groups: 2 }, [7, 8, 2], [5, 6, 6]],
    [{ type: "conv2dTranspose", filters: 5, kernel: 4, stride: 2 }, [7, 8, 2], [14, 16, 5]],
    [{ type: "conv2dTranspose", filters: 6, kernel: 3, stride: 2, dilation: 2, groups: 2 }, [7, 8, 2], [14, 16, 6]],
    [{ type: "conv2dTranspose", filters: 5, kernel: 3, stride: 2, dilation: 3, padding: 1 }, [7, 8, 2], [17, 19, 5]],
    [{ type: "conv2dTranspose", filters: 5, kernel: 2, stride: 3 }, [7, 8, 2], [21, 24, 5]],
    [{ type: "conv2dTranspose", filters: 5, kernel: 5, stride: 2, padding: 1 }, [7, 8, 2], [15, 17, 5]],
    [{ type: "upsample", factor: 3, mode: "bilinear" }, [7, 8, 2], [21, 24, 2]],
    [{ type: "avgPool", size: 2 }, [7, 8, 2], [3, 4, 2]],
    [{ type: "avgPool", size: 3, stride: 1 }, [7, 8, 2], [5, 6, 2]],
    [{ type: "flatten" }, [7, 8, 2], [112]],
    [{ type: "reshape", shape: [8, 14] }, [7, 8, 2], [8, 14]],
    [{ type: "layerNorm" }, [7, 8, 2], [7, 8, 2]],
    [{ type: "instanceNorm" }, [7, 8, 2], [7, 8, 2]],
    [{ type: "groupNorm", groups: 2 }, [7, 8, 6], [7, 8, 6]],
    [{ type: "minibatchStdDev", features: 3 }, [7, 8, 6], [7, 8, 9]],
    [{ type: "pixelNorm" }, [7, 8, 2], [7, 8, 2]],
    [{ type: "minibatchStdDev" }, [6], [7]],
    [{ type: "constant", shape: [4, 5, 3] }, [6], [4, 5, 3]],
    [{ type: "noise" }, [4, 5, 3], [4, 5, 3]],
    [{ type: "selfAttention" }, [7, 8, 2], [7, 8, 2]],
    [{ type: "selfAttention", pool: 1 }, [1, 3, 1], [1, 3, 1]],
  ])("%j takes %j to %j, as its graph does", (layer, input, output) => {
    expect(outputShape(resolve(layer), input)).toEqual(output);
    const x = new Array<number>(2 * sizeOf(input)).fill(0);
    const variables = Object.fromEntries(parametersOf(resolve(layer), input, "n.").map((p) => [p.name, 0]));
    expect(run([layer], [2, ...input], x, { variables }).shape).toEqual([2, ...output]);
  });

  it("refuses an image smaller than the window", () => {
    expect(() => outputShape(resolve({ type: "conv2d", filters: 1, kernel: 5, padding: 0 }), [4, 4, 1])).toThrow(/at least 5×5 pixels/);
    expect(() => outputShape(resolve({ type: "conv2d", filters: 1, kernel: 3, dilation: 2, padding: 0 }), [4, 4, 1])).toThrow(/at least 5×5 pixels/);
    expect(() => outputShape(resolve({ type: "conv2dTranspose", filters: 1, kernel: 2, padding: 4 }), [4, 4, 1])).toThrow(/at least one pixel/);
    expect(() => outputShape(resolve({ type: "selfAttention" }), [4, 1, 3])).toThrow(/at least 2×2 pixels, as pool is 2, got \[4, 1, 3\]/);
    expect(() => outputShape(resolve({ type: "selfAttention" }), [4])).toThrow(/images \[height, width, channels\]/);
  });
});

describe("selfAttention", () => {
  const weights = { "n.0.f": [2, 0], "n.0.g": [0, 1], "n.0.h": [1, 1], "n.0.v": [3, -3] };
  const x = [0, 0, 1, 0, 0, 1, 2, 3];

  it("adds to each pixel what others hold, by how alike their keys are to what it asks for", () => {
    const { y } = run([{ type: "selfAttention", pool: 1 }], [1, 2, 2, 2], x, { variables: { ...weights, "n.0.gamma": [0.5] } });
    // Keys 2 x0 are 0, 2, 0, 4, values x0 + x1 are 0, 1, 1, 5, and a pixel asks with x1.
    const gathered = (asks: number): number => {
      const e = [0, 2, 0, 4].map((key) => Math.exp(asks * key));
      return [0, 1, 1, 5].reduce((sum, value, i) => sum + value * e[i]!, 0) / e.reduce((a, b) => a + b);
    };
    close(
      y,
      [0, 0, 1, 3].flatMap((asks, i) => [x[2 * i]! + 1.5 * gathered(asks), x[2 * i + 1]! - 1.5 * gathered(asks)]),
    );
  });

  it("changes nothing at first, and keeps images apart", () => {
    const zero = { ...weights, "n.0.gamma": [0] };
    expect(run([{ type: "selfAttention" }], [1, 2, 2, 2], x, { variables: zero }).y).toEqual(x);
    const variables = { ...weights, "n.0.gamma": [1] };
    const [one, two] = [
      [...x, ...x.map((v) => -v)],
      [...x, ...x.map((v) => 5 * v)],
    ].map((both) => run([{ type: "selfAttention" }], [2, 2, 2, 2], both, { variables }).y);
    expect(two!.slice(0, 8)).toEqual(one!.slice(0, 8));
  });

  it("has maps with an axis of outputs each, which do not know what follows the layer", () => {
    const named = parametersOf(resolve({ type: "selfAttention" }, { type: "activation", name: "relu" }), [4, 4, 20], "n.");
    const first = (p: NamedParameter): number => {
      const init = initOf(p, "fan");
      return init.kind === "normal" ? init.stdDev : init.value;
    };
    expect(named.map((p) => [p.name, p.shape, p.outputAxis, first(p)])).toEqual([
      ["n.0.f", [20, 3], 1, Math.sqrt(2 / 23)],
      ["n.0.g", [20, 3], 1, Math.sqrt(2 / 23)],
      ["n.0.h", [20, 10], 1, Math.sqrt(2 / 30)],
      ["n.0.v", [10, 20], 1, Math.sqrt(2 / 30)],
      ["n.0.gamma", [1], undefined, 0],
    ]);
  });

  it.each(["conv2d", "conv2dTranspose"] as const)("takes a %s of an earlier version, which had one group, no dilation and no gain", (type) => {
    const written = { type, filters: 4, kernel: 3, stride: 2, padding: 1, bias: false } as const;
    expect(resolve(written)).toEqual([{ ...written, dilation: 1, groups: 1, gain: 1 }]);
  });

  it.each(["conv2d", "conv2dTranspose"] as const)("says which channels the groups of a %s do not divide", (type) => {
    const of = (filters: number) => () => outputShape(resolve({ type, filters, kernel: 3, groups: 3 }), [4, 4, 6]);
    expect(of(9)).not.toThrow();
    expect(of(8)).toThrow("expected filters that 3 groups divide evenly, got 8");
    expect(() => outputShape(resolve({ type, filters: 8, kernel: 3, groups: 4 }), [4, 4, 6])).toThrow(
      "expected channels as input that 4 groups divide evenly, got 6",
    );
  });
});

describe("batchNorm", () => {
  const x = [1, 10, 2, 20, 6, 0];
  const variables = { "n.0.gamma": [1, 2], "n.0.beta": [0, 5], "n.0.runningMean": [1, 2], "n.0.runningVariance": [4, 9] };

  it("normalises by the batch while training and moves the statistics as PyTorch does, with the unbiased variance", () => {
    const { y, fetches } = run([{ type: "batchNorm" }], [3, 2], x, { variables });
    const variance = [14 / 3, 200 / 3];
    const normal = (v: number, c: 0 | 1) => (v - [3, 10][c]!) / Math.sqrt(variance[c]! + 1e-5);
    close(y, [normal(1, 0), 5 + 2 * normal(10, 1), normal(2, 0), 5 + 2 * normal(20, 1), normal(6, 0), 5 + 2 * normal(0, 1)]);
    close(fetches["n.0.runningMean"], [0.9 * 1 + 0.1 * 3, 0.9 * 2 + 0.1 * 10]);
    close(fetches["n.0.runningVariance"], [0.9 * 4 + 0.1 * 7, 0.9 * 9 + 0.1 * 100]);
  });

  it("normalises by the running statistics otherwise, and leaves them", () => {
    const { y, fetches } = run([{ type: "batchNorm", epsilon: 1e-3 }], [3, 2], x, { variables, training: false });
    close(y.slice(0, 2), [0, 5 + (2 * 8) / Math.sqrt(9 + 1e-3)]);
    expect(Object.keys(fetches)).toEqual(["y"]);
  });
});

describe("layerNorm", () => {
  it("normalises each example over all its values, then scales by channel", () => {
    const { y } = run([{ type: "layerNorm" }], [2, 1, 2, 2], [1, 2, 3, 6, 0, 0, 0, 4], { variables: { "n.0.gamma": [1, 10], "n.0.beta": [0, 1] } });
    const [a, b] = [Math.sqrt(3.5 + 1e-5), Math.sqrt(3 + 1e-5)];
    close(y, [-2 / a, 1 - 10 / a, 0, 1 + 30 / a, -1 / b, 1 - 10 / b, -1 / b, 1 + 30 / b]);
  });
});

describe("groupNorm", () => {
  it("is layerNorm with one group, instanceNorm with as many as there are channels", () => {
    const x = Array.from({ length: 2 * 2 * 3 * 4 }, (_, i) => Math.sin(i * i));
    const after = (layer: LayerSpec) => run([layer], [2, 2, 3, 4], x, { variables: { "n.0.gamma": [1, 2, 3, 4], "n.0.beta": [0, 1, 0, -1] } }).y;
    close(after({ type: "groupNorm", groups: 1 }), after({ type: "layerNorm" }), 12);
    close(after({ type: "groupNorm", groups: 4 }), after({ type: "instanceNorm" }), 12);
  });

  it("is refused where its groups do not divide the channels, or where there is nothing to be normalised by", () => {
    expect(() => outputShape(resolve({ type: "groupNorm", groups: 4 }), [2, 2, 6])).toThrow(
      /^groups: expected a number of groups that divides 6 channels, got 4$/,
    );
    const alone = /^input: expected more than one value to be normalised together, got \[/;
    expect(() => outputShape(resolve({ type: "groupNorm", groups: 6 }), [6])).toThrow(alone);
    expect(() => outputShape(resolve({ type: "instanceNorm" }), [1, 1, 6])).toThrow(alone);
    expect(() => outputShape(resolve({ type: "instanceNorm" }), [6])).toThrow(/images \[height, width, channels\]/);
  });
});

describe("minibatchStdDev", () => {
  const appended = (count: number, groupSize: number) => {
    const { y } = run([{ type: "minibatchStdDev", groupSize }], [count, 1], [0, 2, 10, 10, 30, 36, 5].slice(0, count), {
      variables: { "n.0.runningDeviation": 0 },
    });
    return y.filter((_, i) => i % 2 === 1).map((deviation) => Math.round(deviation * 1e3) / 1e3);
  };
  const deviation = (...values: number[]) => {
    const mean = values.reduce((a, b) => a + b) / values.length;
    return Math.round(Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / values.length + 1e-8) * 1e3) / 1e3;
  };

  it("measures groups of any batch, none of a single image", () => {
    const [a, b] = [deviation(0, 10), deviation(2, 10)];
    expect(appended(4, 2)).toEqual([a, b, a, b]);
    expect(appended(2, 4)).toEqual([1, 1]);
    // 5 in groups of 2: one of three, one of two.
    const [three, two] = [deviation(0, 2, 10), deviation(10, 30)];
    expect(appended(5, 2)).toEqual([three, three, three, two, two]);
    expect(appended(7, 4)).toEqual(new Array(7).fill(deviation(0, 2, 10, 10, 30, 36, 5)));
  });

  it("appends its running mean where it does not train", () => {
    const variables = { "n.0.runningDeviation": [3, 4] };
    const layer = { type: "minibatchStdDev", features: 2 } as const;
    expect(run([layer], [2, 2], [1, 2, 5, 6], { variables, training: false }).y).toEqual([1, 2, 3, 4, 5, 6, 3, 4]);
    close(run([layer], [2, 2], [1, 2, 5, 8], { variables }).fetches["n.0.runningDeviation"], [0.9 * 3 + 0.1 * 2, 0.9 * 4 + 0.1 * 3]);
  });

  it("is refused where its features do not divide the channels", () => {
    expect(() => outputShape(resolve({ type: "minibatchStdDev", features: 4 }), [2, 2, 6])).toThrow(
      /^features: expected a number of features that divides 6 channels, got 4$/,
    );
  });
});

describe("dropout", () => {
  it("drops what falls below the rate while training and makes up for it", () => {
    const { y } = run([{ type: "dropout", rate: 0.25 }], [1, 4], [1, 2, 3, 4], { noise: [0.1, 0.3, 0.2, 0.9] });
    close(y, [0, 2 / 0.75, 0, 4 / 0.75]);
  });

  it("does nothing otherwise", () => {
    expect(run([{ type: "dropout", rate: 0.25 }], [1, 4], [1, 2, 3, 4], { training: false }).y).toEqual([1, 2, 3, 4]);
  });
});

describe("activation", () => {
  it.each([
    ["relu", [0, 2]],
    ["leakyRelu", [-0.5, 2]],
    ["tanh", [Math.tanh(-1), Math.tanh(2)]],
    ["sigmoid", [1 / (1 + Math.E), 1 / (1 + Math.exp(-2))]],
    ["softplus", [Math.log(1 + 1 / Math.E), Math.log(1 + Math.exp(2))]],
  ] as const)("%s", (name, expected) => {
    close(run([{ type: "activation", name, alpha: 0.5 }], [1, 2], [-1, 2]).y, expected, 12);
  });
});

describe("residual", () => {
  const layers: LayerSpec[] = [
    { type: "residual", layers: [{ type: "dense", units: 2 }, { type: "batchNorm" }], shortcut: [{ type: "dense", units: 2, bias: false }] },
  ];

  it("names its tensors by their place within it", () => {
    expect(parametersOf(resolve(...layers), [3], "generator.").map((p) => p.name)).toEqual([
      "generator.0.0.filter",
      "generator.0.0.bias",
      "generator.0.1.gamma",
      "generator.0.1.beta",
      "generator.0.1.runningMean",
      "generator.0.1.runningVariance",
      "generator.0.shortcut.0.filter",
    ]);
  });

  it("adds the shortcut, or the input itself", () => {
    const identity: LayerSpec[] = [{ type: "residual", layers: [{ type: "activation", name: "relu" }] }];
    expect(run(identity, [1, 2], [-1, 2]).y).toEqual([-1, 4]);
    const variables = {
      "n.0.0.filter": [1, 2, 3, 4],
      "n.0.0.bias": [10, 20],
      "n.0.1.gamma": [0, 0],
      "n.0.1.beta": [100, 200],
      "n.0.1.runningMean": 0,
      "n.0.1.runningVariance": 1,
      "n.0.shortcut.0.filter": [1, 0, 0, -1],
    };
    const { y, fetches } = run(layers, [1, 2], [5, 7], { variables });
    expect(y).toEqual([105, 193]);
    close(fetches["n.0.1.runningMean"], [0.1 * (10 + 5 + 21), 0.1 * (20 + 10 + 28)]);
  });
});

describe("styled", () => {
  const modulated: LayerSpec = { type: "modulatedConv2d", filters: 2, kernel: 1 };
  const layers: LayerSpec[] = [
    {
      type: "styled",
      mapping: [{ type: "dense", units: 4 }, { type: "batchNorm" }],
      layers: [{ type: "constant", shape: [1, 1, 2] }, modulated, { type: "residual", layers: [modulated] }],
    },
  ];

  it("names its tensors by their place within it, and tells layers within layers its style", () => {
    const tensors = parametersOf(resolve(...layers), [3], "generator.");
    expect(Object.fromEntries(tensors.filter(({ role }) => role === "weight").map(({ name, shape }) => [name, shape]))).toEqual({
      "generator.0.mapping.0.filter": [3, 4],
      "generator.0.mapping.0.bias": [4],
      "generator.0.mapping.1.gamma": [4],
      "generator.0.mapping.1.beta": [4],
      "generator.0.0.value": [1, 1, 2],
      "generator.0.1.filter": [1, 1, 2, 2],
      "generator.0.1.styleFilter": [4, 2],
      "generator.0.1.styleBias": [2],
      "generator.0.1.bias": [2],
      "generator.0.2.0.filter": [1, 1, 2, 2],
      "generator.0.2.0.styleFilter": [4, 2],
      "generator.0.2.0.styleBias": [2],
      "generator.0.2.0.bias": [2],
    });
  });

  it("scales inputs by the style and takes its size out of the outputs again", () => {
    const variables = {
      "n.0.1.filter": [1, 2, 3, 4],
      "n.0.1.styleFilter": [1, 0, 0, 1],
      "n.0.1.styleBias": 0,
      "n.0.1.bias": [0, 1],
      "n.0.0.value": [5, 7],
    };
    const one: LayerSpec[] = [{ type: "styled", layers: [{ type: "constant", shape: [1, 1, 2] }, modulated] }];
    const { y } = run(one, [2, 2], [1, 2, 10, 20], { variables });
    const expected = [(5 + 2 * 7 * 3) / Math.hypot(1, 2 * 3), 1 + (5 * 2 + 2 * 7 * 4) / Math.hypot(2, 2 * 4)];
    close(y, [...expected, ...expected]);
  });

  it("is where layers that need a style must be, and its own mapping is not", () => {
    const faultsOf = (...given: LayerSpec[]) => {
      const faults: ErrorDetail[] = [];
      expect(checkLayers(given, "layers", faults)).toBeUndefined();
      return faults.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`);
    };
    const outside = ": expected a layer that needs no style outside of the layers of a styled one, got modulatedConv2d";
    expect(faultsOf(modulated)).toEqual([`layers[0]${outside}`]);
    expect(faultsOf(...layers, { type: "residual", layers: [{ type: "flatten" }, modulated] })).toEqual([`layers[1].layers[1]${outside}`]);
    expect(faultsOf({ type: "styled", mapping: [modulated], layers: [modulated] })).toEqual([`layers[0].mapping[0]${outside}`]);
    expect(() => outputShape(resolve({ type: "styled", layers: [modulated] }), [2, 2, 3])).toThrow(/^input: expected a vector as input/);
  });
});
