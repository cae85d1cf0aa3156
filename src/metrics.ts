/**
 * How far samples are from data: metrics on arrays of numbers, and what trains to tell.
 *
 * @module ganvas/metrics
 */

export { DataError, type ErrorDetail, GanvasError, ShapeError, SpecError } from "./core/errors.ts";
export type { Course, FeatureBatches, Features } from "./metrics/features.ts";
