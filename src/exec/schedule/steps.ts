/** What a graph is run as: steps, each of them one piece of work for the hardware. */
import type { Node } from "../../graph/graph.ts";

/** Elementwise nodes of `size` elements each, run together; operands come before their users. */
export interface Group {
  readonly kind: "group";
  readonly size: number;
  readonly nodes: readonly Node[];
}

/** Any other node, run alone, what is done to its operands as they are read, and to its result as it is stored. */
export interface Single {
  readonly kind: "single";
  readonly prologue: readonly Node[];
  readonly node: Node;
  readonly epilogue: readonly Node[];
}

export type Step = Group | Single;

/** The nodes of a step, operands first. The value of the last is what a single step leaves in memory. */
export const nodesOf = (step: Step): readonly Node[] => (step.kind === "group" ? step.nodes : [...step.prologue, step.node, ...step.epilogue]);

/** The node whose memory a node lies in: reshaping moves nothing. */
export function storageOf(node: Node): Node {
  let n = node;
  while (n.op === "reshape") n = n.inputs[0]!;
  return n;
}
