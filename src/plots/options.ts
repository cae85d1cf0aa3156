/** What all charts are told. */
import { type Check, type Fields, integer, list, oneOf, optional, that } from "../core/check.ts";
import type { Theme } from "./svg.ts";

/** What every chart takes. */
export interface ChartOptions {
  /** What the picture is called, by those who cannot see it too. */
  readonly title?: string | undefined;
  /** What it shows, for those who cannot see it; by default made of the data. */
  readonly description?: string | undefined;
  /** Pixels, 240 to 4000. */
  readonly width?: number | undefined;
  /** Colours: "auto" (the default) is light, and dark for those whose system or browser is set so. */
  readonly theme?: "light" | "dark" | "auto" | undefined;
}

export const text: Check<string> = that("a text", (value) => typeof value === "string");

export const finite: Check<number> = that("a finite number", (value) => Number.isFinite(value) && Math.abs(value as number) <= 1e150);

/** A range [low, high]; undefined where none is given. */
export const range: Check<readonly [number, number] | undefined> = optional<readonly [number, number] | undefined>((value, path, faults) => {
  const both = list(finite, { min: 2, max: 2 })(value, path, faults);
  if (!both) return undefined;
  if (both[0]! < both[1]!) return [both[0]!, both[1]!];
  faults.push({ path, expected: "[low, high], the second above the first", got: `[${both.join(", ")}]` });
  return undefined;
}, undefined);

/** `ChartOptions`, checked. */
export interface Chart {
  readonly title: string;
  readonly description: string | undefined;
  readonly width: number;
  readonly theme: Theme;
}

export const chartFields = (defaults: { readonly title: string; readonly width: number }): Fields<Chart> => ({
  title: optional(text, defaults.title),
  description: optional<string | undefined>(text, undefined),
  width: optional(integer(240, 4000), defaults.width),
  theme: optional(oneOf("light", "dark", "auto"), "auto"),
});
