/** The generator in a file, for those who only sample. Nothing of training is needed for it, and nothing is imported. */
import { show } from "../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import { findNegative, findOutside } from "../core/values.ts";
import { dequantize } from "../formats/channels.ts";
import { decodeFloats, type StoredTensor } from "../formats/dtypes.ts";
import { decodeSafetensors } from "../formats/safetensors.ts";
import { emaName, type GeneratorSpec, generatorTensors, resolveGenerator } from "../nn/generator.ts";
import type { NamedParameter } from "../nn/layers/table.ts";
import { checkClassesSeen, checkFormat, classCount, fail, GENERATOR, parseProgress, parseSpec, readSpec, SQUARES, scaleName } from "./metadata.ts";

/** A tensor of a generator as a file has it. Its values are looked at when they are read, each time anew. */
export interface GeneratorTensor {
  readonly shape: Shape;
  /**
   * Writes `into.length` of its values as float32, from value `first` (default 0) on.
   *
   * @throws CheckpointError when one is not finite or not below 2^127, or the file's bytes are gone
   */
  read(into: Float32Array, first?: number): void;
  /** All its values: where they lie in the file's bytes if they are float32, else in an array of their own. @throws CheckpointError as `read` */
  values(): Float32Array;
}

/** A generator as a file has it. */
export interface GeneratorFile {
  /** Plain JSON that cannot be changed. */
  readonly spec: GeneratorSpec;
  /** Examples of each class that training has seen; none where the condition is not a class. */
  readonly classesSeen: readonly number[];
  /** By the names of `generatorTensors(spec)`, in their order. Of a GAN that keeps a moving average, that is what they are. */
  readonly tensors: ReadonlyMap<string, GeneratorTensor>;
}

/**
 * Reads the generator of a file: one that holds nothing else, or a checkpoint, the rest of which is not looked at. Its tensors lie in the file's own bytes.
 *
 * @param bytes a file that `gan.save` gave, or one that claims to be
 * @throws CheckpointError when the file is damaged or of another kind or version, or does not hold these tensors
 */
export function decodeGenerator(bytes: Uint8Array): GeneratorFile {
  const { tensors: stored, metadata } = decodeSafetensors(bytes);
  checkFormat(metadata);
  const alone = metadata.kind === GENERATOR;
  if (!alone && metadata.kind !== undefined) fail("metadata.kind", `${show(GENERATOR)}, or none`, show(metadata.kind));
  const description = parseSpec(metadata);
  const spec = readSpec("a generator", () => resolveGenerator(description));
  const classesSeen = checkClassesSeen(parseProgress(metadata)?.classesSeen, classCount(spec.condition));
  const averaged = !alone && (description as { readonly ema?: unknown }).ema !== false;
  const known = new Set<string>();
  const tensors = new Map<string, GeneratorTensor>();
  for (const parameter of generatorTensors(spec)) {
    const name = averaged ? emaName(parameter.name) : parameter.name;
    const find = (name: string, shape: Shape): StoredTensor => {
      const tensor = stored.get(name);
      if (!tensor) fail(`tensor ${show(name)}`, `shape ${showShape(shape)}`, "no such tensor");
      if (!sameShape(tensor.shape, shape)) fail(`tensor ${show(name)}`, `shape ${showShape(shape)}`, showShape(tensor.shape));
      known.add(name);
      return tensor;
    };
    tensors.set(parameter.name, tensorOf(name, parameter, find));
  }
  if (alone) for (const name of stored.keys()) if (!known.has(name)) fail(`tensor ${show(name)}`, "no tensor of this name", "one");
  return { spec, classesSeen, tensors };
}

/** @param find gives a tensor of the file that must have this shape */
function tensorOf(name: string, { shape, outputAxis }: NamedParameter, find: (name: string, shape: Shape) => StoredTensor): GeneratorTensor {
  const stored = find(name, shape);
  const decode = decoderOf(name, stored, outputAxis, find);
  const size = sizeOf(shape);
  const check = (values: Float32Array, first: number, within: boolean): void => {
    const fault = within ? -1 : findOutside(values);
    if (fault >= 0) fail(`tensor ${show(name)}[${first + fault}]`, "a number of magnitude below 2^127", `${values[fault]}`);
    const negative = SQUARES.test(name) ? findNegative(values) : -1;
    if (negative >= 0) fail(`tensor ${show(name)}[${first + negative}]`, "a mean of squares, at least 0", `${values[negative]}`);
  };
  const checkThere = (): void => {
    if (stored.data.length !== size) fail("bytes", "those of the file", "none, as they were transferred");
  };
  return {
    shape,
    read(into, first = 0) {
      checkThere();
      check(into, first, decode(into, first));
    },
    values() {
      checkThere();
      if (stored.dtype === "F32") {
        check(stored.data, 0, false);
        return stored.data;
      }
      const values = new Float32Array(size);
      check(values, 0, decode(values, 0));
      return values;
    },
  };
}

function decoderOf(
  name: string,
  stored: StoredTensor,
  outputAxis: number | undefined,
  find: (name: string, shape: Shape) => StoredTensor,
): (into: Float32Array, first: number) => boolean {
  if (stored.dtype !== "I8") return (into, first) => decodeFloats(stored, into, first);
  const { shape } = stored;
  if (outputAxis === undefined) fail(`tensor ${show(name)}.dtype`, "a type of floating-point numbers, as it has no output channels", show("I8"));
  const scale = find(scaleName(name), [shape[outputAxis]!]);
  if (scale.dtype !== "F32") fail(`tensor ${show(scaleName(name))}.dtype`, show("F32"), show(scale.dtype));
  return (into, first) => dequantize({ data: stored.data, scale: scale.data }, shape, outputAxis, into, first);
}
