/** How long a report measures: far less than the benchmark, as there are so many runtimes. */
import type { Effort } from "../measure.ts";

/** Milliseconds that a contender has for an answer: minutes, as a first step may have to compile for long. */
export const LIMIT = 180_000;
/** The most that can be asked for, in seconds. */
export const LONGEST_LIMIT = 3_600;

export const EFFORTS = {
  full: { turn: 200, total: 1_600, turns: 7, patience: 20_000 },
  quick: { turn: 60, total: 300, turns: 3, patience: 5_000 },
} as const satisfies Record<string, Effort>;
