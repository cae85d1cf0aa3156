/** How a GAN learns where nobody says: what did best of all that was tried in the same time (bench/LEARNING.md). */
import type { Averaging } from "./averaging.ts";
import type { Kind } from "./kinds.ts";
import type { ObjectiveSpec } from "./objectives.ts";
import type { RegularizerSpec } from "./regularizers.ts";

export const OBJECTIVE: ObjectiveSpec = { name: "non-saturating", discriminatorSteps: 1 };

/** By the kind of data, for discriminators that judge images alone. */
export const PENALTIES: Readonly<Record<Kind, readonly RegularizerSpec[]>> = {
  points: [{ name: "r1", gamma: 0.02, every: 1 }],
  images: [{ name: "r1", gamma: 1, every: 8 }],
};

/** Long enough for an average over much, and never more than a twentieth of the training that there was. */
export const AVERAGING: Averaging = { halfLife: 50_000, rampUp: 0.05 };
