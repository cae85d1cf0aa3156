/**
 * Pictures of a training, of curves and of points: SVG as text, on every runtime.
 *
 * @module ganvas/plots
 */

export { DataError, type ErrorDetail, GanvasError, ShapeError, SpecError } from "./core/errors.ts";
export { type Curve, type CurvesOptions, plotCurves } from "./plots/curves.ts";
export type { ChartOptions } from "./plots/options.ts";
export type { Level } from "./plots/panel.ts";
export { type PlanePoints, type PointGroup, type PointsOptions, plotPoints } from "./plots/points.ts";
export {
  type PlottedDivergence,
  type PlottedHealth,
  type PlottedProbe,
  plotTraining,
  type TrainingPlotOptions,
  type TrainingReport,
} from "./plots/training.ts";
