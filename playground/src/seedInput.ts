/** A field for a seed. */
import { filled, h } from "./dom.ts";
import { LARGEST_SEED } from "./settings.ts";

export interface SeedInputOptions {
  readonly id: string;
  readonly seed: number;
  /** What is said of anything but a seed; `{seed}` stands for the last that was one. */
  readonly invalid: string;
  /** Is called with seeds only, while one is typed. */
  input(seed: number): void;
}

export function seedInput({ id, seed, invalid, input }: SeedInputOptions): HTMLInputElement {
  let last = seed;
  const element = h("input", { type: "number", id, min: 0, max: LARGEST_SEED, step: 1, value: seed, required: true });
  element.addEventListener("input", () => {
    element.setCustomValidity("");
    if (element.validity.valid) {
      last = element.valueAsNumber;
      input(last);
    } else element.setCustomValidity(filled(invalid, { seed: last }));
  });
  element.addEventListener("change", () => element.reportValidity());
  return element;
}
