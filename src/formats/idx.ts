import { bytesOf } from "../core/arrays.ts";
import { checkOptions, type Fields, integer, optional, that } from "../core/check.ts";
import { DataError, show } from "../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { gunzip, isGzip } from "./gzip.ts";

/** An array of bytes, as an IDX file holds it. */
export interface IdxArray {
  /** Sizes, outermost first: `[N, H, W]` for MNIST's images, `[N]` for its labels. */
  readonly shape: Shape;
  /** The bytes, row by row. */
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const MAX_RANK = 4;
const MAX_HEADER = 4 + 4 * MAX_RANK;

/** A deflate stream grows by no more than this: 258 bytes cost at least two bits. */
const MAX_INFLATION = 1032;

const FIELDS: Fields<{ path: string; maxBytes: number }> = {
  path: optional(
    that<string>("a name", (v) => typeof v === "string" && v !== ""),
    "file",
  ),
  maxBytes: optional(integer(1, Number.MAX_SAFE_INTEGER), 2 ** 30),
};

/**
 * Reads an IDX file of unsigned bytes, gzipped or not: the format of MNIST (LeCun, Cortes & Burges, "The MNIST database of handwritten digits").
 *
 * A file cannot claim more memory than a file of its length may hold. The checksums of a gzipped one must be right.
 *
 * @param file the bytes of the file
 * @param options what it is called, and how much it may hold
 * @throws {@link DataError} if the bytes are not such a file, or not the whole of one and nothing else
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const { shape, data } = readIdx(await readFile("train-images-idx3-ubyte.gz"));
 * data.length === shape[0] * 28 * 28; // true
 */
export function readIdx(
  file: Uint8Array | ArrayBuffer,
  options: {
    /** The name of the file in errors. Default "file". */
    readonly path?: string;
    /** The most bytes of an array that is accepted, at least 1. Default 2^30. */
    readonly maxBytes?: number;
  } = {},
): IdxArray {
  const { path, maxBytes } = checkOptions(FIELDS, options);
  const bytes = bytesOf(file);
  if (!bytes) throw new DataError({ path, expected: "a Uint8Array or an ArrayBuffer", got: show(file) });
  const zipped = isGzip(bytes);
  const { shape, start, end } = readHeader(zipped ? gunzip(bytes, MAX_HEADER, path).content : bytes, path);
  const most = Math.min(maxBytes, zipped ? bytes.length * MAX_INFLATION : bytes.length);
  if (end - start > most) {
    throw new DataError({ path, expected: `at most ${most} bytes of data`, got: `shape ${showShape(shape)}, ${end - start} bytes` });
  }
  const { content, length } = zipped ? gunzip(bytes, end, path) : { content: bytes, length: bytes.length };
  if (length !== end) {
    throw new DataError({
      path,
      expected: `${end} bytes for shape ${showShape(shape)}`,
      got: zipped && length > end ? `more than ${end} bytes` : `${length} bytes`,
    });
  }
  return { shape, data: content.subarray(start, end) };
}

/** The array's shape, and where in the file it starts and ends. */
function readHeader(bytes: Uint8Array, path: string): { shape: Shape; start: number; end: number } {
  const [first, second, type, rank = 0] = bytes;
  if (first !== 0 || second !== 0 || rank < 1 || rank > MAX_RANK) {
    const magic = Array.from(bytes.subarray(0, 4), hex).join(" ");
    throw new DataError({ path, expected: `an IDX file, starting with bytes 00 00 08 and a rank of 1 to ${MAX_RANK}`, got: magic || "no bytes" });
  }
  if (type !== UNSIGNED_BYTE) {
    throw new DataError({ path, expected: `elements of type ${hex(UNSIGNED_BYTE)}, unsigned bytes`, got: `type ${hex(type!)}` });
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw new DataError({ path, expected: `a header of ${start} bytes`, got: `${bytes.length} bytes` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (shape.includes(0)) throw new DataError({ path, expected: "sizes of at least 1", got: showShape(shape) });
  return { shape, start, end: start + sizeOf(shape) };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
