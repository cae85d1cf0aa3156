/**
 * A transposed convolution to few channels: the products of every pixel with all taps at once, a dense matrix product
 * whose columns are (tap, channel), then each pixel of the result sums its own. By phases, its one or three columns would
 * leave most of the register tile idle and pack every patch for the sake of them.
 */
import { Col2ImWord } from "../../../../assembly/format/ranged.ts";
import { dense, gemm, result } from "../instructions/gemm.ts";
import { at, type Lowering } from "../instructions/instruction.ts";
import { col2Im } from "../instructions/ranged.ts";

export const narrowInputGrad: Lowering<"conv2dInputGrad"> = (node, out, [dy, w], { temp }) => {
  const [batch, GridH, GridW, channels] = node.inputs[0]!.shape as [number, number, number, number];
  const [TapsH, TapsW] = node.inputs[1]!.shape as [number, number];
  const [, H, W, C] = node.shape as [number, number, number, number];
  const { strides, pads } = node.attrs;
  const M = batch * GridH * GridW;
  const N = TapsH * TapsW * C;
  const patches = temp(M * N * 4);
  const args = {
    [Col2ImWord.H]: H,
    [Col2ImWord.W]: W,
    [Col2ImWord.C]: C,
    [Col2ImWord.GridH]: GridH,
    [Col2ImWord.GridW]: GridW,
    [Col2ImWord.TapsH]: TapsH,
    [Col2ImWord.TapsW]: TapsW,
    [Col2ImWord.StrideH]: strides[0],
    [Col2ImWord.StrideW]: strides[1],
    [Col2ImWord.Top]: pads[0],
    [Col2ImWord.Left]: pads[2],
    [Col2ImWord.P]: at(patches),
    [Col2ImWord.Y]: at(out),
  };
  return [
    gemm({ M, N, K: channels, a: dense(dy!, channels, 1), b: dense(w!, channels, 1), c: result(patches, N) }),
    col2Im({ units: batch * H, args, reads: [patches], writes: [out] }),
  ];
};
