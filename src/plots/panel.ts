/** One panel of a chart: axes, grid, curves, levels, and what they are called beside their ends. */
import { nice, tickStep, ticks } from "d3-array";
import { format, precisionFixed, precisionRound } from "d3-format";
import { around, band, drawable, type Points, type Range, rangeOf, thinned, usualRangeOf } from "./series.ts";
import { element, escaped, FONT, type Palette, type Role, tenths, widthOf } from "./svg.ts";

/** A curve as it is drawn. */
export interface DrawnCurve {
  readonly name: string;
  readonly role: Role;
  readonly points: Points;
  /** Drawn faintly behind it: what it is a mean of. */
  readonly each?: Points | undefined;
  readonly dashed?: boolean | undefined;
  /** Whether every point is marked. */
  readonly dots?: boolean | undefined;
}

/** A height with a name, such as the most that something can be. */
export interface Level {
  /** What is written beside it. */
  readonly name: string;
  /** Where it is on the vertical axis. */
  readonly value: number;
}

export interface PanelContent {
  readonly heading: string;
  readonly curves: readonly DrawnCurve[];
  readonly levels: readonly Level[];
  /** What the vertical axis shows. */
  readonly heights: Range;
}

/** Where in a picture the curves of a panel are. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** From numbers to pixels. */
export interface Scale {
  (value: number): number;
  readonly domain: Range;
}

/** A straight one, which gives `from` for the lowest number and `to` for the highest. */
export function linear(domain: Range, from: number, to: number): Scale {
  const factor = (to - from) / (domain.high - domain.low);
  return Object.assign((value: number) => from + (value - domain.low) * factor, { domain });
}

/** Between names beside each other's ends. */
const LINE = FONT + 3;

/** From the end of a curve to its name. */
const LEADER = 22;

/** From a frame to the names beside it. */
export const NAMES = LEADER + 4;

/** Of curves, and of levels. */
const [DASHES, DOTS] = ["7 5", "2 4"];

/** What may reach over the edge of a frame: half a line, half a dot. */
const BLEED = 4;

/** Columns of which a curve keeps the lowest and the highest point: more than those would make large files of long trainings, and nothing that can be seen. */
const COLUMNS = 400;

/** Round numbers on an axis, and how they are written: no more digits than tell them apart, very large and very small ones by powers of ten. */
export function tickTexts({ domain: { low, high } }: Scale, count: number): { readonly value: number; readonly text: string }[] {
  const step = Math.abs(tickStep(low, high, count));
  const most = Math.max(Math.abs(low), Math.abs(high));
  const byPowers = most >= 1e7 || most < 1e-3;
  const write = format(byPowers ? `.${Math.max(0, precisionRound(step, most) - 1)}~e` : `,.${precisionFixed(step)}f`);
  return ticks(low, high, count).map((value) => ({ value, text: write(value) }));
}

/** Pixels to the right of a frame that the names of curves and levels take. */
export const roomForNames = (names: readonly string[]): number =>
  names.length === 0 ? 12 : NAMES + 4 + Math.max(...names.map((name) => widthOf(name, FONT)));

/** What a vertical axis shows, in round numbers: these ranges, the levels, and the curves, of noisy ones without their rarest values. */
export function heightsOf(curves: readonly DrawnCurve[], levels: readonly Level[], ranges: readonly Range[] = []): Range {
  const usual = curves.flatMap(({ points, each }) => (each ? [usualRangeOf(points.y), usualRangeOf(each.y)] : [rangeOf(points.y)]));
  const covered = around([...usual, ...levels.map(({ value }) => ({ low: value, high: value })), ...ranges]);
  // What is 0 but for rounding is not to begin another tick.
  const exact = (value: number) => (Math.abs(value) < 1e-9 * (covered.high - covered.low) ? 0 : value);
  const [low, high] = nice(exact(covered.low), exact(covered.high), 5);
  return { low, high };
}

const verticalScale = (heights: Range, { height }: Frame): Scale => linear(heights, height, 0);

export const horizontalScale = (steps: Range, { width }: Frame): Scale => linear(steps, 0, width);

/** Pixels to the left of a frame that the numbers of its axis take. */
export function roomForTicks(content: PanelContent, frame: Frame): number {
  const scale = verticalScale(content.heights, frame);
  const widest = Math.max(...tickTexts(scale, ticksFor(frame.height, 45)).map(({ text }) => widthOf(text, FONT)));
  return Math.max(20, 8 + widest);
}

const ticksFor = (pixels: number, each: number): number => Math.max(2, Math.round(pixels / each));

/** The panel as markup. */
export function panel(content: PanelContent, frame: Frame, across: Range, palette: Palette): string[] {
  const { left, top, width, height } = frame;
  const [x, y] = [horizontalScale(across, frame), verticalScale(content.heights, frame)];
  const numbers = tickTexts(y, ticksFor(height, 45)).map(({ value, text }) =>
    label(text, left - 6, top + y(value) + FONT * 0.35, { palette, role: "quiet", anchor: "end" }),
  );
  const inside = [
    ...gridLines(x, y, frame, palette),
    ...content.levels.map(({ value }) =>
      element("path", { d: `M0,${tenths(y(value))}H${tenths(width)}`, ...palette.paint({ stroke: "quiet" }), "stroke-dasharray": DOTS }),
    ),
    ...content.curves.flatMap((curve) => drawn(curve, x, y, palette)),
  ];
  const beyond = countBeyond(content);
  const note = beyond === 0 ? [] : [label(`${beyond} beyond the axis`, left + width, top - 8, { palette, role: "quiet", anchor: "end" })];
  return [
    label(content.heading, left, top - 8, { palette, role: "ink", weight: "600" }),
    ...note,
    ...numbers,
    window(frame, inside),
    ...names(content, y, frame, palette),
  ];
}

/** What is within a frame and nowhere else. An inner `svg` cuts it off there: a clipping path would need an id, of which a page may have another. */
export function window({ left, top, width, height }: Frame, content: readonly string[]): string {
  const [wide, high] = [width + 2 * BLEED, height + 2 * BLEED];
  const place = {
    x: left - BLEED,
    y: top - BLEED,
    width: wide,
    height: high,
    viewBox: `${-BLEED} ${-BLEED} ${tenths(wide)} ${tenths(high)}`,
    overflow: "hidden",
  };
  return element("svg", { ...place, fill: "none", "stroke-linejoin": "round", "stroke-linecap": "round" }, content.join("\n"));
}

/** Values that the axis leaves out. */
function countBeyond({ curves, heights: { low, high } }: PanelContent): number {
  let count = 0;
  for (const { points, each } of curves) {
    const { y } = each ?? points;
    for (let i = 0; i < y.length; i++) if (drawable(y[i]!) && (y[i]! < low || y[i]! > high)) count++;
  }
  return count;
}

/** Lines at the ticks of both axes, and one at zero. */
export function gridLines(x: Scale, y: Scale, { width, height }: Frame, palette: Palette): string[] {
  const upright = tickTexts(x, ticksFor(width, 90)).map(({ value }) => `M${tenths(x(value))},0V${tenths(height)}`);
  const level = tickTexts(y, ticksFor(height, 45)).map(({ value }) => `M0,${tenths(y(value))}H${tenths(width)}`);
  return [element("path", { d: [...upright, ...level].join(""), ...palette.paint({ stroke: "grid" }) })];
}

/** The numbers of the horizontal axis, and what they are. */
export function horizontalAxis(across: Range, frame: Frame, name: string, palette: Palette): string[] {
  const { left, top, width, height } = frame;
  const x = horizontalScale(across, frame);
  const below = top + height + FONT + 5;
  return [
    ...tickTexts(x, ticksFor(width, 90)).map(({ value, text }) => label(text, left + x(value), below, { palette, role: "quiet", anchor: "middle" })),
    ...(name === "" ? [] : [label(name, left + width / 2, below + LINE + 2, { palette, role: "quiet", anchor: "middle" })]),
  ];
}

/** What `horizontalAxis` takes below its frame. */
export const axisHeight = (name: string): number => (name === "" ? 26 : 44);

export function label(
  text: string,
  x: number,
  y: number,
  style: { readonly palette: Palette; readonly role: Role; readonly anchor?: "middle" | "end"; readonly weight?: string; readonly size?: number },
): string {
  const { palette, role, anchor, weight, size } = style;
  return element("text", { x, y, "text-anchor": anchor, "font-weight": weight, "font-size": size, ...palette.paint({ fill: role }) }, escaped(text));
}

function drawn({ points, each, role, dashed, dots }: DrawnCurve, x: Scale, y: Scale, palette: Palette): string[] {
  const marks = dots ? thinned(points, COLUMNS).filter(([, value]) => drawable(value)) : [];
  return [
    ...(each ? [faintly(each, role, x, y, palette)] : []),
    element("path", {
      d: path(thinned(points, each ? COLUMNS / 2 : COLUMNS), x, y), // a mean is smooth
      ...palette.paint({ stroke: role }),
      "stroke-width": 2,
      "stroke-dasharray": dashed ? DASHES : undefined,
    }),
    ...(marks.length > 0
      ? [element("path", { d: marks.map(([at, value]) => spot(x(at), y(value))).join(""), ...palette.paint({ stroke: role }), "stroke-width": 6 })]
      : []),
  ];
}

/** A noisy curve behind its mean: as it is, or, where it has more points than there are columns, as the band that it stays in. */
function faintly(points: Points, role: Role, x: Scale, y: Scale, palette: Palette): string {
  const bands = band(points, COLUMNS);
  if (!bands) return element("path", { d: path(thinned(points, COLUMNS), x, y), ...palette.paint({ stroke: role }), "stroke-opacity": "0.35" });
  const corners = bands.map(
    (columns) => [...columns.map(({ at, high }) => [at, high]), ...columns.map(({ at, low }) => [at, low]).reverse()] as [number, number][],
  );
  // Its outline too, without which a spike would be too thin to see.
  const d = corners.map((around) => `${path(around, x, y)}Z`).join("");
  return element("path", {
    d,
    ...palette.paint({ fill: role, stroke: role }),
    "fill-opacity": "0.25",
    "stroke-opacity": "0.25",
    "stroke-width": 0.8,
  });
}

/** A line through points; it breaks off where one cannot be drawn. */
function path(points: readonly (readonly [number, number])[], x: Scale, y: Scale): string {
  let open = false;
  let d = "";
  for (const [at, value] of points) {
    if (!drawable(value)) open = false;
    else {
      d += `${open ? "L" : "M"}${tenths(x(at))},${tenths(y(value))}`;
      if (!open) d += "h0"; // a dot, should nothing follow
      open = true;
    }
  }
  return d;
}

/** A line without length, which round ends make a dot. */
export const spot = (x: number, y: number): string => `M${tenths(x)},${tenths(y)}h0`;

/** What is called what: names to the right of where curves and levels end, apart from each other, each with a line that leads to it. */
function names({ curves, levels }: PanelContent, y: Scale, { left, top, width, height }: Frame, palette: Palette): string[] {
  const within = (value: number) => Math.max(0, Math.min(height, y(value)));
  const ends = [
    ...curves.map(({ name, role, points, dashed }) => ({
      name,
      role,
      at: within(lastOf(points.y) ?? y.domain.low),
      dashes: dashed ? DASHES : undefined,
    })),
    ...levels.map(({ name, value }) => ({ name, role: "quiet" as const, at: within(value), dashes: DOTS })),
  ];
  const places = apart(
    ends.map(({ at }) => at),
    LINE,
    height,
  );
  return ends.flatMap(({ name, role, at, dashes }, i) => {
    const place = places[i]!;
    const d = `M${tenths(left + width + 2)},${tenths(top + at)}L${tenths(left + width + LEADER)},${tenths(top + place)}`;
    return [
      element("path", { d, fill: "none", ...palette.paint({ stroke: role }), "stroke-width": 1.5, "stroke-dasharray": dashes }),
      label(name, left + width + NAMES, top + place + FONT * 0.35, { palette, role: "ink" }),
    ];
  });
}

function lastOf(values: ArrayLike<number>): number | undefined {
  for (let i = values.length - 1; i >= 0; i--) if (drawable(values[i]!)) return values[i]!;
  return undefined;
}

/** Places near those wanted, in their order, and at least so far apart as long as there is room within 0 to `most`. */
export function apart(wanted: readonly number[], distance: number, most: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  const step = Math.min(distance, most / Math.max(1, order.length - 1));
  const places = [...wanted];
  for (const [rank, i] of order.entries()) if (rank > 0) places[i] = Math.max(places[i]!, places[order[rank - 1]!]! + step);
  for (const [rank, i] of [...order.entries()].reverse()) {
    const ceiling = rank === order.length - 1 ? most : places[order[rank + 1]!]! - step;
    places[i] = Math.min(places[i]!, ceiling);
  }
  return places;
}
