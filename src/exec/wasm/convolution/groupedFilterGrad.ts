/** Gradients of filters of groups of few channels: assembly/groupedGrad.ts. */
import { DEPTHWISE_CHANNELS } from "../../../../assembly/format/ranged.ts";
import { GroupedRun } from "../../../../assembly/format/scratch.ts";
import { at, type Lowering } from "../instructions/instruction.ts";
import { depthwiseFilterGrad, groupedFilterGrad as filterGrad } from "../instructions/ranged.ts";

/** Pixels that are summed at a time: those of one group stay in the first-level cache for all taps. */
const PIXELS = 128;

export const groupedFilterGrad: Lowering<"conv2dFilterGrad"> = (node, out, [x, dy]) => {
  const [Images, H, W, C] = node.inputs[0]!.shape as [number, number, number, number];
  const [, GridH, GridW, channels] = node.inputs[1]!.shape as [number, number, number, number];
  const [TapsH, TapsW] = node.attrs.filterSize;
  const { strides, pads, dilations, groups } = node.attrs;
  const [inner, outer] = [C / groups, channels / groups];
  const isDepthwise = inner === 1 && outer === 1;
  const Lines = Math.max(1, Math.floor(PIXELS / GridW));
  return [
    (isDepthwise ? depthwiseFilterGrad : filterGrad)({
      units: (isDepthwise ? Math.ceil(C / DEPTHWISE_CHANNELS) : groups) * TapsH * TapsW,
      args: {
        Images,
        H,
        W_: W,
        C,
        GridH,
        GridW,
        StrideH: strides[0],
        StrideW: strides[1],
        Top: -pads[0],
        Left: -pads[2],
        TapsH,
        TapsW,
        StepH: dilations[0],
        StepW: dilations[1],
        Groups: groups,
        Inner: inner,
        Outer: outer,
        Lines,
        Scratch: "scratch",
        ScratchStride: "scratchStride",
        X: at(x!),
        Dy: at(dy!),
        Dw: at(out),
      },
      reads: [x!, dy!],
      writes: [out],
      scratch: Lines * GroupedRun.Length,
    }),
  ];
};
