/** `ganvas evaluate`: how far a model's samples are from data. */
import { evaluate } from "../../metrics.ts";
import type { EvaluateArguments } from "../arguments.ts";
import type { Surroundings } from "../context.ts";
import { type DataRequest, openData, refuseOtherClasses } from "../data.ts";
import { blame, UsageError } from "../errors.ts";
import { tellJSON } from "../json.ts";
import { openModel } from "../model.ts";

/** Samples, where nobody says: as many as `evaluate` takes itself. */
const DEFAULT_COUNT = 2500;

/**
 * Holds a model against data.
 *
 * @throws {UsageError} if it cannot be held against these
 */
export async function evaluateModel(path: string, source: string, given: EvaluateArguments, surroundings: Surroundings): Promise<void> {
  const { out, signal } = surroundings;
  const { count, seed = 0, json, ...rest } = given;
  using model = await openModel(path, surroundings);
  const { shape, condition } = model.spec;
  // What the data become is what the model makes; those that are as they are are held against it by their shape.
  const [height, width, channels] = shape;
  const request: DataRequest = { ...rest, usual: model.pictures, condition: condition !== null && "classes" in condition, seed, signal };
  const data = await openData(source, shape.length === 3 ? { ...request, size: [width!, height!], channels } : request);
  try {
    if (data.shape.join() !== shape.join())
      throw new UsageError(`${source}: expected examples [${shape.join(", ")}], as the model makes them, got [${data.shape.join(", ")}]`);
    refuseOtherClasses(data, model.classes, "model");
    const dataset = await data.load(2 * (count ?? DEFAULT_COUNT), seed);
    const evaluation = await blame("", () => evaluate(model.generator, dataset, { ...(count !== undefined && { count }), seed, signal }));
    if (!json) out.write(`${evaluation}\n`);
    else for (const row of evaluation.rows) tellJSON(out, "metric", { ...row, count: evaluation.count, features: evaluation.features, seed });
  } finally {
    await data.close();
  }
}
