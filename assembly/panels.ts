/** Packing ahead: an operand that many products read, as the register tile reads it. */
import { NR, PackWord } from "./format/products";
import { packPanels } from "./pack";
import { share } from "./simd";
import { word } from "./words";

/**
 * panels[N / NR, K, NR] = B[K, N], columns past the last being 0: the whole of one Pack instruction, as thread ith of nth. Threads share out the panels. Exactly the panels are
 * written, which may not overlap B.
 */
export function f32_pack(p: usize, ith: i32, nth: i32): void {
  const N = word(p, PackWord.N);
  const K = word(p, PackWord.K);
  const from = share(N, NR, ith, nth);
  const to = share(N, NR, ith + 1, nth);
  if (from >= to) return;
  const lanes = <usize>word(p, PackWord.Scratch) + <usize>ith * <usize>word(p, PackWord.ScratchStride);
  const panels = <usize>word(p, PackWord.Result) + (<usize>(from * K) << 2);
  packPanels(p + (<usize>PackWord.B << 2), from, to - from, NR, 0, K, panels, lanes);
}
