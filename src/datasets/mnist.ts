import { checkOptions, type Fields, that } from "../core/check.ts";
import { DataError } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";
import { Dataset } from "../data/dataset.ts";
import { readIdx } from "../formats/idx.ts";

/** Bytes are looked at where they are read. */
const bytes = that<Uint8Array | ArrayBuffer>("bytes", () => true);

const FIELDS: Fields<{ images: Uint8Array | ArrayBuffer; labels: Uint8Array | ArrayBuffer | undefined }> = { images: bytes, labels: bytes };

/**
 * Grey images, and their classes, from IDX files, gzipped or not: MNIST, Fashion-MNIST and their kin.
 *
 * @param files the bytes of the files
 * @throws {@link DataError} if a file is missing, damaged or of another rank, or the two differ in length
 * @throws {@link SpecError} for anything but files of images and labels
 *
 * @example
 * const digits = mnist({ images: await readFile("train-images-idx3-ubyte.gz"), labels: await readFile("train-labels-idx1-ubyte.gz") });
 * digits.shape.slice(1); // [28, 28, 1]
 */
export function mnist(files: {
  /** The file of images `[N, H, W]`; they become `[N, H, W, 1]`. */
  readonly images: Uint8Array | ArrayBuffer;
  /** The file of classes `[N]`. Default: none. */
  readonly labels?: Uint8Array | ArrayBuffer | undefined;
}): Dataset {
  const given = checkOptions(FIELDS, files, "files");
  const images = readIdx(given.images, { path: "images" });
  if (images.shape.length !== 3) throw new DataError({ path: "images", expected: "shape [N, H, W]", got: showShape(images.shape) });
  const shape = [...images.shape, 1];
  if (given.labels === undefined) return new Dataset({ data: images.data, shape });
  const labels = readIdx(given.labels, { path: "labels" });
  const expected = images.shape.slice(0, 1);
  if (labels.shape.length !== 1 || labels.shape[0] !== expected[0]) {
    throw new DataError({ path: "labels", expected: `shape ${showShape(expected)}`, got: showShape(labels.shape) });
  }
  return new Dataset({ data: images.data, shape, labels: labels.data });
}
