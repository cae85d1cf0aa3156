/** Numbers of a report, and how they are written. */
import { median, quantile } from "../numbers.ts";
import type { ContestResult, Entry, RuntimeResult } from "./results.ts";

export interface Figures {
  /** Median milliseconds of a step or a batch, and the quartiles. */
  readonly ms: number;
  readonly quartiles: readonly [number, number];
  /** Pictures or points a second, by the median, and by the slower and the faster quartile. */
  readonly rate: number;
  readonly rates: readonly [number, number];
  /** The median over the baseline's; null where that could not be timed. */
  readonly ratio: number | null;
  readonly turns: number;
}

/** The one that the others of its contest are compared with: ganvas on WebAssembly with one thread. */
export const isBaseline = ({ contender, engine, threads }: Entry): boolean => contender === "ganvas" && engine === "wasm" && threads === 1;

/** What came of one; null where it was not timed. */
export function figuresOf({ batch, entries }: ContestResult, { samples }: Entry): Figures | null {
  if (samples.length === 0) return null;
  const ms = median(samples);
  const [low, high] = [quantile(samples, 0.25), quantile(samples, 0.75)];
  const rate = (time: number) => (1e3 * batch) / time;
  const base = entries.find((entry) => isBaseline(entry) && entry.samples.length > 0);
  return {
    ms,
    quartiles: [low, high],
    rate: rate(ms),
    rates: [rate(high), rate(low)],
    ratio: base ? ms / median(base.samples) : null,
    turns: samples.length,
  };
}

/** Whether it computed something else than it should have. */
export const isWrong = ({ fault }: Entry): boolean => fault?.startsWith("is wrong") ?? false;

/** Workloads in the order in which they come first. */
export const workloadsOf = (runtimes: readonly RuntimeResult[]): string[] => [
  ...new Set(runtimes.flatMap(({ contests }) => contests.map(({ workload }) => workload))),
];

/** Three significant digits, with thousands apart. */
export function figure(x: number): string {
  if (x >= 1000) return Number(x.toPrecision(3)).toLocaleString("en");
  if (x >= 100) return x.toFixed(0);
  return x >= 0.01 ? x.toPrecision(3) : x.toExponential(1);
}
