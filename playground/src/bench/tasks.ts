/** What a page measures: the benchmark's own workloads, by their text. */
import type { ReportTask } from "../../../bench/report/entries.ts";
import { parseTasks } from "../../../bench/sheet.ts";

const TEXTS = import.meta.glob<string>("../../../bench/shapes/*.txt", { query: "?raw", import: "default", eager: true });

export const WORKLOADS = ["TMLP", "L28", "S64-1", "S64"] as const;
export type Workload = (typeof WORKLOADS)[number];

/** Each at the first batch size of its file. */
export const taskOf = (name: Workload): ReportTask => parseTasks(name, (file) => TEXTS[`../../../bench/shapes/${file}.txt`]!)[0] as ReportTask;
