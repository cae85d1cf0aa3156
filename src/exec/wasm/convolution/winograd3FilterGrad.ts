/** Gradients of 3x3 filters of stride 1 by Winograd's F(3x3, 4x4) or F(3x3, 2x2), by the size of images as in winograd3.ts. */
import type { Shape } from "../../../core/shape.ts";
import type { Lowering } from "../instructions/instruction.ts";
import { winogradFilterGrad } from "../instructions/winograd.ts";
import { kindOf } from "./winograd3.ts";

/** dw = conv2dFilterGrad(x, dy). */
export const winograd3FilterGrad: Lowering<"conv2dFilterGrad"> = (node, out, [x, dy], { temp }) => {
  const { pads } = node.attrs;
  const [input, output] = node.inputs.map(({ shape }) => shape) as [Shape, Shape];
  const operands = { x: { buffer: x!, shape: input }, dy: { buffer: dy!, shape: output }, dw: out };
  return [winogradFilterGrad({ kind: kindOf(output), ...operands, pads: [pads[0], pads[2]], temp })];
};
