/** Operands B that are packed ahead of the products that read them, as the register tile does. */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import { DenseWord, NR, PackWord, ViewKind } from "../../../../assembly/format/products.ts";
import { LANE_TABLE_BYTES } from "../../../../assembly/format/scratch.ts";
import type { View } from "./gemm.ts";
import { at, type Buffer, type Instruction, type Word } from "./instruction.ts";

/** Elements of an operand B[K, N] in panels. */
export const panelsSize = (K: number, N: number): number => Math.ceil(N / NR) * NR * K;

/** Packs a dense B[K, N], to element `offset` of a buffer and on. */
export function pack(K: number, N: number, b: View, to: Buffer, offset = 0): Instruction {
  const words = new Array<Word>(PackWord.Length).fill(0);
  words[PackWord.N] = N;
  words[PackWord.K] = K;
  words[PackWord.Result] = at(to, offset * 4);
  words[PackWord.Scratch] = "scratch";
  words[PackWord.ScratchStride] = "scratchStride";
  words.splice(PackWord.B, b.words.length, ...b.words);
  return { opcode: Opcode.Pack, words, reads: [b.buffer], writes: [to], scratch: LANE_TABLE_BYTES, zeros: K * 4 };
}

/** A packed B, for a product. */
export function panels(buffer: Buffer): View {
  const words: Word[] = [];
  words[DenseWord.Kind] = ViewKind.Panels;
  words[DenseWord.Base] = at(buffer);
  return { words, buffer, run: 0 };
}
