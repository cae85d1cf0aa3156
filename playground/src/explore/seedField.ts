/** A field for a seed. */
import { filled, h } from "../dom.ts";

/** The largest seed of the library, 2^53 - 1; the least is 0. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER;

export interface SeedFieldOptions {
  readonly id: string;
  readonly label: string;
  readonly seed: number;
  /** What is said of anything but a seed; `{seed}` stands for the last that was one. */
  readonly invalid: string;
  /** Is called with seeds only. */
  change(seed: number): void;
}

export function seedField({ id, label, seed, invalid, change }: SeedFieldOptions): HTMLElement {
  let last = seed;
  const input = h("input", { type: "number", id, min: 0, max: MAX_SEED, step: 1, value: seed, required: true });
  input.addEventListener("input", () => {
    input.setCustomValidity("");
    if (input.validity.valid) {
      last = input.valueAsNumber;
      change(last);
    } else input.setCustomValidity(filled(invalid, { seed: last }));
  });
  input.addEventListener("change", () => input.reportValidity());
  return h("label", {}, label, input);
}
