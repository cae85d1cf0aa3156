/** Resizing and pooling, and their adjoints: one kernel each, its rows of pixels shared among threads. */
import { PoolWord, ResizeWord } from "../../../../assembly/format/ranged.ts";
import type { Node } from "../../../graph/graph.ts";
import { at, type Lowering } from "../instructions/instruction.ts";
import { avgPool, avgPoolGrad, resizeBilinear, resizeBilinearGrad, resizeNearest, resizeNearestGrad } from "../instructions/ranged.ts";

type Resize = "resizeNearest" | "resizeNearestGrad" | "resizeBilinear" | "resizeBilinearGrad";
type Pool = "avgPool" | "avgPoolGrad";

/** Sizes of images before and after the forward op: an adjoint maps from those after it to those before. */
function sizesOf(node: Node<Resize | Pool>) {
  const [, h0, w0] = node.inputs[0]!.shape as [number, number, number, number];
  const [batch, h1, w1, C] = node.shape as [number, number, number, number];
  const sizes = node.op.endsWith("Grad") ? { InH: h1, InW: w1, OutH: h0, OutW: w0 } : { InH: h0, InW: w0, OutH: h1, OutW: w1 };
  return { ...sizes, C, units: batch * h1 };
}

const lowerResize =
  (kernel: typeof resizeNearest): Lowering<Resize> =>
  (node, out, [x]) => {
    const { units, InH, InW, OutH, OutW, C } = sizesOf(node);
    const args = {
      [ResizeWord.InH]: InH,
      [ResizeWord.InW]: InW,
      [ResizeWord.OutH]: OutH,
      [ResizeWord.OutW]: OutW,
      [ResizeWord.C]: C,
      [ResizeWord.From]: at(x!),
      [ResizeWord.To]: at(out),
    };
    return [kernel({ units, args, reads: [x!], writes: [out] })];
  };

const lowerPool =
  (kernel: typeof avgPool): Lowering<Pool> =>
  (node, out, [x]) => {
    const { units, InH, InW, OutH, OutW, C } = sizesOf(node);
    const { window, strides } = node.attrs;
    const args = {
      [PoolWord.InH]: InH,
      [PoolWord.InW]: InW,
      [PoolWord.OutH]: OutH,
      [PoolWord.OutW]: OutW,
      [PoolWord.C]: C,
      [PoolWord.WindowH]: window[0],
      [PoolWord.WindowW]: window[1],
      [PoolWord.StrideH]: strides[0],
      [PoolWord.StrideW]: strides[1],
      [PoolWord.From]: at(x!),
      [PoolWord.To]: at(out),
    };
    return [kernel({ units, args, reads: [x!], writes: [out] })];
  };

export const RESAMPLINGS = {
  resizeNearest: /* @__PURE__ */ lowerResize(resizeNearest),
  resizeBilinear: /* @__PURE__ */ lowerResize(resizeBilinear),
  avgPool: /* @__PURE__ */ lowerPool(avgPool),
};

export const RESAMPLING_GRADS = {
  resizeNearestGrad: /* @__PURE__ */ lowerResize(resizeNearestGrad),
  resizeBilinearGrad: /* @__PURE__ */ lowerResize(resizeBilinearGrad),
  avgPoolGrad: /* @__PURE__ */ lowerPool(avgPoolGrad),
};
