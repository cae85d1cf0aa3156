import { Gunzip } from "fflate";
import { bytesOf } from "../core/arrays.ts";
import { DataError, show } from "../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";

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

/**
 * Reads an IDX file of unsigned bytes, gzipped or not: the format of MNIST (LeCun, Cortes & Burges, "The MNIST database of handwritten digits").
 *
 * A file cannot claim more memory than a file of its length may hold.
 *
 * @param file the bytes of the file
 * @param options what it is called, and how much it may hold
 * @throws {@link DataError} if the bytes are not such a file, or not the whole of one and nothing else
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
    /** The most bytes of an array that is accepted. Default 2^30. */
    readonly maxBytes?: number;
  } = {},
): IdxArray {
  const { path = "file", maxBytes = 2 ** 30 } = options;
  const bytes = bytesOf(file);
  if (!bytes) throw new DataError({ path, expected: "a Uint8Array or an ArrayBuffer", got: show(file) });
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const { shape, start, end } = readHeader(zipped ? inflate(path, bytes, MAX_HEADER).content : bytes, path);
  const most = Math.min(maxBytes, zipped ? bytes.length * MAX_INFLATION : bytes.length);
  if (end - start > most) {
    throw new DataError({ path, expected: `at most ${most} bytes of data`, got: `shape ${showShape(shape)}, ${end - start} bytes` });
  }
  const { content, length } = zipped ? inflate(path, bytes, end) : { content: bytes, length: bytes.length };
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

/** The first `limit` bytes of a gzip file, and the length of the whole of it; once beyond `limit`, the rest is left unread. */
function inflate(path: string, zipped: Uint8Array, limit: number): { content: Uint8Array; length: number } {
  const content = new Uint8Array(limit);
  let length = 0;
  const gunzip = new Gunzip((part) => {
    if (length < limit) content.set(part.subarray(0, limit - length), length);
    length += part.length;
  });
  const step = 4096;
  try {
    for (let at = 0; at < zipped.length && length <= limit; at += step) gunzip.push(zipped.subarray(at, at + step), at + step >= zipped.length);
  } catch (cause) {
    throw new DataError({ path, expected: "a sound gzip file", got: `a damaged one: ${cause instanceof Error ? cause.message : cause}` }, { cause });
  }
  return { content: content.subarray(0, Math.min(length, limit)), length };
}
