/** A classifier as a file: safetensors, with its description and its accuracy in the metadata. */
import { CheckpointError, describe, SpecError, show } from "../core/errors.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { findNegative, findOutside } from "../core/values.ts";
import { parseJSON } from "../formats/json.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../formats/safetensors.ts";
import { type ClassifierSpec, type ClassifierState, checkClassifierSpec, classifierTensors } from "./classifierSpec.ts";

const FORMAT = "ganvas";
const VERSION = "1";
const KIND = "classifier";
/** Several times the longest description there can be, and deeper than any is nested. */
const MOST_CHARACTERS = 2 ** 18;
const MOST_LEVELS = 32;

export function encodeClassifier({ spec, accuracy, tensors }: ClassifierState): Uint8Array<ArrayBuffer> {
  return encodeSafetensors(tensors, {
    format: FORMAT,
    version: VERSION,
    kind: KIND,
    spec: JSON.stringify(spec),
    accuracy: JSON.stringify(accuracy),
  });
}

/**
 * Reads a classifier. Its tensors are copies.
 *
 * @param bytes a file that `encodeClassifier` wrote, or one that claims to be
 * @throws CheckpointError when the file is damaged, of another kind or version, or does not hold exactly these tensors, all of finite numbers
 */
export function decodeClassifier(bytes: Uint8Array): ClassifierState {
  const { metadata, tensors: stored } = decodeSafetensors(bytes);
  if (metadata.format !== FORMAT) fail("metadata.format", show(FORMAT), show(metadata.format));
  if (metadata.version !== VERSION) fail("metadata.version", show(VERSION), show(metadata.version));
  if (metadata.kind !== KIND) fail("file", "a classifier, as save() of one writes it", metadata.kind ? `a ${metadata.kind}` : "a GAN");
  const spec = readSpec(metadata.spec);
  const accuracy = Number(metadata.accuracy ?? Number.NaN);
  if (!(accuracy >= 0 && accuracy <= 1)) fail("metadata.accuracy", "a share from 0 to 1", show(metadata.accuracy));
  const tensors = new Map<string, Tensor>();
  for (const { name, shape } of classifierTensors(spec)) {
    const path = `tensor ${show(name)}`;
    const tensor = stored.get(name);
    if (!tensor) fail(path, `shape ${showShape(shape)}`, "no such tensor");
    if (tensor.dtype !== "F32") fail(`${path}.dtype`, '"F32"', show(tensor.dtype));
    if (!sameShape(tensor.shape, shape)) fail(path, `shape ${showShape(shape)}`, showShape(tensor.shape));
    const data = new Float32Array(tensor.data);
    const outside = findOutside(data);
    if (outside >= 0) fail(`${path}[${outside}]`, "a number of magnitude below 2^127", `${data[outside]}`);
    const negative = name.endsWith(".runningVariance") ? findNegative(data) : -1;
    if (negative >= 0) fail(`${path}[${negative}]`, "a variance, at least 0", `${data[negative]}`);
    tensors.set(name, { shape, data });
  }
  for (const name of stored.keys()) if (!tensors.has(name)) fail(`tensor ${show(name)}`, "no tensor of this name", "one");
  return { spec, accuracy, tensors };
}

function readSpec(text = ""): ClassifierSpec {
  if (text.length > MOST_CHARACTERS) fail("metadata.spec", `at most ${MOST_CHARACTERS} characters`, `${text.length}`);
  try {
    return checkClassifierSpec(parseJSON(text, MOST_LEVELS));
  } catch (cause) {
    if (cause instanceof SyntaxError) fail("metadata.spec", `JSON of at most ${MOST_LEVELS} levels`, show(text));
    if (!(cause instanceof SpecError)) throw cause;
    const got = cause.faults.slice(0, 8).map(describe).join("; ");
    throw new CheckpointError({ path: "metadata.spec", expected: "the description of a classifier", got }, { cause });
  }
}

function fail(path: string, expected: string, got: string): never {
  throw new CheckpointError({ path, expected, got });
}
