/** A generator alone as a file: what `sample` draws from, and nothing of training. */
import { SpecError, show } from "../core/errors.ts";
import type { Pause } from "../core/time.ts";
import { findOutside } from "../core/values.ts";
import { dequantize, quantize } from "../formats/channels.ts";
import { decodeFloats, type StoredTensor, toBfloat16, toFloat16 } from "../formats/dtypes.ts";
import { encodeSafetensors, type Tensor } from "../formats/safetensors.ts";
import type { ClassConditionSpec } from "../nn/conditionSpec.ts";
import { emaName, generatorTensors } from "../nn/generator.ts";
import type { NamedParameter } from "../nn/layers/table.ts";
import { type TrainingVariable, variables } from "../objective/variables.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { FORMAT, GENERATOR, scaleName, VERSION } from "./metadata.ts";
import type { GANSpec } from "./spec.ts";

/** How a file holds weights: as they are, rounded to 16 bits, or as integers of 8 bits with a float32 scale for each output channel. */
export type WeightType = "float32" | "float16" | "bfloat16" | "int8";

/** The name under which training has a tensor as `sample` uses it: the moving average's, where there is one. */
const sampledName = ({ ema }: GANSpec, name: string): string => (ema === false ? name : emaName(name));

/** The tensors of training that the file of a generator alone is made from. */
export function sampledVariables(spec: GANSpec): TrainingVariable[] {
  const names = new Set(generatorTensors(spec).map(({ name }) => sampledName(spec, name)));
  return variables(spec).filter(({ name }) => names.has(name));
}

/**
 * Writes the generator of a checkpoint as a safetensors file. Matrices and filters are of the type asked for; biases, gains and statistics, of which there are few and whose errors
 * cost much, are float32.
 *
 * @param checkpoint of which only `sampledVariables` must be there
 * @param pause awaited between tensors
 * @throws SpecError when the type has no finite number for a weight
 */
export async function encodeGenerator({ spec, progress, tensors }: Checkpoint, weights: WeightType, pause?: Pause): Promise<Uint8Array<ArrayBuffer>> {
  const written = new Map<string, Tensor | StoredTensor>();
  for (const parameter of generatorTensors(spec)) {
    const { data } = tensors.get(sampledName(spec, parameter.name))!;
    for (const [name, tensor] of narrowed(parameter, data, weights)) written.set(name, tensor);
    await pause?.();
  }
  const { shape, latent, architecture } = spec;
  const { discriminator: _, classWeight: __, ...told } = (spec.condition ?? {}) as Partial<ClassConditionSpec>;
  const condition = spec.condition && told;
  return encodeSafetensors(written, {
    format: FORMAT,
    version: VERSION,
    kind: GENERATOR,
    spec: JSON.stringify({ shape, latent, condition, architecture: { generator: architecture.generator } }),
    progress: JSON.stringify({ classesSeen: progress.classesSeen }),
  });
}

/** A tensor as the file has it, by the names it has there. */
function narrowed({ name, shape, outputAxis }: NamedParameter, values: Float32Array, weights: WeightType): [string, Tensor | StoredTensor][] {
  if (outputAxis === undefined || weights === "float32") return [[name, { shape, data: values }]];
  const read = new Float32Array(values.length);
  let within: boolean;
  const result: [string, StoredTensor][] = [];
  if (weights === "int8") {
    const quantized = quantize(values, shape, outputAxis);
    within = dequantize(quantized, shape, outputAxis, read);
    result.push([name, { dtype: "I8", shape, data: quantized.data }]);
    result.push([scaleName(name), { dtype: "F32", shape: [quantized.scale.length], data: quantized.scale }]);
  } else {
    const [dtype, data] = weights === "float16" ? (["F16", toFloat16(values)] as const) : (["BF16", toBfloat16(values)] as const);
    within = decodeFloats({ dtype, data }, read);
    result.push([name, { dtype, shape, data }]);
  }
  // What comes out of the file must be what may be in one.
  if (within) return result;
  const fault = findOutside(read);
  const got = `${show(weights)}, in which ${values[fault]} is ${read[fault]}`;
  throw new SpecError([{ path: "weights", expected: `a type that holds tensor ${show(name)}[${fault}]`, got }]);
}
