import { Opcode } from "../../../../assembly/format/opcodes.ts";
import { type Buffer, homeOf, type Plan } from "../instructions/instruction.ts";

/** The names of the kernels' instructions. A const enum has no names at run time. */
const NAMES: { readonly [name in keyof typeof Opcode]: Opcode } = {
  Elementwise: Opcode.Elementwise,
  Gemm: Opcode.Gemm,
  ReduceSum: Opcode.ReduceSum,
  CopyNd: Opcode.CopyNd,
  OneHot: Opcode.OneHot,
  ColumnSum: Opcode.ColumnSum,
  ColumnSquareSum: Opcode.ColumnSquareSum,
  ColumnGradientSum: Opcode.ColumnGradientSum,
  ColumnCombine: Opcode.ColumnCombine,
  BatchNorm: Opcode.BatchNorm,
  BatchNormGrad: Opcode.BatchNormGrad,
  ResizeNearest: Opcode.ResizeNearest,
  ResizeNearestGrad: Opcode.ResizeNearestGrad,
  ResizeBilinear: Opcode.ResizeBilinear,
  ResizeBilinearGrad: Opcode.ResizeBilinearGrad,
  AvgPool: Opcode.AvgPool,
  AvgPoolGrad: Opcode.AvgPoolGrad,
  Col2Im: Opcode.Col2Im,
  Products: Opcode.Products,
  Transform: Opcode.Transform,
  Pack: Opcode.Pack,
  GemmBatch: Opcode.GemmBatch,
  Grouped: Opcode.Grouped,
  Depthwise: Opcode.Depthwise,
  GroupedFilterGrad: Opcode.GroupedFilterGrad,
  DepthwiseFilterGrad: Opcode.DepthwiseFilterGrad,
  ReduceMax: Opcode.ReduceMax,
  Softmax: Opcode.Softmax,
  Winograd: Opcode.Winograd,
  WinogradFilter: Opcode.WinogradFilter,
  WinogradFilterGrad: Opcode.WinogradFilterGrad,
  TapProducts: Opcode.TapProducts,
};

/**
 * A plan as text, one line an instruction, from what it reads to what it writes: variables by name, buffers of the arena by their places in it, bytes from begin to end.
 * `| wait` says that threads wait for each other after it.
 */
export function printPlan({ instructions, barriers, offsets }: Plan): string {
  const names = new Map(Object.entries(NAMES).map(([name, opcode]) => [opcode, name]));
  const show = (buffer: Buffer): string => {
    if (buffer.space !== "arena") return buffer.name ?? buffer.space;
    const begin = offsets.get(homeOf(buffer))!;
    return `[${begin}, ${begin + buffer.bytes})`;
  };
  const width = Math.max(...instructions.map(({ opcode }) => names.get(opcode)!.length));
  return instructions
    .map(
      ({ opcode, reads, writes }, i) =>
        `${names.get(opcode)!.padEnd(width)} ${reads.map(show).join(", ")} -> ${writes.map(show).join(", ")}${barriers[i] ? " | wait" : ""}`,
    )
    .join("\n");
}
