import { boolean, checkOptions, type Fields, integer, optional, real } from "../core/check.ts";
import { DataError } from "../core/errors.ts";
import { COURSE, Progress } from "./course.ts";
import { EntropicPlan, symmetricPotential } from "./entropic.ts";
import type { Course, Features } from "./features.ts";
import { checkPoints, type Power, pairwiseCosts } from "./points.ts";
import { POWER } from "./wasserstein.ts";

/** How points are compared, and how closely. Nothing must be given. */
export interface SinkhornOptions extends Course {
  /** The exponent of the cost: 1 for the Euclidean distance, 2 for its square. Default 1. */
  readonly p?: 1 | 2 | undefined;
  /** The strength ε of the entropy, as a share of the mean cost between a point of `a` and one of `b`: 0.00001 to 1000. Default 0.05. */
  readonly epsilon?: number | undefined;
  /** The most iterations, each an update of both potentials: 1 to 1 000 000. Default 1000. */
  readonly iterations?: number | undefined;
  /** How much of the mass may be at the wrong place in the end, 1e-12 to 1. Default 1e-6. */
  readonly tolerance?: number | undefined;
  /** Whether the divergence is computed as well, which takes two more problems. Default false. */
  readonly debiased?: boolean | undefined;
}

/** What entropic transport came to. Costs are in the unit of the points to the power p. */
export interface EntropicTransport {
  /** The mean cost ⟨P, C⟩ of the entropic plan: once it has converged, no less than that of the best plan, but for what `tolerance` leaves. */
  readonly cost: number;
  /** `cost` to the power 1/p: the Wasserstein distance as ε goes to 0, in the unit of the points. */
  readonly distance: number;
  /** OT_ε = ⟨P, C⟩ + ε KL(P | a ⊗ b), by its dual. */
  readonly regularized: number;
  /** S_ε = OT_ε(a, b) - OT_ε(a, a) / 2 - OT_ε(b, b) / 2: 0 for equal sets, above 0 for others, but for what `tolerance` leaves. Null unless `debiased`. */
  readonly divergence: number | null;
  /** ε itself, in the unit of the costs. */
  readonly epsilon: number;
  /** How many iterations there were. */
  readonly iterations: number;
  /** How much of the mass is at the wrong place: Σᵢ |Σⱼ Pᵢⱼ - 1/n|. */
  readonly error: number;
  /** Whether that is at most `tolerance`, and of the two other problems as well if they were asked for. */
  readonly converged: boolean;
}

const SINKHORN: Fields<Course & { p: Power; epsilon: number; iterations: number; tolerance: number; debiased: boolean }> = {
  p: POWER,
  epsilon: optional(real(1e-5, 1000), 0.05),
  iterations: optional(integer(1, 1_000_000), 1000),
  tolerance: optional(real(1e-12, 1), 1e-6),
  debiased: optional(boolean, false),
  ...COURSE,
};

/** Beyond it, the two matrices take more than 256 MiB. */
const MOST_POINTS = 4096;

/**
 * Entropic optimal transport between two sets of points, of any sizes: the plan P with the least ⟨P, C⟩ + ε KL(P | a ⊗ b), where C are the costs ‖aᵢ - bⱼ‖^p, by Sinkhorn's iterations (Cuturi 2013,
 * "Sinkhorn distances", algorithm 1). Potentials are kept as logarithms (Schmitzer 2019, "Stabilized sparse scaling algorithms for entropy regularized transport problems", section 3), so that ε may be
 * small; the smaller, the nearer to the exact cost, and the more iterations it takes: a hundred or so for the default, thousands for a tenth of it. A plan that has not converged misplaces mass, and may seem cheaper than it is: look at `converged`.
 *
 * `debiased` gives the Sinkhorn divergence of Feydy et al. 2019 ("Interpolating between optimal transport and MMD using Sinkhorn divergences", equation 3), which is 0 for equal sets, as the others are
 * not. Takes 16 n m bytes, and 2 n m multiplications an iteration.
 *
 * @param a points `[n, d]`, n at most 4096
 * @param b points `[m, d]`, m at most 4096
 * @throws {@link SpecError} for options that cannot be
 * @throws {@link DataError} for more points than that, or numbers that are not finite
 * @throws {@link ShapeError} unless both have the same d
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * const a = { data: [0, 0, 1, 0], shape: [2, 2] };
 * const b = { data: [0, 3, 1, 3, 0.5, 3], shape: [3, 2] };
 * const { distance, converged } = await sinkhorn(a, b, { p: 2, epsilon: 0.01 });
 * distance.toFixed(2); // "3.01"
 * console.log(converged);
 */
export async function sinkhorn(a: Features, b: Features, options: SinkhornOptions = {}): Promise<EntropicTransport> {
  const { p, epsilon, iterations, tolerance, debiased, ...course } = checkOptions(SINKHORN, options);
  const points = checkPoints(a, b);
  const { n, m, d, unit } = points;
  for (const [path, count] of [["a", n] as const, ["b", m] as const]) {
    if (count <= MOST_POINTS) continue;
    const expected = `at most ${MOST_POINTS} rows, as the plan takes 16 n m bytes (slicedWasserstein takes less)`;
    throw new DataError({ path, expected, got: `${count} rows: ${16 * n * m} bytes` });
  }
  const progress = new Progress(course);
  // Of three problems where there are three, the first is the longest.
  const part = (from: number, to: number) => (done: number) => progress.at(from + (to - from) * done);
  const stop = { iterations, tolerance };

  const costs = await pairwiseCosts(points.a, points.b, d, p, part(0, 0.1));
  let mean = 0;
  for (const cost of costs) mean += cost / costs.length;
  const strength = epsilon * mean;
  // Where nothing costs anything any plan will do.
  const plan = await EntropicPlan.find(inUnits(costs, strength), n, m, stop, part(0.1, debiased ? 0.6 : 1));
  const inCost = strength * unit ** p;
  const itself = async (x: Float64Array, count: number, from: number) => {
    const own = await pairwiseCosts(x, x, d, p, part(from, from + 0.05));
    return symmetricPotential(inUnits(own, strength), count, stop, part(from + 0.05, from + 0.2));
  };
  const selves = debiased ? [await itself(points.a, n, 0.6), await itself(points.b, m, 0.8)] : [];
  await progress.at(1);

  const cost = inCost * plan.cost;
  return {
    cost,
    distance: cost ** (1 / p),
    regularized: inCost * plan.value,
    divergence: debiased ? inCost * selves.reduce((sum, { value }) => sum - value / 2, plan.value) : null,
    epsilon: inCost,
    iterations: plan.iterations,
    error: plan.error,
    converged: [plan, ...selves].every(({ error }) => error <= tolerance),
  };
}

/** Costs as multiples of ε, in place. */
function inUnits(costs: Float64Array, epsilon: number): Float64Array {
  for (let k = 0; k < costs.length; k++) costs[k] = epsilon === 0 ? 0 : costs[k]! / epsilon;
  return costs;
}
