/** A series of matrix products as one instruction: C [M, N] (+)= A B, with B in panels of its columns. */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import { ProductsWord } from "../../../../assembly/format/products.ts";
import { PRODUCTS_PANELS } from "../../../../assembly/format/scratch.ts";
import { dense } from "./gemm.ts";
import { at, type Buffer, type Instruction, type Partition, type Word } from "./instruction.ts";

/** Rows of A and depth that are packed at a time: in the second-level cache, and no more rounding than other sums have. */
const MC = 96;
const KC = 256;

/** The matrices of a series: where the first begins, and how far on the next one does, in elements. */
export interface Series {
  readonly buffer: Buffer;
  readonly offset?: number;
  readonly stride: number;
}

export interface ProductSeries {
  readonly count: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** (row, k) at row laneStride + k depthStride; one of the strides is 1. */
  readonly a: Series & { readonly laneStride: number; readonly depthStride: number };
  readonly b: Series;
  readonly c: Series;
  /** Whether to add to what is there. */
  readonly accumulate: boolean;
  /** Whether threads share out columns of all products rather than rows of each, which are few then. Default false. */
  readonly byColumns?: boolean;
  readonly partition?: Partition | undefined;
}

export function products({ count, M, N, K, a, b, c, accumulate, byColumns = false, partition }: ProductSeries): Instruction {
  const words = new Array<Word>(ProductsWord.Length).fill(0);
  const lanes = dense(a.buffer, a.laneStride, a.depthStride, a.offset).words;
  words[ProductsWord.M] = M;
  words[ProductsWord.N] = N;
  words[ProductsWord.K] = K;
  words[ProductsWord.MC] = MC;
  words[ProductsWord.KC] = KC;
  words[ProductsWord.Count] = count;
  words[ProductsWord.NextA] = a.stride;
  words[ProductsWord.NextB] = b.stride;
  words[ProductsWord.NextC] = c.stride;
  words[ProductsWord.Scratch] = "scratch";
  words[ProductsWord.ScratchStride] = "scratchStride";
  words[ProductsWord.Accumulate] = accumulate ? 1 : 0;
  words[ProductsWord.ByColumns] = byColumns ? 1 : 0;
  words[ProductsWord.B] = at(b.buffer, (b.offset ?? 0) * 4);
  words[ProductsWord.C] = at(c.buffer, (c.offset ?? 0) * 4);
  words.splice(ProductsWord.A, lanes.length, ...lanes);
  const reads = [a.buffer, b.buffer, ...(accumulate ? [c.buffer] : [])];
  const depth = Math.min(KC, K) * 4;
  return {
    opcode: Opcode.Products,
    words,
    reads,
    writes: [c.buffer],
    scratch: PRODUCTS_PANELS + MC * depth,
    zeros: depth,
    ...(partition && { partition }),
  };
}
