/** Compiling for any graph, and any number of threads. */
import { simplify } from "../../../graph/simplify.ts";
import { planAssignments } from "../../schedule/assignments.ts";
import { orderings } from "../../schedule/recompute.ts";
import { LOWERINGS } from "../lower/table.ts";
import { planBarriers } from "./barriers.ts";
import type { Passes } from "./compile.ts";

export const PASSES: Passes = { lowerings: LOWERINGS, simplify, orderings, planAssignments, planBarriers };
