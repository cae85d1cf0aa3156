/** How a training went: what `train` tells, as a picture. */
import { checkOptions, type Fields, integer, optional } from "../core/check.ts";
import { DataError, show } from "../core/errors.ts";
import { checkNumbers, described, short, smoothed } from "./curves.ts";
import { type Chart, type ChartOptions, chartFields } from "./options.ts";
import {
  axisHeight,
  type DrawnCurve,
  type Frame,
  heightsOf,
  horizontalAxis,
  horizontalScale,
  type Level,
  label,
  NAMES,
  type PanelContent,
  panel,
  roomForNames,
  roomForTicks,
  spot,
  tickTexts,
} from "./panel.ts";
import { around, drawable, evenly, type Range } from "./series.ts";
import { element, escaped, FONT, Palette, picture, roleOf, tenths } from "./svg.ts";

/** What a picture of a training is made of: what `train` gives. All but the losses may be missing. */
export interface TrainingReport {
  /** What the discriminator minimised, step by step. */
  readonly discriminatorLosses: ArrayLike<number>;
  /** What the generator minimised, step by step. */
  readonly generatorLosses: ArrayLike<number>;
  /** The estimate of the divergence, step by step. */
  readonly divergences?: ArrayLike<number> | undefined;
  /** What the divergence is. */
  readonly divergence?: PlottedDivergence | undefined;
  /** What was looked at now and then. */
  readonly probes?: readonly PlottedProbe[] | undefined;
  /** What began to go wrong, and what ceased to. */
  readonly health?: readonly PlottedHealth[] | undefined;
}

/** What it is that is estimated at each step. */
export interface PlottedDivergence {
  /** Its name, such as "jensen-shannon". */
  readonly name: string;
  /** The most that it can be; none is drawn where it is infinite, which in JSON is null. */
  readonly ceiling?: number | null | undefined;
}

/** A look at data that were held out. */
export interface PlottedProbe {
  /** The step after which it was taken. */
  readonly step: number;
  /** The divergence from these data; undefined where there are none, or null. */
  readonly heldOut?: number | null | undefined;
}

/** Something that is not well from a step on, or well again. */
export interface PlottedHealth {
  /** The step. */
  readonly step: number;
  /** What it is called. */
  readonly name: string;
  /** Whether it began or ended. */
  readonly state: "raised" | "cleared";
  /** By what it is known. */
  readonly evidence?: string | undefined;
  /** What helps. */
  readonly remedy?: string | undefined;
}

/** How a training is drawn. */
export interface TrainingPlotOptions extends ChartOptions {
  /** The number of the report's first step, at least 1; that of a GAN that had been trained before is greater. Default 1. */
  readonly firstStep?: number | undefined;
}

const OPTIONS: Fields<Chart & { firstStep: number }> = {
  ...chartFields({ title: "Training", width: 600 }),
  firstStep: optional(integer(1, Number.MAX_SAFE_INTEGER), 1),
};

/** Divergences by their names in reports, as they are written; and the unit of those that have one. */
const DIVERGENCES: Readonly<Record<string, string>> = {
  "jensen-shannon": "Jensen-Shannon divergence, nats",
  "jensen-shannon-of-pairs": "Jensen-Shannon divergence of pairs, nats",
  "triangular-discrimination": "Triangular discrimination",
  "total-variation": "Total variation distance",
  "wasserstein-1": "Wasserstein-1 distance",
};

/**
 * Draws how a training went as an SVG: both losses, the divergence between data and generator under its ceiling, and what was not well, all over the same steps. Each step is drawn faintly, and
 * boldly a running mean over a fiftieth of them. The text depends on the arguments alone, and stays small however many steps there are.
 *
 * @param given the report: what `train` gave, or lists of the same names. Numbers that are not finite are gaps, and so is null, which JSON makes of them
 * @param options how it looks
 * @returns the text of an SVG file, which can also stand in a page as it is
 * @throws {@link DataError} for a report that cannot be
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const report = await gan.train(dataset, { steps: 3 });
 * await writeFile("training.svg", plotTraining(report, { title: "The first steps" }));
 */
export function plotTraining(given: TrainingReport, options: TrainingPlotOptions = {}): string {
  const { title, description, width, theme, firstStep } = checkOptions(OPTIONS, options);
  const report = typeof given === "object" && given !== null ? withGaps(given) : given;
  checkReport(report);
  const palette = new Palette(theme);
  const panels = [losses(report, firstStep), divergence(report, firstStep)].filter((content) => content !== null);
  const lanes = report.health === undefined ? null : lanesOf(report.health);
  const steps = Math.max(1, report.discriminatorLosses.length);
  const across = around([{ low: firstStep, high: firstStep + steps - 1 }]);

  const names = panels.flatMap(({ curves, levels }) => [...curves, ...levels].map(({ name }) => name));
  const right = roomForNames([...names, ...(lanes ?? []).map(({ name }) => name)]);
  const frames: Frame[] = [];
  let bottom = 34;
  for (const { tall } of panels) {
    frames.push({ left: 0, top: bottom + 26, width, height: tall });
    bottom += 26 + tall + 8;
  }
  const left = 10 + Math.max(...panels.map((content, i) => roomForTicks(content, frames[i]!)));
  const inner = { left, width: Math.max(60, width - left - right) };
  const markup = panels.flatMap((content, i) => panel(content, { ...frames[i]!, ...inner }, across, palette));
  if (lanes) {
    const frame = { ...inner, top: bottom + 26, height: lanes.length * LANE };
    markup.push(...laneMarkup(lanes, frame, across, palette));
    bottom = frame.top + frame.height;
  } else bottom -= 8;
  return picture({
    width,
    height: bottom + axisHeight("step"),
    title,
    description: description ?? summary(panels, report),
    palette,
    content: [
      label(title, left, 24, { palette, role: "ink", weight: "600", size: 15 }),
      ...markup,
      ...horizontalAxis(across, { ...inner, top: bottom, height: 0 }, "step", palette),
    ],
  });
}

type TrainingPanel = PanelContent & { readonly tall: number };

function losses({ discriminatorLosses, generatorLosses }: TrainingReport, start: number): TrainingPanel {
  const curves = [
    { role: roleOf(0), ...smoothed("discriminator", evenly(discriminatorLosses, start), true) },
    { role: roleOf(1), ...smoothed("generator", evenly(generatorLosses, start), true) },
  ];
  return { heading: "Losses", curves, levels: [], heights: heightsOf(curves, []), tall: 150 };
}

function divergence({ divergences, divergence, probes }: TrainingReport, start: number): TrainingPanel | null {
  if (divergences === undefined) return null;
  const held = (probes ?? []).filter(({ heldOut }) => typeof heldOut === "number");
  const onTraining: DrawnCurve = { role: roleOf(2), ...smoothed(held.length > 0 ? "training data" : "live", evenly(divergences, start), true) };
  const onHeldOut = {
    name: "held-out data",
    role: roleOf(3),
    points: { x: held.map(({ step }) => step), y: held.map(({ heldOut }) => heldOut!) },
    dots: true,
  };
  const ceiling = divergence?.ceiling;
  const levels: Level[] = typeof ceiling === "number" && drawable(ceiling) ? [{ name: `ceiling ${short(ceiling)}`, value: ceiling }] : [];
  const heading = divergence ? (DIVERGENCES[divergence.name] ?? divergence.name) : "Divergence";
  const curves = held.length > 0 ? [onTraining, onHeldOut] : [onTraining];
  return { heading, curves, levels, heights: heightsOf(curves, levels, [{ low: 0, high: 0 }]), tall: 150 };
}

/** The times when one thing was not well. */
interface Lane {
  readonly name: string;
  /** `to` is undefined of one that lasts. */
  readonly spells: { readonly from: number; to?: number; readonly about: string }[];
}

const LANE = 22;

function lanesOf(health: readonly PlottedHealth[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const { step, name, state, evidence, remedy } of health) {
    const lane = lanes.get(name) ?? { name, spells: [] };
    lanes.set(name, lane);
    const last = lane.spells.at(-1);
    const lasts = last !== undefined && last.to === undefined;
    if (state === "cleared") {
      if (lasts) last.to = step;
    } else if (!lasts) lane.spells.push({ from: step, about: [`${name}, step ${step}`, evidence, remedy].filter((part) => part).join(": ") });
  }
  return [...lanes.values()];
}

function laneMarkup(lanes: readonly Lane[], frame: Frame, across: Range, palette: Palette): string[] {
  const { left, top, width, height } = frame;
  const x = horizontalScale(across, frame);
  const place = (step: number) => left + Math.max(0, Math.min(width, x(step)));
  const heading = lanes.length === 0 ? "Health: no warnings" : "Health";
  const upright = tickTexts(x, Math.max(2, Math.round(width / 90))).map(({ value }) => `M${tenths(left + x(value))},${top}V${tenths(top + height)}`);
  return [
    label(heading, left, top - 8, { palette, role: "ink", weight: "600" }),
    ...(lanes.length === 0 ? [] : [element("path", { d: upright.join(""), ...palette.paint({ stroke: "grid" }) })]),
    ...lanes.flatMap(({ name, spells }, i) => {
      const middle = tenths(top + (i + 0.5) * LANE);
      const bars = spells.map(({ from, to, about }) => {
        const [begin, end] = [place(from), to === undefined ? left + width : place(to)];
        const bar = element("path", { d: `M${tenths(begin)},${middle}H${tenths(end)}`, ...palette.paint({ stroke: "alarm" }), "stroke-width": 4 });
        const start = element("path", {
          d: spot(begin, middle),
          ...palette.paint({ stroke: "alarm" }),
          "stroke-width": 9,
          "stroke-linecap": "round",
        });
        return element("g", {}, [element("title", {}, escaped(about)), bar, start].join(""));
      });
      return [
        element("path", { d: `M${tenths(left)},${middle}H${tenths(left + width)}`, ...palette.paint({ stroke: "grid" }) }),
        ...bars,
        label(name, left + width + NAMES, middle + FONT * 0.35, { palette, role: "ink" }),
      ];
    }),
  ];
}

function summary(panels: readonly TrainingPanel[], { health }: TrainingReport): string {
  const curves = panels.flatMap(({ heading, curves, levels }) => [`${heading}.`, ...curves.map(described), ...levels.map(({ name }) => `${name}.`)]);
  const events = (health ?? []).map(({ step, name, state, evidence }) => `${name} ${state} at step ${step}${evidence ? `: ${evidence}` : ""}.`);
  return [...curves, ...events.slice(0, 20), ...(events.length > 20 ? [`${events.length - 20} more.`] : [])].join(" ");
}

const SERIES = ["discriminatorLosses", "generatorLosses", "divergences"] as const;

/** A report in which numbers that JSON could not tell are none. */
function withGaps(report: TrainingReport): TrainingReport {
  const lists = SERIES.map((name) => [name, report[name]] as const).filter(([, values]) => Array.isArray(values) && values.includes(null));
  return {
    ...report,
    ...Object.fromEntries(lists.map(([name, values]) => [name, (values as (number | null)[]).map((value) => value ?? Number.NaN)])),
  };
}

function checkReport(report: TrainingReport): void {
  if (typeof report !== "object" || report === null) {
    throw new DataError({ path: "report", expected: "what train gives: { discriminatorLosses, generatorLosses, ... }", got: show(report) });
  }
  checkNumbers(report.discriminatorLosses, "report.discriminatorLosses");
  for (const name of ["generatorLosses", "divergences"] as const) {
    const values = report[name];
    if (values === undefined && name === "divergences") continue;
    checkNumbers(values, `report.${name}`);
    const { length } = report.discriminatorLosses;
    if (values.length !== length)
      throw new DataError({ path: `report.${name}`, expected: `${length} numbers, as there are discriminatorLosses`, got: `${values.length}` });
  }
  const { divergence } = report;
  if (divergence !== undefined && !(isObject(divergence) && typeof divergence.name === "string" && isNumberOrNone(divergence.ceiling))) {
    throw new DataError({ path: "report.divergence", expected: "an object with name, and ceiling where there is one", got: show(divergence) });
  }
  for (const [name, fields] of [
    ["probes", ["step"]],
    ["health", ["step", "name", "state"]],
  ] as const) {
    const list: unknown = report[name];
    if (list === undefined) continue;
    if (!Array.isArray(list)) throw new DataError({ path: `report.${name}`, expected: "a list", got: show(list) });
    for (const [i, entry] of list.entries()) {
      const fits =
        isObject(entry) &&
        fields.every((field) => typeof entry[field] === (field === "step" ? "number" : "string")) &&
        (name !== "probes" || isNumberOrNone(entry.heldOut));
      if (!fits) throw new DataError({ path: `report.${name}[${i}]`, expected: `an object with ${fields.join(", ")}`, got: show(entry) });
    }
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

const isNumberOrNone = (value: unknown): boolean => value === undefined || value === null || typeof value === "number";
