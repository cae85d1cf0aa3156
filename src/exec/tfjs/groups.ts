/** Groups of elementwise nodes as shaders: one computes a whole chain, and only what others need is written to memory. */
import type { Node } from "../../graph/graph.ts";
import type { FusionPolicy } from "../schedule/fuse.ts";
import { storageOf } from "../schedule/steps.ts";
import { isElementwise } from "./expressions.ts";

/** A shader can be as long as it likes; kernels store their results as they are. */
export const FUSION: FusionPolicy = {
  isElementwise: ({ op }) => isElementwise(op),
  longest: Number.POSITIVE_INFINITY,
  joinsLast: false,
  isEpilogue: () => false,
  isPrologue: () => false,
};

/** What a shader for some nodes of a group binds. */
export interface Operands {
  /** Storage nodes made elsewhere, and constants of one element, which need no memory. */
  readonly reads: readonly Node[];
  /** Nodes that others, or the end of the run, need. */
  readonly writes: readonly Node[];
}

/** @param isNeeded whether a value is needed beyond the nodes given with it */
export function operandsOf(nodes: readonly Node[], isNeeded: (node: Node, members: ReadonlySet<Node>) => boolean): Operands {
  const own = new Set(nodes);
  const reads = new Set<Node>();
  for (const node of nodes) for (const x of node.inputs) if (!own.has(storageOf(x))) reads.add(storageOf(x));
  return { reads: [...reads], writes: nodes.filter((n) => isNeeded(n, own)) };
}

/** Cuts a group into parts of which `fits` holds, each as long as can be; a single node always fits. */
export function split(nodes: readonly Node[], fits: (part: readonly Node[]) => boolean): Node[][] {
  const parts: Node[][] = [];
  for (let begin = 0; begin < nodes.length; ) {
    let end = nodes.length;
    while (end > begin + 1 && !fits(nodes.slice(begin, end))) end--;
    parts.push(nodes.slice(begin, end));
    begin = end;
  }
  return parts;
}
