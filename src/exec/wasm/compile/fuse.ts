/** Groups elementwise nodes, so that a chain of them walks through memory once, block by block. */
import { type Shape, sizeOf } from "../../../core/shape.ts";
import { isOp, type Node } from "../../../graph/graph.ts";
import { OPS, type OpName } from "../../../graph/ops.ts";
import { takesEpilogue } from "../convolution/contraction.ts";

/** Elementwise nodes of `size` elements each, run together; operands come before their users. */
export interface Group {
  readonly kind: "group";
  readonly size: number;
  readonly nodes: Node[];
}

/** Any other node, run alone, and what is done to its result as it is stored. */
export interface Single {
  readonly kind: "single";
  readonly node: Node;
  readonly epilogue: Node[];
}

export type Step = Group | Single;

/** The nodes of a step, operands first. The value of the last is what a single step leaves in memory. */
export const nodesOf = (step: Step): readonly Node[] => (step.kind === "group" ? step.nodes : [step.node, ...step.epilogue]);

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

/** Activations that a matrix product can apply as it stores its result. */
const ACTIVATIONS: readonly OpName[] = ["leakyRelu", "tanh", "sigmoid"];

/**
 * Whether `node` can be done while `step` stores its result, which nothing else reads: a bias along the last axis, then an activation.
 * @param known whether a node's value is there before the step
 */
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

/**
 * Orders nodes into steps. What can be done while a product stores its result is done there. An elementwise node joins the group of its latest operand when everything else it needs is
 * there by then, or else the group just before it; it never moves ahead of an operand.
 * @param wanted nodes whose value is needed when all have run
 */
export function fuse(nodes: readonly Node[], wanted: ReadonlySet<Node> = new Set()): Step[] {
  const readers = new Map<Node, number>();
  for (const node of nodes) for (const x of node.inputs) readers.set(x, (readers.get(x) ?? 0) + 1);
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
      const before = steps[latest];
      if (before?.kind === "single" && isEpilogue(node, before, (x) => positionOf(x) < latest)) {
        const last = nodesOf(before).at(-1)!;
        if (readers.get(last) === 1 && !wanted.has(last)) {
          before.epilogue.push(node);
          position.set(node, latest);
          continue;
        }
      }
      const place = joins(latest) ? latest : joins(steps.length - 1) ? steps.length - 1 : -1;
      if (place >= 0) {
        (steps[place] as Group).nodes.push(node);
        position.set(node, place);
        continue;
      }
      steps.push({ kind: "group", size, nodes: [node] });
    } else {
      steps.push({ kind: "single", node, epilogue: [] });
    }
    position.set(node, steps.length - 1);
  }
  return steps;
}
