/** Resizing and pooling, and their adjoints: one kernel each, its rows of pixels shared among threads. */
import { Opcode } from "../../../../assembly/opcodes.ts";
import type { Node } from "../../../graph/graph.ts";
import type { OpName } from "../../../graph/ops.ts";
import { at, type Lowering, ranged } from "../instructions/instruction.ts";

type Resize = "resizeNearest" | "resizeNearestGrad" | "resizeBilinear" | "resizeBilinearGrad";
type Pool = "avgPool" | "avgPoolGrad";

/** [inH, inW, outH, outW, C] of the forward op; an adjoint (`grad`) maps from the output's size to the input's. */
function sizes(node: Node, grad: boolean): number[] {
  const [, h0, w0, C] = node.inputs[0]!.shape as [number, number, number, number];
  const [, h1, w1] = node.shape as [number, number, number, number];
  return grad ? [h1, w1, h0, w0, C] : [h0, w0, h1, w1, C];
}

const isGrad = (op: OpName): boolean => op.endsWith("Grad");

function lowerResample(opcode: Opcode, window: (node: Node<Pool>) => number[] = () => []): Lowering<Resize | Pool> {
  return (node, out, [x]) => {
    const args = [...sizes(node, isGrad(node.op)), ...window(node as Node<Pool>), at(x!), at(out)];
    return [ranged(opcode, { units: node.shape[0]! * node.shape[1]!, args, reads: [x!], writes: [out] })];
  };
}

const window = ({ attrs }: Node<Pool>): number[] => [...attrs.window, ...attrs.strides];

export const RESAMPLINGS = {
  resizeNearest: lowerResample(Opcode.ResizeNearest),
  resizeNearestGrad: lowerResample(Opcode.ResizeNearestGrad),
  resizeBilinear: lowerResample(Opcode.ResizeBilinear),
  resizeBilinearGrad: lowerResample(Opcode.ResizeBilinearGrad),
  avgPool: lowerResample(Opcode.AvgPool, window),
  avgPoolGrad: lowerResample(Opcode.AvgPoolGrad, window),
};
