/** Points in a plane. */
import { BYTE_VALUES, isBytes } from "../core/bytes.ts";
import { checkOptions, type Fields } from "../core/check.ts";
import { DataError, ShapeError, show } from "../core/errors.ts";
import { checkNumbers } from "./curves.ts";
import { type Chart, type ChartOptions, chartFields, range } from "./options.ts";
import { axisHeight, gridLines, horizontalAxis, horizontalScale, label, linear, spot, tickTexts, window } from "./panel.ts";
import { around, drawable, type Range, rangeOf } from "./series.ts";
import { element, FONT, Palette, picture, roleOf, widthOf } from "./svg.ts";

/** Points, and what they are called. */
export interface PointGroup {
  /** What the legend says. */
  readonly name: string;
  /** The points: a `Dataset` or what `gan.sample` gives will do. Of more than 2000, so many are drawn; points of which x or y is not finite are left out. */
  readonly points: PlanePoints;
}

/** Points in a plane, one after the other. */
export interface PlanePoints {
  /** x and y of the first, of the second, and so on. Bytes stand for [-1, 1], as they do in data. */
  readonly data: ArrayLike<number>;
  /** `[n, 2]`. */
  readonly shape: readonly number[];
}

/** How points are drawn. */
export interface PointsOptions extends ChartOptions {
  /** What both axes show. Default: all points. */
  readonly range?: readonly [low: number, high: number] | undefined;
}

const OPTIONS: Fields<Chart & { range: readonly [number, number] | undefined }> = {
  ...chartFields({ title: "Points", width: 320 }),
  range,
};

const MOST_GROUPS = 6;
const MOST_POINTS = 2000;

interface Group {
  readonly name: string;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * Draws points in a plane as an SVG, both axes to the same scale: data behind, for example, and what a generator makes in front.
 *
 * @param groups one to six, the first behind the others
 * @param options how it looks
 * @returns the text of an SVG file
 * @throws {@link DataError} or {@link ShapeError} for points that cannot be
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const svg = plotPoints([{ name: "data", points: ring({ count: 500, seed: 1 }) }], { title: "A ring" });
 * svg.slice(0, 4); // "<svg"
 */
export function plotPoints(groups: readonly PointGroup[], options: PointsOptions = {}): string {
  const { title, description, width, theme, range: both } = checkOptions(OPTIONS, options);
  if (!Array.isArray(groups) || groups.length === 0 || groups.length > MOST_GROUPS) {
    throw new DataError({ path: "groups", expected: `a list of 1 to ${MOST_GROUPS} groups of points`, got: show(groups) });
  }
  const all = Array.from(groups, (group, i) => checkGroup(group, `groups[${i}]`));
  const side = width - 56;
  const frame = { left: 44, top: 50, width: side, height: side };
  const [across, up] = both ? [both, both].map(([low, high]) => ({ low, high })) : square(all);
  const palette = new Palette(theme);
  const [x, y] = [horizontalScale(across!, frame), linear(up!, side, 0)];
  const inside = [
    ...gridLines(x, y, frame, palette),
    ...all.map((group, i) => {
      const spots = chosen(group.x.length).map((p) => spot(x(group.x[p]!), y(group.y[p]!)));
      return element("path", {
        d: spots.join(""),
        ...palette.paint({ stroke: roleOf(i) }),
        "stroke-width": 4,
        "stroke-opacity": i === 0 && all.length > 1 ? "0.35" : "0.7",
      });
    }),
  ];
  let place = frame.left;
  const legend = all.flatMap(({ name }, i) => {
    const at = place;
    place += 30 + widthOf(name, FONT);
    return [
      element("path", { d: spot(at + 4, 38), ...palette.paint({ stroke: roleOf(i) }), "stroke-width": 8, "stroke-linecap": "round" }),
      label(name, at + 13, 42, { palette, role: "ink" }),
    ];
  });
  return picture({
    width,
    height: frame.top + side + axisHeight(""),
    title,
    description: description ?? all.map(described).join(" "),
    palette,
    content: [
      label(title, frame.left, 20, { palette, role: "ink", weight: "600", size: 14 }),
      ...legend,
      ...tickTexts(y, 5).map(({ value, text }) =>
        label(text, frame.left - 6, frame.top + y(value) + FONT * 0.35, { palette, role: "quiet", anchor: "end" }),
      ),
      window(frame, inside),
      ...horizontalAxis(across!, frame, "", palette),
    ],
  });
}

function checkGroup(group: PointGroup, path: string): Group {
  if (typeof group !== "object" || group === null || typeof group.name !== "string" || typeof group.points !== "object" || group.points === null) {
    throw new DataError({ path, expected: "{ name, points: { data, shape } }", got: show(group) });
  }
  const { data, shape } = group.points;
  checkNumbers(data, `${path}.points.data`);
  if (!Array.isArray(shape) || shape.length !== 2 || shape[1] !== 2)
    throw new ShapeError({ path: `${path}.points.shape`, expected: "[n, 2]", got: show(shape) });
  if (shape[0] * 2 !== data.length)
    throw new ShapeError({
      path: `${path}.points.shape`,
      expected: `[${data.length / 2}, 2], as there are ${data.length} numbers`,
      got: show(shape),
    });
  const values = isBytes(data) ? Float32Array.from(data, (byte) => BYTE_VALUES[byte]!) : data;
  const drawn = Array.from({ length: shape[0] }, (_, i) => 2 * i).filter((at) => drawable(values[at]!) && drawable(values[at + 1]!));
  const [x, y] = [0, 1].map((axis) => Float64Array.from(drawn, (at) => values[at + axis]!)) as [Float64Array, Float64Array];
  return { name: group.name, x, y };
}

/** What both axes show, as long as each other, with a little room. */
function square(groups: readonly Group[]): [Range, Range] {
  const [across, up] = [around(groups.map(({ x }) => rangeOf(x))), around(groups.map(({ y }) => rangeOf(y)))];
  const half = 0.53 * Math.max(across.high - across.low, up.high - up.low);
  return [across, up].map(({ low, high }) => ({ low: (low + high) / 2 - half, high: (low + high) / 2 + half })) as [Range, Range];
}

/** The numbers of the points that are drawn. Many are thinned by steps of the golden ratio: every so many would miss whole kinds of points that come by turns. */
function chosen(count: number): number[] {
  if (count <= MOST_POINTS) return Array.from({ length: count }, (_, i) => i);
  const golden = (Math.sqrt(5) - 1) / 2;
  return Array.from({ length: MOST_POINTS }, (_, i) => Math.floor(((i * golden) % 1) * count));
}

function described({ name, x, y }: Group): string {
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${name}: ${x.length} points${x.length === 0 ? "" : `, around (${[x, y].map((values) => mean(values).toFixed(2)).join(", ")})`}.`;
}
