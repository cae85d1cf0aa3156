/** What a check fails with, and how far numbers may be apart. */
export class CheckError extends Error {}

export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new CheckError(message);
}

type Plain = string | number | ArrayLike<string | number>;

/** Fails unless both are the same text, number or list; a zero has no sign here. */
export function assertEqual(name: string, got: Plain, want: Plain): void {
  const plain = (x: Plain): (string | number)[] => Array.from(typeof x === "object" ? x : [x], (v) => (v === 0 ? 0 : v));
  const [a, b] = [plain(got), plain(want)];
  const at = a.length === b.length ? a.findIndex((v, i) => !Object.is(v, b[i])) : 0;
  assert(at < 0, `${name}: got ${head(a.slice(at))}, expected ${head(b.slice(at))}, ${a.length} and ${b.length} in all, from ${at} on`);
}

/** Largest difference, as a share of the largest expected magnitude or of 1; NaN where only one side is NaN. */
export function distance(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.NaN;
  let scale = 1;
  let most = 0;
  for (let i = 0; i < want.length; i++) scale = Math.max(scale, Math.abs(want[i]!));
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i]! - want[i]!);
    if (!(difference <= most)) most = difference;
  }
  return most / scale;
}

/** The worst of many distances, by name; fails at the first that is not within `tolerance`. */
export class Worst {
  readonly #tolerance: number;
  #distance = 0;
  #name = "none";
  #count = 0;

  constructor(tolerance: number) {
    this.#tolerance = tolerance;
  }

  add(name: string, got: ArrayLike<number>, want: ArrayLike<number>): void {
    const d = distance(got, want);
    assert(d <= this.#tolerance, `${name}: off by ${d}, more than ${this.#tolerance}: got ${head(got)}, expected ${head(want)}`);
    this.#count++;
    if (d > this.#distance) [this.#distance, this.#name] = [d, name];
  }

  toString(): string {
    return `${this.#count} tensors within ${this.#tolerance}; the worst ${this.#distance.toExponential(1)}, ${this.#name}`;
  }
}

const head = (values: ArrayLike<string | number>): string => Array.from(values).slice(0, 6).join(" ");
