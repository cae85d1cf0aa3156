/** Gradients of 3x3 filters of stride 1 by Winograd's F(3x3, 4x4) or F(3x3, 2x2), whichever is chosen. */
import type { Shape } from "../../../core/shape.ts";
import type { Lowering } from "../instructions/instruction.ts";
import { winogradFilterGrad } from "../instructions/winograd.ts";
import { imagesOf, kindOf } from "./winograd3.ts";

/** dw = conv2dFilterGrad(x, dy). */
export const winograd3FilterGrad: Lowering<"conv2dFilterGrad"> = (node, out, [x, dy], context) => {
  const { pads } = node.attrs;
  const output: Shape = node.inputs[1]!.shape;
  const operands = { x: imagesOf(node, x!, context), dy: { buffer: dy!, shape: output }, dw: out };
  return [winogradFilterGrad({ kind: kindOf(node), ...operands, pads: [pads[0], pads[2]], temp: context.temp })];
};
