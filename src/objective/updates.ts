/** Which program an update of training runs. */
import type { LearningSpec } from "./spec.ts";

/** What one update of the discriminator does, and whether one of the generator goes with it. */
export interface UpdateKind {
  /** Whether the generator is updated as well. */
  readonly generator: boolean;
  /** Which of the regularizers' penalties count, by their places in the list. */
  readonly penalties: readonly number[];
}

/** Two kinds with equal keys are equal. */
export const keyOf = ({ generator, penalties }: UpdateKind): string => `${generator ? "train" : "critic"}/${penalties.join()}`;

type Regularized = Pick<LearningSpec, "regularizers">;

const everyOf = (regularizer: LearningSpec["regularizers"][number]): number => ("every" in regularizer ? regularizer.every : 1);

/** The kind of the discriminator's update number `update`, the first being 0, which ends a step or not. */
export function kindOf({ regularizers }: Regularized, update: number, endsStep: boolean): UpdateKind {
  return { generator: endsStep, penalties: regularizers.flatMap((r, i) => (update % everyOf(r) === 0 ? [i] : [])) };
}

/** Every kind of update that training comes to. */
export function kindsOf({ regularizers, objective }: Pick<LearningSpec, "regularizers" | "objective">): UpdateKind[] {
  const period = regularizers.map(everyOf).reduce(leastCommonMultiple, 1);
  const kinds = new Map<string, UpdateKind>();
  for (let update = 0; update < period; update++) {
    for (const endsStep of objective.discriminatorSteps > 1 ? [true, false] : [true]) {
      const kind = kindOf({ regularizers }, update, endsStep);
      kinds.set(keyOf(kind), kind);
    }
  }
  return [...kinds.values()];
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
