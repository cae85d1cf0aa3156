/** Any curves in one panel. */
import { checkOptions, type Fields, integer, list, object, optional } from "../core/check.ts";
import { DataError, show } from "../core/errors.ts";
import { type Chart, type ChartOptions, chartFields, finite, range, text } from "./options.ts";
import { axisHeight, type DrawnCurve, type Frame, heightsOf, horizontalAxis, type Level, label, panel, roomForNames, roomForTicks } from "./panel.ts";
import { around, drawable, evenly, type Points, rangeOf, runningMean } from "./series.ts";
import { Palette, picture, roleOf } from "./svg.ts";

/** Numbers in a row, and what they are called. */
export interface Curve {
  /** What is written beside its end. */
  readonly name: string;
  /** The numbers. Those that are not finite are gaps. */
  readonly values: ArrayLike<number>;
  /** Where each stands, from left to right. Default: 1, 2, 3, ... */
  readonly at?: ArrayLike<number> | undefined;
  /** Whether the numbers are noisy: then each is drawn faintly, and boldly their running mean over a fiftieth of them. Default false. */
  readonly smooth?: boolean | undefined;
  /** Whether the line is dashed. Default false. */
  readonly dashed?: boolean | undefined;
  /** Whether every number is marked by a dot. Default false. */
  readonly dots?: boolean | undefined;
}

/** How curves are drawn. */
export interface CurvesOptions extends ChartOptions {
  /** What runs upwards, with its unit; stands above the chart. */
  readonly yLabel?: string | undefined;
  /** What runs to the right, with its unit. Default "step". */
  readonly xLabel?: string | undefined;
  /** What the vertical axis shows. Default: all but rare spikes of smooth curves. */
  readonly yRange?: readonly [low: number, high: number] | undefined;
  /** What the horizontal axis shows. Default: all. */
  readonly xRange?: readonly [low: number, high: number] | undefined;
  /** Dashed lines across, such as the most that a number can be. At most 8. */
  readonly levels?: readonly Level[] | undefined;
  /** Pixels, 120 to 4000. Default 300. */
  readonly height?: number | undefined;
}

const LEVEL: Fields<Level> = { name: text, value: finite };

/** `CurvesOptions`, checked. */
interface Checked extends Chart {
  readonly yLabel: string;
  readonly xLabel: string;
  readonly yRange: readonly [number, number] | undefined;
  readonly xRange: readonly [number, number] | undefined;
  readonly levels: readonly Level[];
  readonly height: number;
}

const OPTIONS: Fields<Checked> = {
  ...chartFields({ title: "Curves", width: 600 }),
  yLabel: optional(text, ""),
  xLabel: optional(text, "step"),
  yRange: range,
  xRange: range,
  levels: optional(list(object(LEVEL), { max: 8 }), []),
  height: optional(integer(120, 4000), 300),
};

/** As many curves as can be told apart. */
const MOST_CURVES = 12;

/**
 * Draws curves as an SVG, with their names beside their ends. The text depends on the arguments alone, and stays small however many numbers there are: of each column of pixels the lowest and the
 * highest are kept.
 *
 * @param curves one to twelve
 * @param options how it looks
 * @returns the text of an SVG file, which can also stand in a page as it is
 * @throws {@link DataError} for curves that cannot be
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const svg = plotCurves([{ name: "x²", values: [1, 4, 9, 16] }], { title: "Squares", xLabel: "x", yLabel: "x²" });
 * svg.slice(0, 4); // "<svg"
 */
export function plotCurves(curves: readonly Curve[], options: CurvesOptions = {}): string {
  const { title, description, width, height, theme, xLabel, yLabel, xRange, yRange, levels } = checkOptions(OPTIONS, options);
  if (!Array.isArray(curves) || curves.length === 0 || curves.length > MOST_CURVES) {
    throw new DataError({ path: "curves", expected: `a list of 1 to ${MOST_CURVES} curves`, got: show(curves) });
  }
  const all = Array.from(curves, (curve, i) => drawnCurve(curve, i, `curves[${i}]`));
  const heading = yLabel === "" ? title : yLabel;
  const content = { heading, curves: all, levels, heights: yRange ? { low: yRange[0], high: yRange[1] } : heightsOf(all, levels) };
  const across = xRange ? { low: xRange[0], high: xRange[1] } : around(all.map(({ points }) => rangeOf(points.x)));
  const palette = new Palette(theme);
  const top = 30 + (yLabel === "" ? 0 : 22);
  const right = roomForNames([...all, ...levels].map(({ name }) => name));
  const outer: Frame = { left: 0, top, width, height: Math.max(40, height - top - axisHeight(xLabel)) };
  const left = 10 + roomForTicks(content, outer);
  const frame = { ...outer, left, width: Math.max(60, width - left - right) };
  return picture({
    width,
    height,
    title,
    description: description ?? all.map(described).join(" "),
    palette,
    content: [
      ...(yLabel === "" ? [] : [label(title, left, 22, { palette, role: "ink", weight: "600", size: 14 })]),
      ...panel(content, frame, across, palette),
      ...horizontalAxis(across, frame, xLabel, palette),
    ],
  });
}

function drawnCurve(curve: Curve, index: number, path: string): DrawnCurve {
  if (typeof curve !== "object" || curve === null || typeof curve.name !== "string") {
    throw new DataError({ path, expected: "{ name, values }: a text and a list of numbers", got: show(curve) });
  }
  const { name, values, at, smooth, dashed, dots } = curve;
  checkNumbers(values, `${path}.values`);
  if (at !== undefined) checkPlaces(at, values.length, `${path}.at`);
  return {
    role: roleOf(index),
    dots,
    ...smoothed(name, at ? { x: at, y: values } : evenly(values), smooth === true),
    dashed: dashed === true || index >= MOST_CURVES / 2,
  };
}

/** A curve, by its running mean where that was asked for. */
export function smoothed(name: string, points: Points, smooth: boolean): { readonly name: string; readonly points: Points; readonly each?: Points } {
  const means = smooth ? runningMean(points.y) : null;
  return means ? { name, points: { x: points.x, y: means }, each: points } : { name, points };
}

/** @throws {@link DataError} for what is no list of numbers; those that are not finite will do */
export function checkNumbers(values: unknown, path: string): asserts values is ArrayLike<number> {
  const list = values as ArrayLike<number>;
  const fits = (Array.isArray(values) || (ArrayBuffer.isView(values) && "length" in values)) && list.length <= 2 ** 31;
  if (!fits) throw new DataError({ path, expected: "a list of numbers", got: show(values) });
  if (!Array.isArray(values)) {
    if (list.length > 0 && typeof list[0] !== "number") throw new DataError({ path: `${path}[0]`, expected: "a number", got: show(list[0]) });
    return;
  }
  const wrong = values.findIndex((value) => typeof value !== "number");
  if (wrong >= 0) throw new DataError({ path: `${path}[${wrong}]`, expected: "a number", got: show(values[wrong]) });
}

function checkPlaces(at: unknown, length: number, path: string): void {
  checkNumbers(at, path);
  if (at.length !== length) throw new DataError({ path, expected: `${length} numbers, one for each value`, got: `${at.length}` });
  for (let i = 0; i < length; i++) {
    if (!drawable(at[i]!) || (i > 0 && at[i]! < at[i - 1]!)) {
      throw new DataError({
        path: `${path}[${i}]`,
        expected: i > 0 ? `a finite number, at least ${at[i - 1]}` : "a finite number",
        got: show(at[i]),
      });
    }
  }
}

/** A curve in words. */
export function described({ name, points: { x, y } }: { readonly name: string; readonly points: Points }): string {
  const range = rangeOf(y);
  if (!range) return `${name}: nothing to draw.`;
  let [first, last] = [0, y.length - 1];
  while (!drawable(y[first]!)) first++;
  while (!drawable(y[last]!)) last--;
  const [from, to, low, high] = [y[first]!, y[last]!, range.low, range.high].map(short);
  return `${name}: from ${from} at ${short(x[first]!)} to ${to} at ${short(x[last]!)}, between ${low} and ${high}.`;
}

/** A number in four digits. */
export const short = (value: number): string => `${Number(value.toPrecision(4))}`;
