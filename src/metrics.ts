/**
 * How far samples are from data: metrics on arrays of numbers, and what trains to tell.
 *
 * @module ganvas/metrics
 */

import { bytesOf } from "./core/arrays.ts";
import { BackendError, CheckpointError, show } from "./core/errors.ts";
import type { Examples } from "./data/dataset.ts";
import type { Classifier } from "./evaluation/classifier.ts";
import type { ClassifierOptions } from "./evaluation/classifierTraining.ts";
import type { DivergenceEstimate, DivergenceOptions } from "./evaluation/divergence.ts";
import type { ComputeOptions, OpenExecutor } from "./evaluation/options.ts";
import type { Features } from "./metrics/features.ts";

/** What computes is imported where it is asked for: who wants a distance alone need not load it. */
const openExecutor: OpenExecutor = async ({ backend, threads }) => {
  if (backend !== "reference") {
    const { createWasmExecutor } = await import("./exec/wasm/executor.ts");
    try {
      return await createWasmExecutor({ threads, reason: backend === "wasm" ? "asked for" : "the fastest here" });
    } catch (error) {
      if (backend === "wasm" || !(error instanceof BackendError)) throw error;
    }
  }
  const { createReferenceExecutor } = await import("./exec/reference/executor.ts");
  return createReferenceExecutor();
};

/**
 * Trains a small classifier, by which samples are judged: its features for {@link createFeatures}, its classes for the modes that a GAN has lost.
 *
 * The same data, options and machine give the same classifier. It learns from its part of the examples alone; by those held out its `accuracy` is told.
 *
 * @param data examples, each with its class as label
 * @param options how it learns, and where it computes
 * @throws {@link SpecError} with every fault of the options at once
 * @throws {@link DataError} for examples that are faulty or too few, labels that are missing or beyond the classes, or of one class alone
 * @throws {@link BackendError} when the backend is not there, or has too little memory
 * @throws {@link TrainingError} when the loss is no longer finite
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * const classifier = await trainClassifier(digits, { features: 64, steps: 10, seed: 1 });
 * const features = await classifier.features(digits);
 * features.shape.join(); // "200,64"
 */
export async function trainClassifier(data: Examples, options: ClassifierOptions = {}): Promise<Classifier> {
  const { trainOn } = await import("./evaluation/classifierTraining.ts");
  return trainOn(data, options, openExecutor);
}

/**
 * Makes a classifier as `save` left it. The file may be a stranger's: it is checked before anything comes of it.
 *
 * @param bytes the file, which is not needed any more when the classifier is there
 * @param options where it computes; the file does not say
 * @throws {@link CheckpointError} when the file is damaged or not of this kind
 * @throws {@link SpecError} with every fault of the options at once
 * @throws {@link BackendError} when the backend is not there, or has too little memory
 *
 * @example
 * await writeFile("classifier.safetensors", await classifier.save());
 * const loaded = await loadClassifier(await readFile("classifier.safetensors"), { threads: 1 });
 * loaded.spec.shape.join(); // "28,28,1"
 */
export async function loadClassifier(bytes: Uint8Array | ArrayBuffer, options: ComputeOptions = {}): Promise<Classifier> {
  const file = bytesOf(bytes);
  if (!file) throw new CheckpointError({ path: "bytes", expected: "a Uint8Array or an ArrayBuffer", got: show(bytes) });
  const { openClassifier } = await import("./evaluation/classifierOpening.ts");
  return openClassifier(file, options, openExecutor);
}

/**
 * How far samples are from data by a discriminator of its own: a fresh one is trained on three fifths of both sets until a further fifth says that it gets no better, and what it tells of the last
 * fifth, which it has never seen, is the divergence, with an interval. A discriminator in training says less: it runs after a generator that moves on.
 *
 * For "wasserstein-1" its slope is bounded to 1 by its layers, so that what it tells is never too much by more than chance; images count as vectors for it. A few thousand samples of few
 * dimensions take seconds. The same samples and options give the same result on every machine with WebAssembly.
 *
 * @param real samples of the data, `[n, d]` or images `[n, H, W, C]`, 50 at least
 * @param fake samples of the generator, of the same shape but for their number
 * @param options what is estimated, and how
 * @throws {@link SpecError} with every fault of the options at once
 * @throws {@link DataError} for sets that are too small, or of numbers that are not finite
 * @throws {@link ShapeError} for samples of different shapes
 * @throws {@link BackendError} when the backend is not there, or has too little memory
 * @throws {@link TrainingError} when no discriminator has finite scores
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * const [real, fake] = [ring({ count: 500, seed: 1 }), grid({ count: 500, seed: 1 })];
 * const { value, interval, ceiling } = await estimateDivergence(real, fake, { objective: "jensen-shannon", steps: 50 });
 * value < ceiling; // true
 */
export async function estimateDivergence(real: Features, fake: Features, options: DivergenceOptions = {}): Promise<DivergenceEstimate> {
  const { estimate } = await import("./evaluation/divergence.ts");
  return estimate(real, fake, options, openExecutor);
}

export {
  BackendError,
  CheckpointError,
  DataError,
  type ErrorDetail,
  GanvasError,
  ShapeError,
  SpecError,
  StateError,
  TrainingError,
} from "./core/errors.ts";
export type { Classifier } from "./evaluation/classifier.ts";
export type { ClassifierSpec } from "./evaluation/classifierSpec.ts";
export type { ClassifierOptions, ClassifierStep } from "./evaluation/classifierTraining.ts";
export type { DivergenceEstimate, DivergenceOptions } from "./evaluation/divergence.ts";
export { type ClassSource, type EvaluateOptions, type EvaluationData, evaluate, type Generator } from "./evaluation/evaluate.ts";
export type { Evaluation, EvaluationRow } from "./evaluation/evaluation.ts";
export {
  createFeatures,
  type FeatureExtractor,
  type FeatureSource,
  type Model,
  type ModelInput,
  type ModelOptions,
  type ModelOutput,
  type PixelOptions,
} from "./evaluation/extractors.ts";
export type { EvaluationMetric } from "./evaluation/metrics.ts";
export type { ComputeOptions } from "./evaluation/options.ts";
export type { ImageBatch } from "./evaluation/rows.ts";
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
export type { DivergenceKind } from "./objective/divergence.ts";
export type { DivergenceName } from "./objective/objectives.ts";
