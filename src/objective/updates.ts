/** Which program an update of training runs. */
import { leastMultiple } from "../core/divisors.ts";
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

/**
 * Every kind of update that training comes to. Some update has just these penalties of all if, and only if, no other's `every` divides the least common multiple of theirs: of so
 * many updates each is looked at no more than once, however long it takes until they come again.
 */
export function kindsOf({ regularizers, objective }: Pick<LearningSpec, "regularizers" | "objective">): UpdateKind[] {
  const lazy = regularizers.flatMap((r, i) => (everyOf(r) > 1 ? [i] : []));
  const everys = regularizers.map(everyOf);
  const kinds: UpdateKind[] = [];
  // From all of them down to none.
  for (let chosen = 2 ** lazy.length - 1; chosen >= 0; chosen--) {
    const counts = (i: number): boolean => everys[i] === 1 || Math.floor(chosen / 2 ** lazy.indexOf(i)) % 2 === 1;
    const penalties = regularizers.flatMap((_, i) => (counts(i) ? [i] : []));
    const period = penalties.map((i) => everys[i]!).reduce(leastMultiple, 1);
    if (lazy.some((i) => !counts(i) && period % everys[i]! === 0)) continue;
    for (const generator of objective.discriminatorSteps > 1 ? [true, false] : [true]) kinds.push({ generator, penalties });
  }
  return kinds;
}
