/** What came of a contest, as a report has it. */
import type { Outcome } from "../contest.ts";
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

/** What libraries call themselves, by the first word of their contenders' names. */
const LIBRARIES: Readonly<Record<string, string>> = { ganvas: "ganvas", tfjs: "TensorFlow.js", ort: "ONNX Runtime", pytorch: "PyTorch" };

/** @param outcome of contenders under the names that `ENGINES` has */
export function contestResult({ workload, kind, batch, gflop }: ReportTask, { results, agreement }: Outcome): ContestResult {
  const entries = results.map(({ implementation, threads, info, deviation, outcome }): Entry => {
    const [contender, engine] = ENGINES[implementation]!;
    const failed = outcome instanceof Error;
    return {
      contender,
      engine,
      threads,
      version: info ? oneLine(info.version) : null,
      notes: info?.notes?.map(oneLine) ?? [],
      deviation: deviation ?? null,
      samples: failed ? [] : outcome,
      fault: failed ? wordsOf(outcome) : null,
    };
  });
  const named = agreement && { ...agreement, libraries: agreement.libraries.map((name) => LIBRARIES[name]!) };
  return { workload, kind, batch, gflop, entries, agreement: named };
}

/** What terminals take for colours. */
const COLOURING = /\p{Cc}\[[\d;]*m/gu;

/** On one line, without signs of control. */
const oneLine = (text: string): string =>
  text
    .replace(COLOURING, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();

/** What an error says, on one line and no longer than anyone reads. */
export function wordsOf(error: unknown): string {
  const words = oneLine(error instanceof Error ? error.message || error.name : String(error)) || "it said nothing";
  return words.length > LONGEST_WORDS ? `${words.slice(0, LONGEST_WORDS)} …` : words;
}
