/** What a generator is asked for and what comes of it, wherever the generator is. */
import { DataError, SpecError } from "../core/errors.ts";
import { MOST_FLOATS } from "../core/memory.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import type { Pause } from "../core/time.ts";
import { findNotFinite } from "../core/values.ts";
import { Images } from "../formats/image.ts";
import type { GeneratorSpec } from "../nn/generator.ts";
import { conditionRows, drawClasses } from "./condition.ts";
import type { DrawOptions } from "./drawOptions.ts";
import { checkLatentCount, type Draws, drawLatentsInTurns } from "./latents.ts";
import type { Sampler } from "./sampler.ts";

/** Checked options, held against what the generator is; arrays of the caller's are copied. */
export interface Request extends Draws {
  /** [count, latent]; undefined where they are drawn. */
  readonly latents: Float32Array | undefined;
  /** As `conditionRows` gives it. */
  readonly condition: Float32Array | null | undefined;
}

/** @throws SpecError for more images than can be held, DataError for latents and conditions that do not fit */
export function readRequest(spec: GeneratorSpec, { seed = 0, truncation, indices, latents, condition, ...rest }: DrawOptions): Request {
  const count = rest.count ?? indices?.length ?? (latents ? latents.length / spec.latent : 1);
  const most = Math.floor(MOST_FLOATS / sizeOf(spec.shape));
  if (count > most) throw new SpecError([{ path: "count", expected: `at most ${most} at once of shape ${showShape(spec.shape)}`, got: `${count}` }]);
  if (latents) checkLatents(spec.latent, latents, count);
  else checkLatentCount(spec.latent, count);
  return {
    count,
    seed,
    truncation,
    indices,
    latents: latents && new Float32Array(latents),
    condition: conditionRows(spec.condition, condition, count),
  };
}

/**
 * The images that were asked for.
 *
 * @param classesSeen how often each class was seen in training, by which those are drawn that nobody asked for
 * @param pause awaited now and then
 */
export async function answer(
  request: Request,
  { spec, sampler, classesSeen }: { readonly spec: GeneratorSpec; readonly sampler: Sampler; readonly classesSeen: readonly number[] },
  pause: Pause,
): Promise<Images> {
  const { count, latents, condition } = request;
  const z = latents ?? (await drawLatentsInTurns(spec.latent, request, pause));
  const labels = condition === undefined ? await drawClasses(classesSeen, request, pause) : condition;
  return new Images([count, ...spec.shape], await sampler.generate(z, labels, count, pause));
}

function checkLatents(latent: number, latents: Float32Array, count: number): void {
  if (count === 0) throw new DataError({ path: "latents", expected: `${latent} values or more`, got: "none" });
  if (!Number.isInteger(count) || latents.length !== count * latent) {
    const expected = Number.isInteger(count) ? `${count * latent} values for ${showShape([count, latent])}` : `a multiple of ${latent} values`;
    throw new DataError({ path: "latents", expected, got: `${latents.length}` });
  }
  const fault = findNotFinite(latents);
  if (fault >= 0) throw new DataError({ path: `latents[${fault}]`, expected: "a finite number", got: `${latents[fault]}` });
}
