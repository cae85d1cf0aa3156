/** Groups elementwise nodes, so that a chain of them walks through memory once, block by block. */
import { type Shape, sizeOf } from "../../core/shape.ts";
import { isOp, type Node } from "../../graph/graph.ts";
import { OPS } from "../../graph/ops.ts";

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

/** At most this many nodes share a group: its scratch blocks must stay in the first-level cache. */
const MAX_GROUP = 24;

/** The node whose memory a node lies in: reshaping moves nothing. */
export function storageOf(node: Node): Node {
  let n = node;
  while (n.op === "reshape") n = n.inputs[0]!;
  return n;
}

/** How an operand of shape `from` runs along the flat index of `to`. */
export type Access =
  | { readonly kind: "stream" }
  | { readonly kind: "scalar" }
  /** element = index mod period */
  | { readonly kind: "periodic"; readonly period: number }
  /** element = index div each */
  | { readonly kind: "repeat"; readonly each: number };

/** The access pattern of a broadcast, or null when it is none of the simple ones and has to be written out first. */
export function accessOf(from: Shape, to: Shape): Access | null {
  const size = sizeOf(from);
  if (size === sizeOf(to)) return { kind: "stream" };
  if (size === 1) return { kind: "scalar" };
  const padded = [...new Array<number>(to.length - from.length).fill(1), ...from];
  const stretched = to.map((d, i) => padded[i] !== d);
  const first = padded.findIndex((d) => d !== 1);
  if (!stretched.slice(first).some(Boolean)) return { kind: "periodic", period: size };
  let last = padded.length - 1;
  while (padded[last] === 1) last--;
  if (!stretched.slice(0, last + 1).some(Boolean)) return { kind: "repeat", each: sizeOf(to.slice(last + 1)) };
  return null;
}

/** Whether a node can join a group. */
export function isElementwise(node: Node): boolean {
  return OPS[node.op].kind === "elementwise" || (isOp(node, "broadcastTo") && accessOf(node.inputs[0]!.shape, node.shape) !== null);
}

/**
 * Orders nodes into steps. An elementwise node joins the group of its latest operand when everything else it needs is
 * there by then, or else the group just before it; it never moves ahead of an operand.
 */
export function fuse(nodes: readonly Node[]): Step[] {
  const steps: Step[] = [];
  const position = new Map<Node, number>(); // of a storage node; leaves have none
  const positionOf = (n: Node): number => position.get(storageOf(n)) ?? -1;

  for (const node of nodes) {
    if (OPS[node.op].kind === "leaf" || node.op === "reshape") continue;
    if (isElementwise(node)) {
      const size = sizeOf(node.shape);
      const latest = Math.max(-1, ...node.inputs.map(positionOf));
      const joins = (s: number): boolean => {
        const step = steps[s];
        if (step?.kind !== "group" || step.size !== size || step.nodes.length >= MAX_GROUP || s < latest) return false;
        return node.inputs.every((x) => positionOf(x) < s || sizeOf(x.shape) === size);
      };
      const place = joins(latest) ? latest : joins(steps.length - 1) ? steps.length - 1 : -1;
      if (place >= 0) {
        (steps[place] as Group).nodes.push(node);
        position.set(node, place);
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
