/** Instructions of ranged kernels: so many units that threads share out, and the kernel's arguments by name. */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import {
  BatchNormGradWord,
  BatchNormWord,
  Col2ImWord,
  ColumnCombineWord,
  ColumnGradientSumWord,
  ColumnSquareSumWord,
  ColumnSumWord,
  CopyNdWord,
  OneHotWord,
  PoolWord,
  RangedWord,
  ReduceSumWord,
  ResizeWord,
} from "../../../../assembly/format/ranged.ts";
import type { Buffer, Instruction, Word } from "./instruction.ts";

/** The place of each argument. */
const ARGUMENTS = {
  [Opcode.ReduceSum]: ReduceSumWord,
  [Opcode.CopyNd]: CopyNdWord,
  [Opcode.OneHot]: OneHotWord,
  [Opcode.ColumnSum]: ColumnSumWord,
  [Opcode.ColumnSquareSum]: ColumnSquareSumWord,
  [Opcode.ColumnGradientSum]: ColumnGradientSumWord,
  [Opcode.ColumnCombine]: ColumnCombineWord,
  [Opcode.BatchNorm]: BatchNormWord,
  [Opcode.BatchNormGrad]: BatchNormGradWord,
  [Opcode.ResizeNearest]: ResizeWord,
  [Opcode.ResizeNearestGrad]: ResizeWord,
  [Opcode.ResizeBilinear]: ResizeWord,
  [Opcode.ResizeBilinearGrad]: ResizeWord,
  [Opcode.AvgPool]: PoolWord,
  [Opcode.AvgPoolGrad]: PoolWord,
  [Opcode.Col2Im]: Col2ImWord,
} as const satisfies { readonly [O in RangedOpcode]: object };

export type RangedOpcode = Exclude<Opcode, Opcode.Elementwise | Opcode.Gemm | Opcode.Products | Opcode.Transform | Opcode.Pack>;

/** All arguments of a kernel; several words take up their own place and those after it. */
type Arguments<O extends RangedOpcode> = { readonly [Name in keyof (typeof ARGUMENTS)[O]]: Word | readonly Word[] };

interface Ranged<O extends RangedOpcode> {
  readonly units: number;
  /** Units are shared out in whole grains. */
  readonly grain?: number;
  readonly args: Arguments<O>;
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  readonly scratch?: number;
}

/** Arguments that are missing, or that a kernel does not take, are errors of type. */
export function ranged<O extends RangedOpcode>(opcode: O, { units, grain = 1, args, reads, writes, scratch = 0 }: Ranged<O>): Instruction {
  const words: Word[] = [];
  words[RangedWord.Units] = units;
  words[RangedWord.Grain] = grain;
  const places: Readonly<Record<string, string | number>> = ARGUMENTS[opcode];
  for (const [name, value] of Object.entries<Word | readonly Word[]>(args)) {
    const place = RangedWord.Arguments + (places[name] as number);
    for (const [i, word] of [value].flat().entries()) words[place + i] = word;
  }
  return { opcode, words, reads, writes, scratch, zeros: 0 };
}
