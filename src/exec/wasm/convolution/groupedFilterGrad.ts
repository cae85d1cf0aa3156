/** Gradients of filters of groups of few channels: assembly/groupedGrad.ts. */
import { DEPTHWISE_CHANNELS, GroupedGradWord } from "../../../../assembly/format/ranged.ts";
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
        [GroupedGradWord.Images]: Images,
        [GroupedGradWord.H]: H,
        [GroupedGradWord.W_]: W,
        [GroupedGradWord.C]: C,
        [GroupedGradWord.GridH]: GridH,
        [GroupedGradWord.GridW]: GridW,
        [GroupedGradWord.StrideH]: strides[0],
        [GroupedGradWord.StrideW]: strides[1],
        [GroupedGradWord.Top]: -pads[0],
        [GroupedGradWord.Left]: -pads[2],
        [GroupedGradWord.TapsH]: TapsH,
        [GroupedGradWord.TapsW]: TapsW,
        [GroupedGradWord.StepH]: dilations[0],
        [GroupedGradWord.StepW]: dilations[1],
        [GroupedGradWord.Groups]: groups,
        [GroupedGradWord.Inner]: inner,
        [GroupedGradWord.Outer]: outer,
        [GroupedGradWord.Lines]: Lines,
        [GroupedGradWord.Scratch]: "scratch",
        [GroupedGradWord.ScratchStride]: "scratchStride",
        [GroupedGradWord.X]: at(x!),
        [GroupedGradWord.Dy]: at(dy!),
        [GroupedGradWord.Dw]: at(out),
      },
      reads: [x!, dy!],
      writes: [out],
      scratch: Lines * GroupedRun.Length,
    }),
  ];
};
