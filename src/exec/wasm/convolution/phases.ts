/**
 * The transposed convolution by phases: input pixels of equal residue modulo the stride see the same taps, so each residue
 * is a dense stride-1 convolution of dy with its own part of the filter, and no zero is ever multiplied.
 */
import { ViewKind } from "../../../../assembly/format/products.ts";
import { greatestDivisor } from "../../../core/divisors.ts";
import { type Axis, dense, gemm, gridResult, patches, result } from "../instructions/gemm.ts";
import type { Instruction, Lowering } from "../instructions/instruction.ts";
import { isPointwise } from "./direct.ts";

export const phasedInputGrad: Lowering<"conv2dInputGrad"> = (node, out, [dy, w]) => {
  const output = node.inputs[0]!.shape;
  const [kh, kw, N, channels] = node.inputs[1]!.shape as [number, number, number, number];
  const { strides, pads, dilations } = node.attrs;
  const [sy, sx] = strides;
  const [batch, H, W] = node.shape as [number, number, number, number];
  if (isPointwise([kh, kw], node.attrs)) {
    return [gemm({ M: batch * H * W, N, K: channels, a: dense(dy!, channels, 1), b: dense(w!, channels, 1), c: result(out, N) })];
  }
  // The filter as one image whose pixels are (b, in) of row a: the columns of the product are its pixels, those of one tap side by side.
  const filter = [1, kh, kw * N, channels];
  const instructions: Instruction[] = [];
  for (let ry = 0; ry < Math.min(sy, H); ry++) {
    for (let rx = 0; rx < Math.min(sx, W); rx++) {
      const y = phase(ry, H, kh, sy, pads[0], dilations[0]);
      const x = phase(rx, W, kw, sx, pads[2], dilations[1]);
      const b = patches(
        ViewKind.PixelLanes,
        w!,
        filter,
        { grid: 1, taps: y.taps, stride: 0, origin: y.firstTap, step: y.tapStep },
        { grid: N, taps: x.taps, stride: 1, origin: x.firstTap * N, step: x.tapStep * N },
      );
      const a = patches(ViewKind.PixelLanes, dy!, output, y, x);
      const c = gridResult(out, (ry * W + rx) * N, H * W * N, { grid: y.grid, stride: sy * W * N }, { grid: x.grid, stride: sx * N });
      instructions.push(gemm({ M: batch * y.grid * x.grid, N, K: y.taps * x.taps * channels, a, b, c }));
    }
  }
  return instructions;
};

/** The pixels of a phase, and its taps: so many from `firstTap` on, `tapStep` apart. */
export interface Phase extends Axis {
  readonly firstTap: number;
  readonly tapStep: number;
}

/**
 * Input pixels residue + i stride: tap a reads output pixel i + (residue + pad - a dilation) / stride, where that is whole. So it is for every so many taps from the first on, or, where
 * stride and dilation have a divisor in common, for none.
 */
export function phase(residue: number, size: number, filter: number, stride: number, pad: number, dilation: number): Phase {
  const tapStep = stride / greatestDivisor(stride, dilation);
  const reads = (tap: number): number => (residue + pad - tap * dilation) / stride;
  let firstTap = 0;
  while (firstTap < tapStep && !Number.isInteger(reads(firstTap))) firstTap++;
  const taps = firstTap < Math.min(tapStep, filter) ? Math.ceil((filter - firstTap) / tapStep) : 0;
  return {
    firstTap,
    tapStep,
    grid: Math.ceil((size - residue) / stride),
    taps,
    stride: 1,
    origin: taps > 0 ? reads(firstTap) : 0,
    step: (-tapStep * dilation) / stride,
  };
}
