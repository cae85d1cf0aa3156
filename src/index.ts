/**
 * The training entry: make a GAN, or load one.
 *
 * @module ganvas
 */

import { bytesOf } from "./core/arrays.ts";
import { BackendError, CheckpointError, show } from "./core/errors.ts";
import type { Executor } from "./exec/executor.ts";
import { createReferenceExecutor } from "./exec/reference/executor.ts";
import { createWasmExecutor, type WasmOptions } from "./exec/wasm/executor.ts";
import { takeKernels } from "./exec/wasm/run/module.ts";
import { GAN } from "./gan/gan.ts";
import type { HostOptions } from "./gan/host.ts";
import { type BackendOptions, type BackendRequest, type CreateOptions, checkBackendOptions, checkCreateOptions } from "./gan/options.ts";
import { readSnapshot } from "./gan/snapshot.ts";

/**
 * Makes a GAN with fresh weights.
 *
 * @param options what it is and where it computes; only `shape` must be given
 * @throws {@link SpecError} with every fault of the options at once, but first for what cannot be read, holes in lists among it
 * @throws {@link BackendError} when the backend is not there, or training needs more memory than it may have
 *
 * @example
 * const gan = await createGAN({ shape: [28, 28, 1], architecture: "dcgan", objective: "wasserstein-gp", seed: 1 });
 * gan.spec.objective.discriminatorSteps; // 5
 */
export async function createGAN(options: CreateOptions): Promise<GAN> {
  const { spec, request } = checkCreateOptions(options);
  return open(request, { spec });
}

/**
 * Makes a GAN as `save` left it: trained further, it takes the very steps it would have taken without the break.
 *
 * The file may be a stranger's: it is checked before anything comes of it. Whether there is memory to train it is found out at once too, but for networks of so many layers that
 * it would take long, where it is found out when they are first trained. A network has at most 256 layers, a header 2 MiB, and any file below 1 MB takes no more than a second and 64 MB. What the GAN then takes to sample and to train follows from its `spec`;
 * `maxMemory` bounds it.
 *
 * @param bytes the file. It is not copied before it is needed, so leave it as it is until the GAN has trained or is disposed of
 * @param options where it computes; the file does not say
 * @throws {@link CheckpointError} when the file is damaged or not of this kind
 * @throws {@link SpecError} with every fault of the options at once
 * @throws {@link BackendError} when the backend is not there, or training needs more memory than it may have
 *
 * @example
 * const gan = await loadGAN(await readFile("model.safetensors"), { backend: "wasm" });
 * const faces = await gan.sample({ count: 4 });
 */
export async function loadGAN(bytes: Uint8Array | ArrayBuffer, options: BackendOptions = {}): Promise<GAN> {
  const request = checkBackendOptions(options);
  const file = bytesOf(bytes);
  if (!file) throw new CheckpointError({ path: "bytes", expected: "a Uint8Array or an ArrayBuffer", got: show(bytes) });
  const snapshot = readSnapshot(file);
  return open(request, { spec: snapshot.spec, snapshot });
}

async function open(request: BackendRequest, model: Pick<HostOptions, "spec" | "snapshot">): Promise<GAN> {
  const { backend, maxMemory } = request;
  const wasm = await ofWasm(request);
  const fallback: HostOptions["fallback"] = async (failure, from) => {
    if (from.name === "webgpu") return createWasmExecutor({ ...wasm, reproducible: false, reason: `WebGPU failed: ${failure.got}` });
    // What WebAssembly cannot have it cannot have another time; but threads that ended may be begun anew.
    if (!failure.lost) throw failure;
    return createWasmExecutor({ ...wasm, reason: `begun anew, as threads failed: ${failure.got}` });
  };
  // A GPU that was asked for by name is not given up.
  return GAN.open(await chooseExecutor(request, wasm), { ...model, maxMemory, fallback: backend === "webgpu" ? undefined : fallback });
}

/** What is asked of WebAssembly, if it comes to that. Kernels that are handed in are read once, as a Response can be. */
async function ofWasm({ backend, threads, reproducible, workers, wasm }: BackendRequest): Promise<WasmOptions> {
  const taken = wasm !== undefined && (backend === "wasm" || backend === "auto");
  return {
    threads,
    reproducible,
    url: typeof workers?.url === "object" ? workers.url.href : workers?.url,
    wasm: taken ? await takeKernels(wasm) : undefined,
  };
}

async function chooseExecutor({ backend, device, reproducible }: BackendRequest, options: WasmOptions): Promise<Executor> {
  if (backend === "reference") return createReferenceExecutor();
  const wasm = (reason: string) => createWasmExecutor({ ...options, reason });
  if (backend === "wasm") return wasm("asked for");
  if (reproducible) {
    if (backend === "auto") return wasm("the only backend whose results are the same bits everywhere");
    throw new BackendError({ path: "reproducible", expected: 'false with backend "webgpu", as GPUs differ in their last bits', got: "true" });
  }
  // TensorFlow.js comes with this module, and only where there is a GPU.
  const { createTfjsExecutor } = await import("./exec/tfjs/executor.ts");
  if (backend === "webgpu") return createTfjsExecutor({ device });
  try {
    return await createTfjsExecutor({ device, software: false, reason: "there is a GPU" });
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return wasm(`no WebGPU: ${error.got}`);
  }
}

export type { ErrorDetail } from "./core/errors.ts";
export { BackendError, CheckpointError, DataError, GanvasError, ShapeError, SpecError, StateError, TrainingError } from "./core/errors.ts";
export * from "./core/platform.ts";
export type { Shape } from "./core/shape.ts";
export type { TrainingData } from "./data/batches.ts";
export { type Batch, Dataset, type Examples } from "./data/dataset.ts";
export type { BatchLike } from "./data/iterated.ts";
export type { LazyDataset } from "./data/lazy.ts";
export type { TensorLike } from "./data/tensor.ts";
export type { Values } from "./data/values.ts";
export type { Backend, MemoryReport } from "./exec/executor.ts";
export { type GridOptions, Image, Images, type TensorMaker } from "./formats/image.ts";
export type { CheckpointOptions } from "./gan/checkpoints.ts";
export type { CallOptions, DrawOptions, LatentOptions } from "./gan/drawOptions.ts";
export type { GAN } from "./gan/gan.ts";
export type { WeightType } from "./gan/generatorWriter.ts";
export type { DiagnosisName } from "./gan/health/diagnoses.ts";
export type { HealthEvent } from "./gan/health/monitor.ts";
export type { ProbeReport } from "./gan/health/records.ts";
export type { Rollback } from "./gan/health/rollback.ts";
export type {
  BackendOptions,
  CreateOptions,
  DiscriminateOptions,
  PrepareOptions,
  SampleOptions,
  SaveOptions,
  TrainOptions,
} from "./gan/options.ts";
export type { StepReport, TrainReport, TrainSummary } from "./gan/reports.ts";
export type { GANOptions, GANSpec } from "./gan/spec.ts";
export type { DCGANParameters } from "./nn/architectures/dcgan.ts";
export type { R3GANParameters } from "./nn/architectures/r3gan.ts";
export type { ArchitectureName, ArchitectureSpec } from "./nn/architectures/table.ts";
export type { GeneratorClasses, GeneratorMethod, ImageCondition, VectorCondition } from "./nn/condition.ts";
export type { ClassCondition, ClassConditionSpec, Condition, ConditionSpec, DiscriminatorMethod } from "./nn/conditionSpec.ts";
export type { Initialization } from "./nn/init.ts";
export type { SelfAttentionSpec } from "./nn/layers/attention.ts";
export type { DiscriminativeBasisSpec, GenerativeBasisSpec } from "./nn/layers/basis.ts";
export type { Conv2dSpec, Conv2dTransposeSpec, DenseSpec } from "./nn/layers/linear.ts";
export type { BatchNormSpec, GroupNormSpec, InstanceNormSpec, LayerNormSpec, MinibatchStdDevSpec, PixelNormSpec } from "./nn/layers/normalisation.ts";
export type {
  ActivationSpec,
  AvgPoolSpec,
  DropoutSpec,
  FlattenSpec,
  GlobalPoolSpec,
  ReshapeSpec,
  UpsampleSpec,
} from "./nn/layers/shaping.ts";
export type { ConstantSpec, ModulatedConv2dSpec, NoiseSpec } from "./nn/layers/style.ts";
export type { Layer, LayerSpec, ResidualLayer, ResidualSpec, StyledLayer, StyledSpec } from "./nn/layers/table.ts";
export type { CustomArchitecture, NetworkOptions, NetworkSpec } from "./nn/spec.ts";
export type { AdaptiveAugmentation, AdaptiveProbability, AugmentOptions, AugmentSpec, FixedAugmentation } from "./objective/augment.ts";
export type { AugmentationName } from "./objective/augmentations.ts";
export type { Averaging, AveragingByDecay, AveragingByHalfLife, AveragingOptions } from "./objective/averaging.ts";
export type { Divergence, DivergenceKind } from "./objective/divergence.ts";
export type { CommonParameters, DivergenceName, LeastSquaresParameters, ObjectiveName, ObjectiveSpec } from "./objective/objectives.ts";
export type { AdamSpec, OptimizerSpec, RMSPropSpec } from "./objective/optimizers.ts";
export type { PresetName, PresetOptions } from "./objective/presets.ts";
export type { LazyPenalty, RegularizerName, RegularizerSpec, SquaredSlope } from "./objective/regularizers.ts";
export type { ReportName, StepSeries, StepValues } from "./objective/reports.ts";
export type { Curve, Schedule } from "./objective/scheduled.ts";
export type { LearningOptions, LearningSpec, OptimizerOptions } from "./objective/spec.ts";
