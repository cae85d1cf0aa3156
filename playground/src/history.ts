/** What steps told, as curves of bounded length. */
import type { Series } from "./lab.ts";

/** Curves are 250 to 750 pixels wide: a point for each, or one for two. */
const MOST = 800;
const NAMES = ["discriminator", "generator", "divergence", "heldOut"] as const;
type Name = (typeof NAMES)[number];

/** When there are more than `MOST` points, two neighbours become their mean, and each new point is the mean of twice as many steps. */
export class History {
  readonly steps: number[] = [];
  readonly values: Record<Name, number[]> = { discriminator: [], generator: [], divergence: [], heldOut: [] };
  /** Steps that a point is the mean of. */
  #each = 1;
  #sums = new Float64Array(NAMES.length);
  #count = 0;

  clear(): void {
    this.steps.length = 0;
    for (const name of NAMES) this.values[name].length = 0;
    this.#sums.fill(0);
    [this.#each, this.#count] = [1, 0];
  }

  add(series: Series): void {
    for (const [i, step] of series.steps.entries()) {
      for (const [n, name] of NAMES.entries()) this.#sums[n]! += series[name][i]!;
      if (++this.#count < this.#each) continue;
      this.steps.push(step);
      for (const [n, name] of NAMES.entries()) this.values[name].push(this.#sums[n]! / this.#count);
      this.#sums.fill(0);
      this.#count = 0;
      if (this.steps.length >= MOST) this.#halve();
    }
  }

  #halve(): void {
    const halves = this.steps.length >> 1;
    for (let i = 0; i < halves; i++) {
      this.steps[i] = this.steps[2 * i + 1]!;
      for (const name of NAMES) this.values[name][i] = (this.values[name][2 * i]! + this.values[name][2 * i + 1]!) / 2;
    }
    this.steps.length = halves;
    for (const name of NAMES) this.values[name].length = halves;
    this.#each *= 2;
  }
}
