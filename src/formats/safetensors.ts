/**
 * The safetensors file format (https://github.com/huggingface/safetensors): the length of a JSON header as eight
 * little-endian bytes, the header, then the tensors back to back. The reader takes files from anyone: it checks everything
 * before it gives anything out, the size and the depth of the header before it is parsed, and copies no tensor.
 */
import { isRecord } from "../core/check.ts";
import { CheckpointError, ShapeError, show } from "../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { ARRAYS, type DType, type StoredTensor } from "./dtypes.ts";
import { parseJSON } from "./json.ts";
import { kindOf } from "./kinds.ts";

/** A tensor in memory. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

const METADATA = "__metadata__";
/** Twice the header of the largest checkpoint there can be: five thousand tensors of two hundred bytes each. */
const MAX_HEADER = 2 ** 21;
/** The header, a tensor, its shape. */
const MAX_LEVELS = 3;

/**
 * Writes tensors and string metadata as one file. Types of more bytes come first, so that each tensor lies where its type may lie.
 *
 * @param tensors of float32 where they do not say otherwise
 * @throws ShapeError when a tensor's data does not fill its shape
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor | StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  const sorted = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let end = 0;
  for (const [name, tensor] of sorted) {
    const { shape, data } = tensor;
    if (name === METADATA)
      throw new ShapeError({ path: "tensor name", expected: `a name other than ${METADATA}, which is reserved`, got: show(name) });
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError({ path: name, expected: `${sizeOf(shape)} values for ${showShape(shape)}`, got: `${data.length}` });
    }
    entries.push([name, { dtype: "dtype" in tensor ? tensor.dtype : "F32", shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  let position = 8 + headerLength;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a file. Its tensors lie in the file's own bytes, which must stay as they are; in a copy of them only where they lie as their type may not.
 *
 * @throws CheckpointError on anything the format does not allow, and on types that are not known here
 */
export function decodeSafetensors(bytes: Uint8Array): { tensors: Map<string, StoredTensor>; metadata: Record<string, string> } {
  const { header, dataStart } = readHeader(bytes);
  let metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = checkMetadata(value);
    else entries.push(checkEntry(name, value));
  }
  checkLayout(entries, bytes.length - dataStart);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const { BYTES_PER_ELEMENT: size } = ARRAYS[dtype];
    const lies = bytes.subarray(dataStart + begin, dataStart + end);
    const own = lies.byteOffset % size === 0 ? lies : new Uint8Array(lies);
    tensors.set(name, { dtype, shape, data: new ARRAYS[dtype](own.buffer as ArrayBuffer, own.byteOffset, own.length / size) } as StoredTensor);
  }
  return { tensors, metadata };
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) fail("file", "at least 8 bytes", kindOf(bytes) ?? `${bytes.length}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const limit = Math.min(bytes.length - 8, MAX_HEADER);
  if (length > limit) {
    const kind = kindOf(bytes);
    if (kind) fail("file", "a safetensors file", kind);
    fail("header length", `at most ${limit} bytes, in a file of ${bytes.length}`, `${length}`);
  }
  const dataStart = 8 + Number(length);
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, dataStart));
    header = parseJSON(text, MAX_LEVELS);
  } catch (cause) {
    fail("header", "JSON in UTF-8", cause instanceof Error ? cause.message : show(cause));
  }
  if (!isRecord(header) || !text.startsWith("{")) fail("header", "a JSON object", show(header));
  refuseRepeatedKeys(text);
  return { header, dataStart };
}

function checkMetadata(value: unknown): Record<string, string> {
  if (!isRecord(value)) fail(METADATA, "an object", show(value));
  for (const [key, text] of Object.entries(value)) if (typeof text !== "string") fail(`${METADATA}[${show(key)}]`, "a string", show(text));
  return value as Record<string, string>;
}

function checkEntry(name: string, value: unknown): Entry {
  const path = `tensor ${show(name)}`;
  if (!isRecord(value)) fail(path, "an object", show(value));
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDType(dtype)) fail(`${path}.dtype`, Object.keys(ARRAYS).map(show).join(" or "), show(dtype));
  if (!isSizes(shape)) fail(`${path}.shape`, "an array of integers of at least 0", show(shape));
  if (!isSizes(offsets) || offsets.length !== 2) fail(`${path}.data_offsets`, "two integers of at least 0", show(offsets));
  const [begin, end] = offsets as [number, number];
  const size = sizeOf(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(size)) fail(`${path}.shape`, "fewer than 2^53 bytes", show(shape));
  if (end - begin !== size) fail(`${path}.data_offsets`, `${size} bytes, as the shape ${show(shape)} needs`, show(offsets));
  return { name, dtype, shape, begin, end };
}

/** The tensors must cover the data from its first byte to its last, each byte once. */
function checkLayout(entries: readonly Entry[], length: number): void {
  let position = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) fail(`tensor ${show(name)}.data_offsets`, `to begin at ${position}, where the tensor before ends`, `${begin}`);
    if (end > length) fail(`tensor ${show(name)}.data_offsets`, `to end within the ${length} bytes of data`, `${end}`);
    position = end;
  }
  if (position !== length) fail("data", `${position} bytes, the sum of all tensors`, `${length}`);
}

/** JSON.parse silently keeps the last of two equal keys; a second reader might keep the first. `json` is known to be valid. */
function refuseRepeatedKeys(json: string): void {
  const scopes: (Set<string> | null)[] = []; // null where no key has come yet
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === "{" || c === "[") scopes.push(null);
    else if (c === "}" || c === "]") scopes.pop();
    else if (c === '"') {
      const start = i++;
      while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
      let next = i + 1;
      while (" \t\n\r".includes(json[next] ?? ":")) next++;
      if (json[next] !== ":") continue;
      const text = json.slice(start, i + 1);
      const key: string = text.includes("\\") ? JSON.parse(text) : text.slice(1, -1);
      const scope = scopes.at(-1) ?? new Set();
      scopes[scopes.length - 1] = scope;
      if (scope.has(key)) fail("header", "each key once", `${show(key)} twice`);
      scope.add(key);
    }
  }
}

function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(ARRAYS, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((d) => Number.isSafeInteger(d) && d >= 0);
}

function fail(path: string, expected: string, got: string): never {
  throw new CheckpointError({ path, expected, got });
}
