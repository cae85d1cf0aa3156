/** How variables get their new values, though every read in a run sees the old ones. */
import { type Graph, isOp, type Node } from "../../graph/graph.ts";
import { type Step, storageOf } from "./steps.ts";
import type { Uses } from "./uses.ts";

/** What an executor's steps do to the memory they write. */
export interface AssignmentPolicy {
  /** Whether a step computes into memory that it is given. */
  writesInPlace(step: Step): boolean;
  /** Whether a group has read element i of all it needs before it writes element i of anything; else each node writes before the next one reads. */
  readonly readsFirst: boolean;
}

export interface Assignments {
  /** Storage nodes that are computed where the old value of a variable lies. */
  readonly inPlace: ReadonlyMap<Node, Node<"variable">>;
  /** Variables that change and whose old value is a result: to be copied before anything runs. */
  readonly kept: readonly Node<"variable">[];
  /** Variables to which the node's value is to be copied when all has run. */
  readonly copied: readonly (readonly [variable: Node<"variable">, node: Node])[];
}

/** @param results what outlives the run, see `resultsOf` */
export function planAssignments(
  { assigns }: Graph,
  steps: readonly Step[],
  uses: Uses,
  results: ReadonlySet<Node>,
  policy: AssignmentPolicy,
): Assignments {
  const inPlace = new Map<Node, Node<"variable">>();
  for (const [variable, node] of assigns) {
    const storage = storageOf(node);
    if (!inPlace.has(storage) && canReplace(variable, storage, steps, uses, policy)) inPlace.set(storage, variable);
  }
  const changes = (variable: Node<"variable">): boolean => assigns.has(variable) && storageOf(assigns.get(variable)!) !== variable;
  return {
    inPlace,
    kept: [...results].filter((node) => isOp(node, "variable")).filter(changes),
    copied: [...assigns].filter(([variable, node]) => changes(variable) && inPlace.get(storageOf(node)) !== variable),
  };
}

/**
 * Whether `storage` can be written over the old value of `variable`: nothing reads that later. The group that writes may read it, as both have as many elements
 * and it reads for element i element i alone.
 */
function canReplace(variable: Node, storage: Node, steps: readonly Step[], uses: Uses, policy: AssignmentPolicy): boolean {
  const birth = uses.madeAt(storage);
  const step = birth && steps[birth.step]!;
  if (!step || !policy.writesInPlace(step)) return false;
  return uses
    .readsOf(variable)
    .every(
      (read) => read.step < birth.step || (read.step === birth.step && step.kind === "group" && (policy.readsFirst || read.index <= birth.index)),
    );
}
