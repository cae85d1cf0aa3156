/** What is said between a page, the worker that holds the clock, and the workers of contenders. */

import type { Floats, Info } from "../contender.ts";
import type { Progress } from "../contest.ts";
import type { Effort } from "../measure.ts";
import type { ReportTask } from "../report/entries.ts";
import type { ContestResult } from "../report/results.ts";
import type { PeerName } from "./peers.ts";

/** Who takes part on a page; "float64" is whom the others are held against. */
export type Name = "ganvas" | "ganvas-webgpu" | PeerName;

/** To a contender's worker, one at a time. */
export type Request =
  | { readonly op: "open"; readonly name: Name | "float64"; readonly task: ReportTask; readonly threads: number }
  | { readonly op: "reset" }
  | { readonly op: "run"; readonly steps: number }
  | { readonly op: "outputs" };

export interface Answer {
  readonly info?: Info;
  readonly outputs?: Map<string, Floats>;
  readonly fault?: string;
}

/** One that takes part, with so many threads. */
export interface Place {
  readonly name: Name;
  readonly threads: number;
}

/** What is to be measured, to the worker that holds the clock. */
export interface Job {
  readonly tasks: readonly ReportTask[];
  readonly field: readonly Place[];
  readonly effort: Effort;
  /** Milliseconds that a contender has for an answer. */
  readonly limit: number;
  /** What each task gives in float64, where it is known already: as `encodeFloats` has it, in the order of the tasks. */
  readonly references?: readonly Uint8Array<ArrayBuffer>[] | undefined;
}

/** How far all of a job is. */
export interface JobProgress {
  readonly workload: string;
  readonly phase: "reference" | Progress["phase"];
  readonly implementation: string;
  readonly threads: number;
  /** The share of the whole that is done. */
  readonly done: number;
}

/** From the worker that holds the clock: how far it is, each contest as it is done, and how all of it ended. */
export type News = { readonly progress: JobProgress } | { readonly contest: ContestResult } | { readonly ended: true } | { readonly fault: string };

/** From the page of `npm run report`, as it goes on; its last word is a `PageEnd`. */
export type PageNews =
  | { readonly progress: JobProgress }
  | { readonly contest: ContestResult }
  | { readonly name: string; readonly isolated: boolean };

export interface PageEnd {
  readonly fault?: string;
}
