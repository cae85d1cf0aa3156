/** What the kernels can do in one instruction: groups of elementwise nodes block by block, a bias and an activation while a product is stored. */
import { isOp, type Node } from "../../../graph/graph.ts";
import { OPS, type OpName } from "../../../graph/ops.ts";
import type { FusionPolicy } from "../../schedule/fuse.ts";
import type { Single } from "../../schedule/steps.ts";
import { takesEpilogue } from "../convolution/choose.ts";
import { accessOf } from "../lower/access.ts";

export const FUSION: FusionPolicy = {
  isElementwise: (node) => OPS[node.op].kind === "elementwise" || (isOp(node, "broadcastTo") && accessOf(node.inputs[0]!.shape, node.shape) !== null),
  longest: 24, // scratch blocks of a group must stay in the first-level cache
  joinsLast: true,
  isEpilogue,
};

/** Activations that a matrix product can apply as it stores its result. */
const ACTIVATIONS: readonly OpName[] = ["leakyRelu", "tanh", "sigmoid"];

/** A bias along the last axis, then an activation. */
function isEpilogue(node: Node, step: Single, known: (x: Node) => boolean): boolean {
  const last = step.epilogue.at(-1) ?? step.node;
  if (!takesEpilogue(step.node) || ACTIVATIONS.includes(last.op)) return false;
  if (ACTIVATIONS.includes(node.op)) return node.inputs[0] === last;
  if (node.op !== "add" || step.epilogue.length > 0) return false;
  const [a, b] = node.inputs as [Node, Node];
  const bias = a === last ? b : a;
  const access = accessOf(bias.shape, node.shape);
  return (a === last || b === last) && known(bias) && access?.kind === "periodic" && access.period === last.shape.at(-1);
}
