import { describe, expect, it } from "vitest";
import { choose, takesEpilogue } from "../../../src/exec/wasm/convolution/choose.ts";
import { Graph } from "../../../src/graph/graph.ts";

const ATTRS = { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 } as const;

/** The faces of a convolution of images [2, size, size, channels] by a filter [side, side, channels, filters]. */
function faces(channels: number, filters: number, { size = 16, side = 4, stride = 2, groups = 1, dilation = 1 } = {}) {
  const graph = new Graph();
  const attrs = { ...ATTRS, strides: [stride, stride], dilations: [dilation, dilation], groups } as const;
  const x = graph.input("x", [2, size, size, channels]);
  const w = graph.input("w", [side, side, channels / groups, filters]);
  const y = graph.apply("conv2d", [x, w], attrs);
  const dy = graph.input("dy", y.shape);
  const inputGrad = graph.apply("conv2dInputGrad", [dy, w], { ...attrs, inputSize: [size, size] });
  const filterGrad = graph.apply("conv2dFilterGrad", [x, dy], { ...attrs, filterSize: [side, side] });
  return { y, inputGrad, filterGrad, algorithms: [choose(y), choose(inputGrad), choose(filterGrad)] };
}

function matmul(M: number, N: number) {
  const graph = new Graph();
  return graph.apply("matmul", [graph.input("a", [M, 7]), graph.input("b", [7, N])], { transposeA: false, transposeB: false });
}

describe("the algorithm of", () => {
  it.each([
    [5, 5, "direct"],
    [100, 5, "direct"],
    [100, 4, "directTransposed"],
    [5, 4, "directTransposed"],
    [4, 4, "direct"],
    [1, 1, "direct"],
    [1, 100, "direct"],
  ])("a matrix product of %i rows and %i columns: %s", (M, N, algorithm) => expect(choose(matmul(M, N))).toBe(algorithm));

  it.each([
    ["many channels", faces(32, 32), ["winogradStored", "winogradStored", "winogradStored"]],
    ["channels that are no multiple of 4", faces(34, 32), ["winogradPacked", "winogradPacked", "direct"]],
    ["filters that are no multiple of 4", faces(32, 33), ["winogradPacked", "winogradPacked", "direct"]],
    ["channels too few for Winograd", faces(31, 64), ["direct", "phases", "direct"]],
    ["filters too few for Winograd", faces(64, 31), ["direct", "phases", "direct"]],
    ["many channels and images of one tile", faces(32, 32, { size: 8 }), ["winogradPacked", "winogradPacked", "winogradStored"]],
    ["many channels and tiles that stick out of images", faces(32, 32, { size: 12 }), ["winogradPacked", "winogradPacked", "winogradStored"]],
    ["many channels and images of 14", faces(32, 32, { size: 14 }), ["winogradStored", "winogradStored", "winogradStored"]],
    ["images too small for Winograd", faces(32, 32, { size: 6 }), ["direct", "phases", "direct"]],
    ["another filter", faces(32, 32, { side: 5 }), ["direct", "phases", "direct"]],
    ["a 3x3 filter of stride 1", faces(8, 12, { side: 3, stride: 1 }), ["winograd43", "winograd43", "winograd43"]],
    ["a 3x3 filter of stride 1 on the smallest images", faces(8, 8, { side: 3, stride: 1, size: 4 }), ["winograd23", "winograd23", "winograd23"]],
    [
      "a 3x3 filter of stride 1 on images that larger tiles would stick out of",
      faces(8, 8, { side: 3, stride: 1, size: 6 }),
      ["winograd23", "winograd23", "winograd23"],
    ],
    [
      "a 3x3 filter of stride 1 on images of four large tiles",
      faces(8, 8, { side: 3, stride: 1, size: 8 }),
      ["winograd43", "winograd43", "winograd43"],
    ],
    ["a 3x3 filter of stride 1 on smaller ones", faces(8, 8, { side: 3, stride: 1, size: 3 }), ["direct", "phases", "direct"]],
    ["a 3x3 filter of stride 1, channels that are no multiple of 4", faces(10, 12, { side: 3, stride: 1 }), ["direct", "phases", "direct"]],
    ["a 3x3 filter of stride 1, filters that are no multiple of 4", faces(12, 10, { side: 3, stride: 1 }), ["direct", "phases", "direct"]],
    ["a 3x3 filter of stride 1 and few channels", faces(3, 64, { side: 3, stride: 1 }), ["direct", "narrowCol2Im", "direct"]],
    ["a 3x3 filter of stride 1 in groups", faces(64, 64, { side: 3, stride: 1, groups: 2 }), ["grouped", "grouped", "grouped"]],
    ["a dilated 3x3 filter of stride 1", faces(32, 32, { side: 3, stride: 1, dilation: 2 }), ["direct", "phases", "direct"]],
    ["another stride", faces(32, 32, { stride: 1 }), ["direct", "phases", "direct"]],
    ["few channels", faces(4, 32), ["direct", "narrowCol2Im", "direct"]],
    ["one more than few", faces(5, 32), ["direct", "phases", "direct"]],
    ["a dilated filter", faces(32, 32, { dilation: 2 }), ["direct", "phases", "direct"]],
    ["few channels and a dilated filter", faces(4, 32, { dilation: 2 }), ["direct", "phases", "direct"]],
    ["groups", faces(64, 64, { groups: 2 }), ["grouped", "grouped", "grouped"]],
    ["few filters", faces(32, 4), ["directTransposed", "phases", "directTransposed"]],
  ])("the faces of a convolution with %s", (_, { algorithms }, expected) => expect(algorithms).toEqual(expected));
});

it("an epilogue is for products and convolutions that are computed directly, or of 3x3 filters", () => {
  expect([takesEpilogue(matmul(5, 5)), takesEpilogue(matmul(5, 4))]).toEqual([true, false]);
  const [direct, fast] = [faces(8, 8), faces(32, 32)];
  expect([takesEpilogue(direct.y), takesEpilogue(direct.inputGrad), takesEpilogue(direct.filterGrad)]).toEqual([true, false, false]);
  expect(takesEpilogue(fast.y)).toBe(false);
  const small = faces(8, 8, { side: 3, stride: 1 });
  expect([takesEpilogue(small.y), takesEpilogue(small.inputGrad), takesEpilogue(small.filterGrad)]).toEqual([true, true, false]);
});
