/** Entropic optimal transport between equal masses, all costs in multiples of ε: Peyré & Cuturi 2019, "Computational optimal transport", chapter 4. */

/** When iterating ends. */
export interface Stop {
  readonly iterations: number;
  /** The mass that may be at the wrong place. */
  readonly tolerance: number;
}

/** Awaited between parts of the work, with how much of it is done. */
type Pause = (done: number) => Promise<void>;

/** Factors are kept within [1 / WIDEST, WIDEST]: beyond it, potentials are updated as logarithms. */
const WIDEST = 1e50;
/** Of a plan, entries below exp of it count as none: no factors within bounds would make anything of them. */
const NEGLIGIBLE = -460;

/**
 * The plan Pᵢⱼ = exp(fᵢ + gⱼ - Cᵢⱼ) / (n m) after some iterations, which give it the right sum in each row, then in each column.
 *
 * An iteration multiplies the plan by factors uᵢ, then vⱼ, which is quick; where these become too large or small for floats, what they have come to goes into f and g, and the iteration is done there.
 */
export class EntropicPlan {
  readonly #costs: Float64Array;
  readonly #n: number;
  readonly #m: number;
  readonly #f: Float64Array;
  readonly #g: Float64Array;
  readonly #plan: Float64Array;
  /** Full iterations. */
  iterations = 0;
  /** Σᵢ |Σⱼ Pᵢⱼ - 1/n|. */
  error = Number.POSITIVE_INFINITY;

  private constructor(costs: Float64Array, n: number, m: number) {
    this.#costs = costs;
    this.#n = n;
    this.#m = m;
    this.#f = new Float64Array(n);
    this.#g = new Float64Array(m);
    this.#plan = new Float64Array(n * m);
  }

  /** @param costs `[n, m]` */
  static async find(costs: Float64Array, n: number, m: number, stop: Stop, pause: Pause): Promise<EntropicPlan> {
    const plan = new EntropicPlan(costs, n, m);
    do {
      await plan.#iterate(stop, pause);
      await plan.#scale(stop, pause);
    } while (!plan.#isDone(stop));
    return plan;
  }

  /** The dual value, mean f + mean g: as columns have the right sums, a lower bound of ⟨P, C⟩ + KL(P | a ⊗ b), and that itself in the end. */
  get value(): number {
    return mean(this.#f) + mean(this.#g);
  }

  /** ⟨P, C⟩. */
  get cost(): number {
    let sum = 0;
    for (let k = 0; k < this.#plan.length; k++) sum += this.#plan[k]! * this.#costs[k]!;
    return sum;
  }

  #isDone({ iterations, tolerance }: Stop): boolean {
    return this.error <= tolerance || this.iterations >= iterations;
  }

  /** One iteration on the potentials. */
  async #iterate({ iterations }: Stop, pause: Pause): Promise<void> {
    const done = this.iterations / iterations;
    await pause(done);
    updateRows(this.#costs, this.#n, this.#m, this.#g, this.#f);
    await pause(done);
    updateColumns(this.#costs, this.#n, this.#m, this.#f, this.#g);
    await pause(done);
    this.#fill();
    this.iterations++;
  }

  #fill(): void {
    const [n, m, plan] = [this.#n, this.#m, this.#plan];
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = 0; j < m; j++, at++) {
        const log = this.#f[i]! + this.#g[j]! - this.#costs[at]!;
        plan[at] = log < NEGLIGIBLE ? 0 : Math.exp(log) / (n * m);
      }
    }
  }

  /** Iterates by factors while they stay within bounds, and takes them over into potentials and plan. */
  async #scale(stop: Stop, pause: Pause): Promise<void> {
    const [n, m] = [this.#n, this.#m];
    let [u, v] = [new Float64Array(n).fill(1), new Float64Array(m).fill(1)];
    let [nextU, nextV] = [new Float64Array(n), new Float64Array(m)];
    for (;;) {
      await pause(this.iterations / stop.iterations);
      this.#rowSums(v, nextU);
      this.error = 0;
      for (let i = 0; i < n; i++) this.error += Math.abs(u[i]! * nextU[i]! - 1 / n);
      if (this.#isDone(stop)) break;
      for (let i = 0; i < n; i++) nextU[i] = 1 / (n * nextU[i]!);
      this.#columnSums(nextU, nextV);
      for (let j = 0; j < m; j++) nextV[j] = 1 / (m * nextV[j]!);
      if (!isWithin(nextU) || !isWithin(nextV)) break;
      [u, nextU, v, nextV] = [nextU, u, nextV, v];
      this.iterations++;
    }
    for (let i = 0, at = 0; i < n; i++) {
      this.#f[i]! += Math.log(u[i]!);
      for (let j = 0; j < m; j++) this.#plan[at++]! *= u[i]! * v[j]!;
    }
    for (let j = 0; j < m; j++) this.#g[j]! += Math.log(v[j]!);
  }

  #rowSums(v: Float64Array, sums: Float64Array): void {
    const [n, m, plan] = [this.#n, this.#m, this.#plan];
    for (let i = 0, at = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += plan[at++]! * v[j]!;
      sums[i] = sum;
    }
  }

  #columnSums(u: Float64Array, sums: Float64Array): void {
    const [n, m, plan] = [this.#n, this.#m, this.#plan];
    sums.fill(0);
    for (let i = 0, at = 0; i < n; i++) {
      const factor = u[i]!;
      for (let j = 0; j < m; j++) sums[j]! += plan[at++]! * factor;
    }
  }
}

function isWithin(factors: Float64Array): boolean {
  return factors.every((factor) => factor <= WIDEST && factor >= 1 / WIDEST);
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** fᵢ = -ln (1/m Σⱼ exp(gⱼ - Cᵢⱼ)): every row of the plan has the right sum then. */
function updateRows(costs: Float64Array, n: number, m: number, g: Float64Array, f: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let j = 0, at = i * m; j < m; j++, at++) most = Math.max(most, g[j]! - costs[at]!);
    let sum = 0;
    for (let j = 0, at = i * m; j < m; j++, at++) sum += Math.exp(g[j]! - costs[at]! - most);
    f[i] = -most - Math.log(sum / m);
  }
}

/** The same of columns, along rows, as they lie in memory. */
function updateColumns(costs: Float64Array, n: number, m: number, f: Float64Array, g: Float64Array): void {
  const most = new Float64Array(m).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < m; j++, at++) most[j] = Math.max(most[j]!, f[i]! - costs[at]!);
  const sums = new Float64Array(m);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < m; j++, at++) sums[j]! += Math.exp(f[i]! - costs[at]! - most[j]!);
  for (let j = 0; j < m; j++) g[j] = -most[j]! - Math.log(sums[j]! / n);
}

/**
 * The dual value of the transport of n equal masses to themselves, whose two potentials are one: it is moved half way to its update, which needs few iterations (Feydy et al. 2019, section 3.1).
 *
 * @param costs `[n, n]`, symmetric
 */
export async function symmetricPotential(costs: Float64Array, n: number, stop: Stop, pause: Pause): Promise<{ value: number; error: number }> {
  const f = new Float64Array(n);
  const next = new Float64Array(n);
  for (let iteration = 1; ; iteration++) {
    await pause(iteration / stop.iterations);
    updateRows(costs, n, n, f, next);
    let error = 0;
    for (let i = 0; i < n; i++) error += Math.abs(Math.expm1(f[i]! - next[i]!)) / n;
    if (error <= stop.tolerance || iteration >= stop.iterations) return { value: mean(f) + mean(next), error };
    for (let i = 0; i < n; i++) f[i] = (f[i]! + next[i]!) / 2;
  }
}
