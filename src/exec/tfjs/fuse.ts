/** Groups elementwise nodes, so that one shader computes a whole chain and only what others need is written to memory. */
import { sizeOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import { OPS } from "../../graph/ops.ts";
import { isElementwise } from "./expressions.ts";

/** Elementwise nodes of `size` elements each, run together; operands come before their users. */
export interface Group {
  readonly kind: "group";
  readonly size: number;
  readonly nodes: Node[];
}

/** Any other node, run alone. */
export interface Single {
  readonly kind: "single";
  readonly node: Node;
}

export type Step = Group | Single;

/** The node whose memory a node lies in: reshaping moves nothing. */
export function storageOf(node: Node): Node {
  let n = node;
  while (n.op === "reshape") n = n.inputs[0]!;
  return n;
}

/**
 * Orders nodes into steps. An elementwise node joins the group of its latest operand, if that is made of as many elements
 * and everything else it needs is there by then. Within a group, a value passes from node to node element by element.
 */
export function fuse(nodes: readonly Node[]): Step[] {
  const steps: Step[] = [];
  const position = new Map<Node, number>(); // of a storage node; leaves have none
  const positionOf = (n: Node): number => position.get(storageOf(n)) ?? -1;

  for (const node of nodes) {
    if (OPS[node.op].kind === "leaf" || node.op === "reshape") continue;
    if (isElementwise(node.op)) {
      const size = sizeOf(node.shape);
      const latest = Math.max(-1, ...node.inputs.map(positionOf));
      const group = steps[latest];
      if (group?.kind === "group" && group.size === size && node.inputs.every((x) => positionOf(x) < latest || sizeOf(x.shape) === size)) {
        group.nodes.push(node);
        position.set(node, latest);
        continue;
      }
      steps.push({ kind: "group", size, nodes: [node] });
    } else {
      steps.push({ kind: "single", node });
    }
    position.set(node, steps.length - 1);
  }
  return steps;
}

/** What a shader for some nodes of a group binds. */
export interface Operands {
  /** Storage nodes made elsewhere, and constants of one element, which need no memory. */
  readonly reads: readonly Node[];
  /** Nodes that others, or the end of the run, need. */
  readonly writes: readonly Node[];
}

export function operandsOf(nodes: readonly Node[], isNeeded: (node: Node, by: ReadonlySet<Node>) => boolean): Operands {
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
