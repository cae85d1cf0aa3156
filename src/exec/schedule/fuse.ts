/** Orders nodes into steps, so that a chain of elementwise nodes walks through memory once. */
import { sizeOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import { OPS } from "../../graph/ops.ts";
import { type Group, nodesOf, type Single, type Step, storageOf } from "./steps.ts";

/** What an executor can do in one step. */
export interface FusionPolicy {
  /** Whether a node can be part of a group. */
  isElementwise(node: Node): boolean;
  /** The most nodes of a group. */
  readonly longest: number;
  /** Whether a node that cannot join the group of its latest operand may join the last one. */
  readonly joinsLast: boolean;
  /**
   * Whether `node` can be done while `step` stores its result, which nothing else reads.
   * @param known whether a node's value is there before the step
   */
  isEpilogue(node: Node, step: Single, known: (x: Node) => boolean): boolean;
  /** Whether `node` can be done while `reader`, which alone reads its value, reads it. */
  isPrologue(node: Node, reader: Node): boolean;
}

/**
 * Orders nodes into steps. What can be done while a single step reads its operands or stores its result is done there. An elementwise node joins the group of its latest operand when
 * everything else it needs is there by then; it never moves ahead of an operand, and within a group values pass from node to node element by element.
 * @param wanted storage nodes whose value is needed when all have run
 */
export function fuse(nodes: readonly Node[], policy: FusionPolicy, wanted: ReadonlySet<Node>): Step[] {
  const fusion = new Fusion(nodes, policy, wanted);
  for (const node of nodes) if (OPS[node.op].kind !== "leaf" && node.op !== "reshape") fusion.place(node);
  return fusion.steps;
}

/** Steps that can still be added to. */
type Growing = (Group & { readonly nodes: Node[] }) | (Single & { readonly epilogue: Node[] });

class Fusion {
  readonly steps: Growing[] = [];
  readonly #policy: FusionPolicy;
  readonly #wanted: ReadonlySet<Node>;
  readonly #readers = new Map<Node, Node[]>();
  readonly #position = new Map<Node, number>(); // of a storage node, among the steps; leaves have none

  constructor(nodes: readonly Node[], policy: FusionPolicy, wanted: ReadonlySet<Node>) {
    this.#policy = policy;
    this.#wanted = wanted;
    for (const node of nodes) for (const x of node.inputs) this.#readers.set(x, [...(this.#readers.get(x) ?? []), node]);
  }

  place(node: Node): void {
    if (this.#begins(node)) return;
    this.#position.set(node, this.#policy.isElementwise(node) ? this.#placeElementwise(node) : this.#placeSingle(node));
  }

  /** Whether a node is done as its reader's step begins. */
  #begins(node: Node): boolean {
    const [reader, ...others] = this.#readers.get(node) ?? [];
    return reader !== undefined && others.length === 0 && !this.#wanted.has(node) && this.#policy.isPrologue(node, reader);
  }

  #placeSingle(node: Node): number {
    const latest = Math.max(-1, ...node.inputs.map((x) => this.#positionOf(x)));
    const before = this.steps[latest];
    if (before?.kind === "single" && !node.graph.repeats.has(node) && this.#canEnd(before, latest, node)) {
      before.epilogue.push(node);
      return latest;
    }
    const prologue = node.inputs.filter((x) => this.#begins(x));
    for (const x of prologue) this.#position.set(x, this.steps.length);
    return this.#append({ kind: "single", prologue, node, epilogue: [] });
  }

  /** The step that takes an elementwise node. */
  #placeElementwise(node: Node): number {
    // What is computed again is wanted late.
    const earliest = node.graph.repeats.has(node) ? this.steps.length - 1 : -1;
    const latest = Math.max(earliest, ...node.inputs.map((x) => this.#positionOf(x)));
    const before = this.steps[latest];
    if (before?.kind === "single" && this.#canEnd(before, latest, node)) {
      before.epilogue.push(node);
      return latest;
    }
    for (const at of this.#policy.joinsLast ? [latest, this.steps.length - 1] : [latest]) {
      const step = this.steps[at];
      if (step?.kind !== "group" || !this.#canJoin(step, at, node)) continue;
      step.nodes.push(node);
      return at;
    }
    return this.#append({ kind: "group", size: sizeOf(node.shape), nodes: [node] });
  }

  #canEnd(step: Single, at: number, node: Node): boolean {
    const last = nodesOf(step).at(-1)!;
    if (this.#readers.get(last)?.length !== 1 || this.#wanted.has(last)) return false;
    return this.#policy.isEpilogue(node, step, (x) => this.#positionOf(x) < at);
  }

  /** Whether all that `node` needs is there when a group begins, or made by it element for element. */
  #canJoin(group: Group, at: number, node: Node): boolean {
    if (group.size !== sizeOf(node.shape) || group.nodes.length >= this.#policy.longest) return false;
    return node.inputs.every((x) => this.#positionOf(x) < at || sizeOf(x.shape) === group.size);
  }

  #append(step: Growing): number {
    return this.steps.push(step) - 1;
  }

  #positionOf(node: Node): number {
    return this.#position.get(storageOf(node)) ?? -1;
  }
}
