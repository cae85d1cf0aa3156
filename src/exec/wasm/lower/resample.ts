/** Resizing and pooling, and their adjoints: one kernel each, its rows of pixels shared among threads. */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import type { Node } from "../../../graph/graph.ts";
import { at, type Buffer, type Lowering } from "../instructions/instruction.ts";
import { ranged } from "../instructions/ranged.ts";

type Resize = "resizeNearest" | "resizeNearestGrad" | "resizeBilinear" | "resizeBilinearGrad";
type Pool = "avgPool" | "avgPoolGrad";

/** The arguments of all of them. Sizes are those of the forward op; an adjoint maps from the output's to the input's. */
function resampling(node: Node<Resize | Pool>, out: Buffer, x: Buffer) {
  const [, h0, w0, C] = node.inputs[0]!.shape as [number, number, number, number];
  const [, h1, w1] = node.shape as [number, number, number, number];
  const sizes = node.op.endsWith("Grad") ? { InH: h1, InW: w1, OutH: h0, OutW: w0 } : { InH: h0, InW: w0, OutH: h1, OutW: w1 };
  return { units: node.shape[0]! * h1, args: { ...sizes, C, From: at(x), To: at(out) }, reads: [x], writes: [out] };
}

function lowerResize(opcode: Opcode.ResizeNearest | Opcode.ResizeNearestGrad | Opcode.ResizeBilinear | Opcode.ResizeBilinearGrad): Lowering<Resize> {
  return (node, out, [x]) => [ranged(opcode, resampling(node, out, x!))];
}

function lowerPool(opcode: Opcode.AvgPool | Opcode.AvgPoolGrad): Lowering<Pool> {
  return (node, out, [x]) => {
    const { args, ...rest } = resampling(node, out, x!);
    const { window, strides } = node.attrs;
    return [ranged(opcode, { ...rest, args: { ...args, WindowH: window[0], WindowW: window[1], StrideH: strides[0], StrideW: strides[1] } })];
  };
}

export const RESAMPLINGS = {
  resizeNearest: lowerResize(Opcode.ResizeNearest),
  resizeNearestGrad: lowerResize(Opcode.ResizeNearestGrad),
  resizeBilinear: lowerResize(Opcode.ResizeBilinear),
  resizeBilinearGrad: lowerResize(Opcode.ResizeBilinearGrad),
  avgPool: lowerPool(Opcode.AvgPool),
  avgPoolGrad: lowerPool(Opcode.AvgPoolGrad),
};
