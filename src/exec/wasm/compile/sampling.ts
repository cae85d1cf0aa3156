/** Compiling for networks at work in one thread: they assign nothing, wait for nobody, and are as simple as they will be but for the sign of a zero. */
import { SAMPLING } from "../lower/sampling.ts";
import type { Passes } from "./compile.ts";

export const SAMPLING_PASSES: Passes = {
  lowerings: SAMPLING,
  simplify: (graph) => graph,
  orderings: (graph) => [{ graph, live: 0 }],
  planAssignments: () => ({ inPlace: new Map(), kept: [], copied: [] }),
  planBarriers: (instructions) => instructions.map(() => false),
};
