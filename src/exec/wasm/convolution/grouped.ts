/** Convolutions of groups of few channels, and the transposed ones by phases (phases.ts), without packing: assembly/grouped.ts. */
import { CopyNdWord, GROUPED_PIXELS, GroupedWord } from "../../../../assembly/format/ranged.ts";
import { type Shape, sizeOf } from "../../../core/shape.ts";
import type { Node } from "../../../graph/graph.ts";
import { at, type Buffer, type Context, type Instruction, type Lowering } from "../instructions/instruction.ts";
import { copyNd, depthwise, grouped } from "../instructions/ranged.ts";
import { type Phase, phase } from "./phases.ts";

/** Addresses that are held at a time, which the first-level cache has room for. */
const ADDRESSES = 2048;

/** One axis of a grid of pixels, with the taps that each reads: so many of the filter's, `tapStep` apart from `firstTap` on. */
type GridAxis = Phase & { readonly resultStride: number };

interface Convolution {
  readonly from: Buffer;
  /** [N, H, W, C] of what is read, and of the result. */
  readonly input: Shape;
  readonly output: Shape;
  readonly groups: number;
  readonly filter: Filter;
  readonly y: GridAxis;
  readonly x: GridAxis;
  /** Elements of the result before its first pixel. */
  readonly offset: number;
  readonly out: Buffer;
}

/** A filter as the kernel reads it: [groups, taps, inner, outer], `width` taps in a row. */
interface Filter {
  readonly buffer: Buffer;
  readonly taps: number;
  readonly width: number;
}

export const groupedConv2d: Lowering<"conv2d"> = (node, out, [x, w], context) => {
  const [input, output] = [node.inputs[0]!.shape, node.shape];
  const { strides, pads, dilations, groups } = node.attrs;
  const filter = regrouped(node, w!, groups, false, context);
  const axis = (i: 0 | 1): GridAxis => ({
    grid: output[1 + i]!,
    taps: node.inputs[1]!.shape[i]!,
    stride: strides[i],
    origin: -pads[2 * i]!,
    step: dilations[i],
    firstTap: 0,
    tapStep: 1,
    resultStride: 1,
  });
  return [convolution({ from: x!, input, output, groups, filter, y: axis(0), x: axis(1), offset: 0, out })];
};

export const groupedInputGrad: Lowering<"conv2dInputGrad"> = (node, out, [dy, w], context) => {
  const [input, output] = [node.inputs[0]!.shape, node.shape];
  const { strides, pads, dilations, groups } = node.attrs;
  const filter = regrouped(node, w!, groups, true, context);
  const phasesOf = (i: 0 | 1): GridAxis[] =>
    Array.from({ length: Math.min(strides[i], output[1 + i]!) }, (_, residue) => ({
      ...phase(residue, output[1 + i]!, node.inputs[1]!.shape[i]!, strides[i], pads[2 * i]!, dilations[i]),
      resultStride: strides[i],
    }));
  const columns = phasesOf(1);
  return phasesOf(0).flatMap((y, ry) =>
    columns.map((x, rx) => convolution({ from: dy!, input, output, groups, filter, y, x, offset: (ry * output[2]! + rx) * output[3]!, out })),
  );
};

/** The filter [kh, kw, in, (groups, out)] by groups, for the transposed convolution with `out` before `in`: made once for all who read it. */
function regrouped(node: Node, w: Buffer, groups: number, transposed: boolean, context: Context): Filter {
  const source = node.inputs[1]!;
  const [kh, kw, inner, all] = source.shape as [number, number, number, number];
  const outer = all / groups;
  const taps = kh * kw;
  const filter = (buffer: Buffer): Filter => ({ buffer, taps, width: kw });
  if (inner === 1 && outer === 1) return filter(w);
  const [sizes, from] = transposed
    ? [
        [groups, taps, outer, inner],
        [outer, inner * all, 1, all],
      ]
    : [
        [groups, taps, inner, outer],
        [outer, inner * all, all, 1],
      ];
  const to = [taps * inner * outer, inner * outer, sizes[3]!, 1];
  return filter(
    context.shared(source, {
      key: `groups ${groups} ${inner}x${all}${transposed ? " transposed" : ""}`,
      bytes: sizeOf(source.shape) * 4,
      make: (buffer) => [
        copyNd({
          units: groups,
          args: { [CopyNdWord.X]: at(w), [CopyNdWord.Y]: at(buffer), [CopyNdWord.Descriptor]: [4, ...sizes, ...from, ...to] },
          reads: [w],
          writes: [buffer],
        }),
      ],
    }),
  );
}

function convolution({ from, input, output, groups, filter, y, x, offset, out }: Convolution): Instruction {
  const [batch, H, W, C] = input as [number, number, number, number];
  const [, height, width, channels] = output as [number, number, number, number];
  const [inner, outer] = [C / groups, channels / groups];
  const isDepthwise = inner === 1 && outer === 1;
  // Of depthwise filters the groups lie side by side.
  const tap = isDepthwise ? channels : inner * outer;
  const taps = y.taps * x.taps;
  const block = Math.max(1, Math.floor(ADDRESSES / Math.max(taps, 1) / GROUPED_PIXELS)) * GROUPED_PIXELS;
  return (isDepthwise ? depthwise : grouped)({
    units: batch * y.grid * x.grid,
    grain: GROUPED_PIXELS,
    args: {
      [GroupedWord.H]: H,
      [GroupedWord.W_]: W,
      [GroupedWord.C]: C,
      [GroupedWord.GridH]: y.grid,
      [GroupedWord.GridW]: x.grid,
      [GroupedWord.StrideH]: y.stride,
      [GroupedWord.StrideW]: x.stride,
      [GroupedWord.Top]: y.origin,
      [GroupedWord.Left]: x.origin,
      [GroupedWord.TapsH]: y.taps,
      [GroupedWord.TapsW]: x.taps,
      [GroupedWord.StepH]: y.step,
      [GroupedWord.StepW]: x.step,
      [GroupedWord.Groups]: groups,
      [GroupedWord.Inner]: inner,
      [GroupedWord.Outer]: outer,
      [GroupedWord.GroupStride]: filter.taps * inner * outer,
      [GroupedWord.TapRow]: y.tapStep * filter.width * tap,
      [GroupedWord.TapColumn]: x.tapStep * tap,
      [GroupedWord.ImageStride]: height * width * channels,
      [GroupedWord.RowStride]: y.resultStride * width * channels,
      [GroupedWord.ColumnStride]: x.resultStride * channels,
      [GroupedWord.Block]: block,
      [GroupedWord.Zeros]: "zeros",
      [GroupedWord.Scratch]: "scratch",
      [GroupedWord.ScratchStride]: "scratchStride",
      [GroupedWord.X]: at(from),
      [GroupedWord.W]: at(filter.buffer, (y.firstTap * filter.width + x.firstTap) * tap * 4),
      [GroupedWord.Y]: at(out, offset * 4),
    },
    reads: [from, filter.buffer],
    writes: [out],
    scratch: (block * (1 + taps) + channels) * 4,
    zeros: C * 4,
  });
}
