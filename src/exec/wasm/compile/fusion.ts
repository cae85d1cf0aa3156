/** What the kernels can do in one instruction: groups of elementwise nodes block by block, a bias, an activation and pooling while a product is stored, doubling images as they are read. */

import type { Shape } from "../../../core/shape.ts";
import { type Graph, isOp, type Node, rewrite } from "../../../graph/graph.ts";
import { OPS, type OpName } from "../../../graph/ops.ts";
import type { FusionPolicy } from "../../schedule/fuse.ts";
import type { Single } from "../../schedule/steps.ts";
import { doubles, pools, takesEpilogue } from "../convolution/choose.ts";
import { accessOf } from "../lower/access.ts";

export const FUSION: FusionPolicy = {
  isElementwise: (node) => OPS[node.op].kind === "elementwise" || (isOp(node, "broadcastTo") && accessOf(node.inputs[0]!.shape, node.shape) !== null),
  longest: 24, // scratch blocks of a group must stay in the first-level cache
  joinsLast: true,
  isEpilogue,
  isPrologue: (node, reader) => reader.inputs[0] === node && reader.inputs[1] !== node && isDoubling(node) && doubles(reader),
};

/** Activations that a matrix product can apply as it stores its result. */
const ACTIVATIONS: readonly OpName[] = ["leakyRelu", "tanh", "sigmoid"];

/** A bias along the last axis, then an activation, then pooling. */
function isEpilogue(node: Node, step: Single, known: (x: Node) => boolean): boolean {
  const last = step.epilogue.at(-1) ?? step.node;
  if (isPooling(last)) return false;
  if (isPooling(node)) return node.inputs[0] === last && pools(step.node);
  if (!takesEpilogue(step.node) || ACTIVATIONS.includes(last.op)) return false;
  if (ACTIVATIONS.includes(node.op)) return node.inputs[0] === last;
  if (node.op !== "add" || step.epilogue.length > 0) return false;
  const [a, b] = node.inputs as [Node, Node];
  const bias = a === last ? b : a;
  const access = accessOf(bias.shape, node.shape);
  return (a === last || b === last) && known(bias) && access?.kind === "periodic" && access.period === last.shape.at(-1);
}

const isHalf = ([, h, w]: Shape, [, height, width]: Shape): boolean => 2 * h! === height && 2 * w! === width;

/** Whether each pixel becomes a square of 2 x 2. */
const isDoubling = (node: Node): boolean => isOp(node, "resizeNearest") && isHalf(node.inputs[0]!.shape, node.shape);

/** Whether each square of 2 x 2 pixels becomes one, their sum or mean. */
function isPooling(node: Node): boolean {
  if (isOp(node, "avgPool"))
    return [...node.attrs.window, ...node.attrs.strides].every((size) => size === 2) && isHalf(node.shape, node.inputs[0]!.shape);
  return isOp(node, "resizeNearestGrad") && isHalf(node.shape, node.inputs[0]!.shape);
}

/** What the sums of squares of 2 x 2 pixels are multiplied by. */
export const factorOf = (node: Node): number | undefined => (isPooling(node) ? (isOp(node, "avgPool") ? 1 / 4 : 1) : undefined);

/** Gives every node that can read a doubled image a doubling of its own, which then need not be written out. */
export function doubleApart(graph: Graph): Graph {
  return rewrite(graph, (node, inputs, target) => {
    const [x, ...others] = inputs;
    if (!isOp(node, "conv2d") && !isOp(node, "conv2dFilterGrad")) return target.apply(node.op, inputs, node.attrs);
    if (!isDoubling(x!) || !doubles(node)) return target.apply(node.op, inputs, node.attrs);
    return target.apply(node.op, [target.append(x!.op as OpName, x!.inputs, x!.attrs), ...others], node.attrs);
  });
}
