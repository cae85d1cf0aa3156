/** Where values are made and read. */
import type { Graph, Node } from "../../graph/graph.ts";
import { nodesOf, type Step, storageOf } from "./steps.ts";

/** A node's place among the steps, and within its step. */
export interface Place {
  readonly step: number;
  readonly index: number;
}

/** Storage nodes whose value is fetched or assigned, and so outlives the run. */
export function resultsOf({ fetches, assigns }: Graph): Set<Node> {
  return new Set([...fetches.values(), ...assigns.values()].map(storageOf));
}

/** Where the storage nodes of some steps are made and read. */
export class Uses {
  readonly #results: ReadonlySet<Node>;
  readonly #made = new Map<Node, Place>();
  readonly #reads = new Map<Node, (Place & { readonly reader: Node })[]>();

  constructor(steps: readonly Step[], results: ReadonlySet<Node>) {
    this.#results = results;
    steps.forEach((step, s) => {
      nodesOf(step).forEach((node, index) => {
        this.#made.set(node, { step: s, index });
        for (const x of node.inputs) {
          const reads = this.#reads.get(storageOf(x)) ?? [];
          reads.push({ step: s, index, reader: node });
          this.#reads.set(storageOf(x), reads);
        }
      });
    });
  }

  /** Where a storage node is made; undefined of a leaf. */
  madeAt(storage: Node): Place | undefined {
    return this.#made.get(storage);
  }

  readsOf(storage: Node): readonly Place[] {
    return this.#reads.get(storage) ?? [];
  }

  /** Whether the value is needed by another node than `members`, or after the run. */
  isNeededBeyond(storage: Node, members: ReadonlySet<Node>): boolean {
    return this.#results.has(storage) || (this.#reads.get(storage) ?? []).some(({ reader }) => !members.has(reader));
  }
}
