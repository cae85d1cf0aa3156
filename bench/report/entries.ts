/** What came of a contest, as a report has it. */
import type { Result } from "../report.ts";
import type { SampleTask, TrainTask } from "../task.ts";
import type { ContestResult, Entry } from "./results.ts";

/** Tasks that a report is about. */
export type ReportTask = SampleTask | TrainTask;

/** What contenders compute on, by their names. */
const ENGINES: Readonly<Record<string, readonly [contender: string, engine: Entry["engine"]]>> = {
  ganvas: ["ganvas", "wasm"],
  "ganvas-webgpu": ["ganvas", "webgpu"],
  "tfjs-cpu": ["tfjs", "js"],
  "tfjs-wasm": ["tfjs", "wasm"],
  "tfjs-webgpu": ["tfjs", "webgpu"],
  "ort-web": ["onnxruntime-web", "wasm"],
  "ort-node": ["onnxruntime-node", "native"],
  pytorch: ["pytorch", "native"],
  "pytorch-cuda": ["pytorch-cuda", "native"],
};

const LONGEST_WORDS = 400;

/** @param results in the order of the field, under the names that `ENGINES` has */
export function contestResult({ workload, kind, batch, gflop }: ReportTask, results: readonly Result[]): ContestResult {
  const entries = results.map(({ implementation, threads, info, deviation, outcome }): Entry => {
    const [contender, engine] = ENGINES[implementation]!;
    const failed = outcome instanceof Error;
    return {
      contender,
      engine,
      threads,
      version: info?.version ?? null,
      notes: info?.notes ?? [],
      deviation: deviation ?? null,
      samples: failed ? [] : outcome,
      fault: failed ? wordsOf(outcome) : null,
    };
  });
  return { workload, kind, batch, gflop, entries };
}

/** What an error says, on one line and no longer than anyone reads. */
export function wordsOf(error: unknown): string {
  const words = (error instanceof Error ? error.message || error.name : String(error)).replace(/\s+/g, " ").trim() || "it said nothing";
  return words.length > LONGEST_WORDS ? `${words.slice(0, LONGEST_WORDS)} …` : words;
}
