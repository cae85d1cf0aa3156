/**
 * The sampling entry: pictures from a model's file, for services at the edge and anything else that does not train.
 *
 * @module ganvas/sample
 */

import { bytesOf } from "./core/arrays.ts";
import { checkOptions, type Fields, integer, optional } from "./core/check.ts";
import { CheckpointError, show } from "./core/errors.ts";
import { SAMPLER_MEMORY } from "./core/limits.ts";
import type { WasmSource } from "./core/platform.ts";
import { createSamplingExecutor, samplingKernels } from "./exec/wasm/sampling.ts";
import { WASM } from "./gan/drawOptions.ts";
import { decodeGenerator } from "./gan/generatorFile.ts";
import { ImageSampler } from "./gan/imageSampler.ts";

/** What a sampler may have. Nothing must be given. */
export interface SamplerOptions {
  /**
   * The kernels, where the runtime bars compiling those that this module carries: `ganvas/sample.wasm` as a `WebAssembly.Module`, its bytes, a `Response`, or a URL. Edge runtimes that know the
   * conditions "workerd" or "edge-light" need none. Default: those carried.
   */
  readonly wasm?: WasmSource | undefined;
  /** Bytes it may hold, at least 1. Default: 96 MiB on edge runtimes, whose isolates have 128 MB, else what WebAssembly can have. */
  readonly maxMemory?: number | undefined;
}

const OPTIONS: Fields<{ wasm: WasmSource | undefined; maxMemory: number | undefined }> = {
  wasm: WASM,
  maxMemory: optional<number | undefined>(integer(1, Number.MAX_SAFE_INTEGER), undefined),
};

/**
 * Makes a sampler of what `gan.save` wrote: a generator alone (`save({ generatorOnly: true })`), or a whole checkpoint, of which it takes the generator. It computes in the thread that calls.
 *
 * The file may be a stranger's: it is checked before anything comes of it. It is not needed any more when the sampler is there.
 *
 * @param file the bytes
 * @param options what it may have
 * @throws {@link CheckpointError} when the file is damaged or not of this kind
 * @throws {@link SpecError} with every fault of the options at once
 * @throws {@link BackendError} when it needs more memory than it may have, before any is allocated, or when the kernels cannot be had
 *
 * @example
 * const sampler = await createSampler(await readFile("generator.safetensors"));
 * const face = await sampler.sample({ seed: 7 });
 * await writeFile("face.png", await face.toPNG());
 */
export async function createSampler(file: Uint8Array | ArrayBuffer, options: SamplerOptions = {}): Promise<ImageSampler> {
  const { wasm, maxMemory = SAMPLER_MEMORY } = checkOptions(OPTIONS, options);
  const bytes = bytesOf(file);
  if (!bytes) throw new CheckpointError({ path: "file", expected: "a Uint8Array or an ArrayBuffer", got: show(file) });
  const generator = decodeGenerator(bytes);
  const kernels = samplingKernels(wasm);
  kernels.catch(() => {}); // it is waited for below, unless there is no need for it
  const sampler = await ImageSampler.open(createSamplingExecutor(kernels), generator, maxMemory);
  try {
    await kernels;
    return sampler;
  } catch (error) {
    sampler.dispose();
    throw error;
  }
}

export type { ErrorDetail } from "./core/errors.ts";
export { BackendError, CheckpointError, DataError, GanvasError, ShapeError, SpecError, StateError } from "./core/errors.ts";
export * from "./core/platform.ts";
export type { Shape } from "./core/shape.ts";
export type { MemoryReport } from "./exec/executor.ts";
export { type GridOptions, Image, Images, type TensorMaker } from "./formats/image.ts";
export type { CallOptions, DrawOptions, LatentOptions } from "./gan/drawOptions.ts";
export type { ImageSampler } from "./gan/imageSampler.ts";
export type { GeneratorClasses, GeneratorCondition, GeneratorMethod, ImageCondition, VectorCondition } from "./nn/condition.ts";
export type { GeneratorSpec } from "./nn/generator.ts";
export type { SelfAttentionSpec } from "./nn/layers/attention.ts";
export type { Conv2dSpec, Conv2dTransposeSpec, DenseSpec } from "./nn/layers/linear.ts";
export type { BatchNormSpec, LayerNormSpec } from "./nn/layers/normalisation.ts";
export type { ActivationSpec, AvgPoolSpec, DropoutSpec, FlattenSpec, GlobalPoolSpec, ReshapeSpec, UpsampleSpec } from "./nn/layers/shaping.ts";
export type { Layer, ResidualLayer, StyledLayer } from "./nn/layers/table.ts";
