/** Resizing and pooling, and their adjoints: one kernel each, its rows of pixels shared among threads. */
import type { Node } from "../../../graph/graph.ts";
import { at, type Buffer, type Lowering } from "../instructions/instruction.ts";
import { avgPool, avgPoolGrad, resizeBilinear, resizeBilinearGrad, resizeNearest, resizeNearestGrad } from "../instructions/ranged.ts";

type Resize = "resizeNearest" | "resizeNearestGrad" | "resizeBilinear" | "resizeBilinearGrad";
type Pool = "avgPool" | "avgPoolGrad";

/** The arguments of all of them. Sizes are those of the forward op; an adjoint maps from the output's to the input's. */
function resampling(node: Node<Resize | Pool>, out: Buffer, x: Buffer) {
  const [, h0, w0, C] = node.inputs[0]!.shape as [number, number, number, number];
  const [, h1, w1] = node.shape as [number, number, number, number];
  const sizes = node.op.endsWith("Grad") ? { InH: h1, InW: w1, OutH: h0, OutW: w0 } : { InH: h0, InW: w0, OutH: h1, OutW: w1 };
  return { units: node.shape[0]! * h1, args: { ...sizes, C, From: at(x), To: at(out) }, reads: [x], writes: [out] };
}

const lowerResize =
  (kernel: typeof resizeNearest): Lowering<Resize> =>
  (node, out, [x]) => [kernel(resampling(node, out, x!))];

const lowerPool =
  (kernel: typeof avgPool): Lowering<Pool> =>
  (node, out, [x]) => {
    const { args, ...rest } = resampling(node, out, x!);
    const { window, strides } = node.attrs;
    return [kernel({ ...rest, args: { ...args, WindowH: window[0], WindowW: window[1], StrideH: strides[0], StrideW: strides[1] } })];
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
