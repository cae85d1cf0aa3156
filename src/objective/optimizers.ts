/** Optimizers: how a tensor changes by its gradient, as a graph. PyTorch's formulas. */

import { type Check, type Fields, optional, pair, real, that } from "../core/check.ts";
import { integerPower } from "../core/series.ts";
import { adamStep, lerp, square } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { isScheduled, type Schedule, scheduleOf, valueAt } from "./scheduled.ts";

// Within these no update of finite gradients can overflow a float32: a step is at most a thousand learning rates long.
const LEARNING_RATE = scheduleOf(
  that<number>("a number above 0, at most 1e30", (v) => Number.isFinite(v) && (v as number) > 0 && (v as number) <= 1e30),
  real(0, 1e30),
);
const EPSILON: Check<number> = that("a number from 1e-12 to 1e30", (v) => Number.isFinite(v) && (v as number) >= 1e-12 && (v as number) <= 1e30);

/** Adam (Kingma & Ba 2015, algorithm 1). The defaults are those beside "wasserstein"; every other `objective` stands for Adam with numbers of its own. */
export interface AdamSpec {
  /** The name of the optimizer. */
  readonly name: "adam";
  /** The step size α, above 0, at most 1e30, or its schedule. Default 2e-4. */
  readonly learningRate: Schedule;
  /**
   * Decay rates β₁ and β₂ of the first and the second moment, each in [0, 1), the second one or its schedule. (What corrects the second moment's bias, 1 - β₂^t, has the β₂ of
   * update t.) Default [0.5, 0.999].
   */
  readonly betas: readonly [number, Schedule];
  /** A number that is added to the root of the second moment, 1e-12 to 1e30. Default 1e-8. */
  readonly epsilon: number;
}

/** RMSProp (Tieleman & Hinton 2012), without momentum and not centred. The defaults are those beside any `objective` but "wasserstein", which stands for RMSProp with numbers of its own. */
export interface RMSPropSpec {
  /** The name of the optimizer. */
  readonly name: "rmsprop";
  /** The step size, above 0, at most 1e30, or its schedule. Default 5e-5. */
  readonly learningRate: Schedule;
  /** Share of the old mean square that is kept, in [0, 1). Default 0.99. */
  readonly decay: number;
  /** A number that is added to the root of the mean square, 1e-12 to 1e30. Default 1e-8. */
  readonly epsilon: number;
}

/** An optimizer with its parameters, every default filled in. */
export type OptimizerSpec = AdamSpec | RMSPropSpec;

interface OptimizerRow<O> {
  readonly fields: Fields<Omit<O, "name">>;
  /** Tensors kept beside each weight, in the order `step` takes and gives them. */
  readonly slots: readonly string[];
  /** The numbers `step` reads at update `t`, the first being 1, once the discriminator was shown this many images of the data; the learning rate is `factor` of what it would be. */
  scalars(optimizer: O, t: number, images: number, factor?: number): Record<string, number>;
  /** The new weight, and the new slots. */
  step(optimizer: O, p: Node, g: Node, slots: readonly Node[], scalar: (name: string) => Node): { value: Node; slots: Node[] };
}

const rate = real(0, 1, { open: true });

export const OPTIMIZERS: { readonly [N in OptimizerSpec["name"]]: OptimizerRow<Extract<OptimizerSpec, { readonly name: N }>> } = {
  adam: {
    fields: {
      learningRate: optional(LEARNING_RATE, 2e-4),
      betas: optional(pair(rate, scheduleOf(rate)), [0.5, 0.999]),
      epsilon: optional(EPSILON, 1e-8),
    },
    slots: ["adam.m", "adam.v"],
    scalars: ({ learningRate, betas }, t, images, factor = 1) => ({
      stepSize: (factor * valueAt(learningRate, images)) / (1 - integerPower(betas[0], t)),
      scale: 1 / Math.sqrt(1 - integerPower(valueAt(betas[1], images), t)),
      ...(isScheduled(betas[1]) && { secondRate: 1 - valueAt(betas[1], images) }),
    }),
    step({ betas, epsilon }, p, g, [m, v], scalar) {
      const newM = lerp(m!, g, 1 - betas[0]);
      const newV = lerp(v!, square(g), isScheduled(betas[1]) ? scalar("secondRate") : 1 - betas[1]);
      return { value: adamStep(p, newM, newV, scalar("stepSize"), scalar("scale"), epsilon), slots: [newM, newV] };
    },
  },

  rmsprop: {
    fields: { learningRate: optional(LEARNING_RATE, 5e-5), decay: optional(rate, 0.99), epsilon: optional(EPSILON, 1e-8) },
    slots: ["rmsprop.v"],
    scalars: ({ learningRate }, _, images, factor = 1) => ({ learningRate: factor * valueAt(learningRate, images) }),
    step({ decay, epsilon }, p, g, [v], scalar) {
      const newV = lerp(v!, square(g), 1 - decay);
      return { value: adamStep(p, g, newV, scalar("learningRate"), 1, epsilon), slots: [newV] };
    },
  },
};

/** The row of one optimizer, its own type forgotten. */
export const optimizerRow = ({ name }: OptimizerSpec): OptimizerRow<OptimizerSpec> => OPTIMIZERS[name] as OptimizerRow<OptimizerSpec>;
