/** Series of matrix products of one size, such as those of attention: one for each image of a batch. */
import { DenseWord, GemmBatchWord, GemmWord, NR, ResultWord } from "./format/products";
import { GEMM_BATCH_GEMM, GEMM_BATCH_WORDS_BYTES } from "./format/scratch";
import { block, MR, PARTS, staysPacked } from "./gemm";
import { share } from "./simd";
import { word } from "./words";

/**
 * The products of one GemmBatch instruction (`GemmBatchWord`), as thread ith of nth; of each, what `f32_gemm` says. Threads share out whole products, and where these are few, parts of
 * them: rows or columns in whole tiles. As there, who is done with a share helps with those of others, and each element is computed in the same order whoever does it.
 */
export function f32_gemm_batch(p: usize, ith: i32, nth: i32): void {
  const count = word(p, GemmBatchWord.Count);
  const gemm = p + (<usize>GemmBatchWord.Gemm << 2);
  // Each part packs the operand that all parts of a product need, unless the last one left it packed.
  const wanted = nth == 1 ? 1 : staysPacked(gemm) ? PARTS * nth : nth;
  const parts = (wanted + count - 1) / count;
  if (!ASC_FEATURE_THREADS || nth == 1) {
    pieces(p, ith, parts, share(count * parts, 1, ith, nth), share(count * parts, 1, ith + 1, nth), -1);
    return;
  }
  let ready = -1;
  for (let v = 0; v < nth; v++) {
    const owner = (ith + v) % nth;
    const begin = share(count * parts, 1, owner, nth);
    const length = share(count * parts, 1, owner + 1, nth) - begin;
    const tickets = gemm + (<usize>(GemmWord.Tickets + owner) << 2);
    for (;;) {
      const taken = atomic.add<i32>(tickets, 1);
      if (taken >= PARTS) {
        // Every thread is refused once: the last of them leaves the tickets as they were.
        if (taken == PARTS + nth - 1) atomic.store<i32>(tickets, 0);
        break;
      }
      ready = pieces(p, ith, parts, begin + share(length, 1, taken, PARTS), begin + share(length, 1, taken + 1, PARTS), ready);
    }
  }
}

/**
 * Pieces [from, to) of all products, each being cut into `parts`, in the working space of thread ith. `ready` is the product whose shared operand lies packed there, -1 where there is none; so is the
 * result.
 */
function pieces(p: usize, ith: i32, parts: i32, from: i32, to: i32, ready: i32): i32 {
  const gemm = p + (<usize>GemmBatchWord.Gemm << 2);
  const own = <usize>word(gemm, GemmWord.Scratch) + <usize>ith * <usize>word(gemm, GemmWord.ScratchStride);
  const byColumns = word(gemm, GemmWord.Split) != 0;
  const extent = byColumns ? word(gemm, GemmWord.N) : word(gemm, GemmWord.M);
  const grain = byColumns ? NR : MR;
  const stays = staysPacked(gemm);
  memory.copy(own, gemm, GEMM_BATCH_WORDS_BYTES);
  store<usize>(own + (<usize>GemmWord.Scratch << 2), own + GEMM_BATCH_GEMM);
  for (let piece = from; piece < to; piece++) {
    const index = piece / parts;
    const part = piece - index * parts;
    const begin = share(extent, grain, part, parts);
    const end = share(extent, grain, part + 1, parts);
    if (begin >= end) continue;
    move(own, gemm, GemmWord.A + DenseWord.Base, index * word(p, GemmBatchWord.NextA));
    move(own, gemm, GemmWord.B + DenseWord.Base, index * word(p, GemmBatchWord.NextB));
    move(own, gemm, GemmWord.C + ResultWord.Base, index * word(p, GemmBatchWord.NextC));
    block(own, 0, byColumns, begin, end, index != ready);
    ready = stays ? index : -1;
  }
  return ready;
}

/** An address of `own` words: that of `gemm`, so many elements further on. */
// @ts-ignore: decorator
@inline
function move(own: usize, gemm: usize, index: i32, elements: i32): void {
  store<i32>(own + (<usize>index << 2), word(gemm, index) + (elements << 2));
}
