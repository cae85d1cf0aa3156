/**
 * How far samples are from data: metrics on arrays of numbers, and what trains to tell.
 *
 * @module ganvas/metrics
 */

export { DataError, type ErrorDetail, GanvasError, ShapeError, SpecError } from "./core/errors.ts";
export { jensenShannon, type KullbackLeiblerOptions, kullbackLeibler, totalVariation } from "./metrics/divergences.ts";
export type { Course, FeatureBatches, Features } from "./metrics/features.ts";
export { frechetDistance } from "./metrics/frechet.ts";
export { type HistogramOptions, type Histograms, histograms } from "./metrics/histograms.ts";
export { type KernelDistance, type KernelOptions, kernelDistance } from "./metrics/kernel.ts";
export { type DensityCoverage, densityCoverage, type ManifoldOptions, type PrecisionRecall, precisionRecall } from "./metrics/manifolds.ts";
export { type CentreOptions, type ClassOptions, classShares, type ModeCounts, modeCounts } from "./metrics/modes.ts";
export { type MultiScaleDistance, type MultiScaleSWDOptions, multiScaleSWD } from "./metrics/multiScale.ts";
export { type NeighbourOptions, type Neighbours, nearestNeighbours } from "./metrics/nearest.ts";
export { type EntropicTransport, type SinkhornOptions, sinkhorn } from "./metrics/sinkhorn.ts";
export { type SlicedWassersteinOptions, slicedWasserstein } from "./metrics/sliced.ts";
export { msSSIM, type PairOptions, type Similarity } from "./metrics/ssim.ts";
export {
  type ExactTransport,
  type Wasserstein1dOptions,
  type WassersteinExactOptions,
  wasserstein1d,
  wassersteinExact,
} from "./metrics/wasserstein.ts";
