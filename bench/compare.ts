/** Correctness before speed: how far from the same task in float64 everyone is, and how far one may be. */
import type { Floats } from "./contender.ts";
import type { Task, Tensor } from "./task.ts";

type Measure = "update" | "loss" | "values";

/** One tensor against the same in float64. */
export interface Deviation {
  readonly name: string;
  readonly measure: Measure;
  readonly error: number;
}

/** What a task gives in float64, and how far PyTorch is from that in float32, where there is PyTorch. */
export interface Judge {
  readonly reference: ReadonlyMap<string, Floats>;
  readonly yardstick: readonly Deviation[] | null;
}

/** How many times PyTorch's error is borne: as much as Winograd's transforms cost the convolutions that go by them. */
const FACTOR = 8;

/**
 * PyTorch's error counts as no less than this. Products and pictures: half a unit in the last place of a float32. Losses and updates: what a pre-activation within rounding of 0 does, which takes the
 * one slope of its activation or the other. In T64 with four pictures, about every second step has such a one in any implementation; it moves the update of a tensor by up to 3 %, and once in six by
 * 10 %, where without one all are within 4e-5.
 */
const LEAST: Readonly<Record<Measure, number>> = { values: 2 ** -24, loss: 1e-5, update: 5e-3 };

/** What PyTorch's error is taken for where it is not there. */
const TYPICAL: Readonly<Record<Measure, number>> = { ...LEAST, values: 1e-6 };

/** An update smaller than this share of the learning rate is compared with that. */
const SMALLEST_UPDATE = 1e-3;

/**
 * The errors of everything that a task gives: of parameters that of the way they moved, in the L2 norm, relative to its length; of pictures and products the same of themselves; of losses relative
 * to the loss, or to 1 if that is more.
 *
 * @throws Error that names what is missing
 */
export function deviations(
  task: Task,
  first: readonly Tensor[],
  reference: ReadonlyMap<string, Floats>,
  got: ReadonlyMap<string, Floats>,
): Deviation[] {
  const start = new Map(first.map(({ name, data }) => [name, data]));
  const rate = "adam" in task ? task.adam.learningRate : 0;
  return [...reference].map(([name, exact]) => {
    const values = got.get(name);
    if (values?.length !== exact.length) throw new Error(`${name}: ${values ? `${values.length} values` : "missing"}, expected ${exact.length}`);
    const distance = length(exact, values);
    const from = start.get(name);
    if (from) {
      const least = SMALLEST_UPDATE * rate * Math.sqrt(exact.length);
      return { name, measure: "update", error: distance / Math.max(length(exact, from), least) };
    }
    if (task.kind === "train" || task.kind === "critic") return { name, measure: "loss", error: distance / Math.max(1, length(exact)) };
    return { name, measure: "values", error: distance / length(exact) };
  });
}

/** What is wrong, in a sentence, or null. */
export function faultOf(found: readonly Deviation[], yardstick: Judge["yardstick"]): string | null {
  for (const { name, measure, error } of found) {
    const limit = FACTOR * Math.max(yardstick ? worst(yardstick, measure) : TYPICAL[measure], LEAST[measure]);
    if (!(error <= limit)) return `${name}: the ${NOUNS[measure]} from float64 by ${error.toPrecision(2)} (at most ${limit.toPrecision(2)})`;
  }
  return null;
}

const NOUNS: Readonly<Record<Measure, string>> = { update: "update differs", loss: "loss differs", values: "values differ" };

/** The largest error of a kind. */
export const worst = (found: readonly Deviation[], measure: Measure): number =>
  Math.max(0, ...found.filter((deviation) => deviation.measure === measure).map(({ error }) => error));

/** What a row tells of them: the worst of what the task is for. */
export const errorOf = (task: Task, found: readonly Deviation[]): number =>
  worst(found, task.kind === "train" || task.kind === "critic" ? "update" : "values");

/** What one gave, and by whose code. */
export interface Given {
  readonly library: string;
  readonly outputs: ReadonlyMap<string, Floats>;
}

/** How far libraries are from each other, whatever float64 says. */
export interface Agreement {
  /** Who was compared, at least two. */
  readonly libraries: readonly string[];
  /** The largest difference of any two that are not of the same library, as `errorOf` has it. */
  readonly deviation: number;
}

/** @returns null where there are no two libraries to compare */
export function agreementOf(task: Task, first: readonly Tensor[], all: readonly Given[]): Agreement | null {
  const libraries = [...new Set(all.map(({ library }) => library))];
  if (libraries.length < 2) return null;
  const differences = all.flatMap((one, i) =>
    all
      .slice(i + 1)
      .filter(({ library }) => library !== one.library)
      .map(({ outputs }) => errorOf(task, deviations(task, first, one.outputs, outputs))),
  );
  return { libraries, deviation: Math.max(...differences) };
}

/** Of a - b, or of a. */
function length(a: Floats, b?: Floats): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - (b ? b[i]! : 0)) ** 2;
  return Math.sqrt(sum);
}
