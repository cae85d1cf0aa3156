import { DataError, show } from "../core/errors.ts";
import { Dataset } from "../data/dataset.ts";
import { readCifar10, SIDE } from "../formats/cifar.ts";

/** The names of CIFAR-10's classes, in the order of their numbers. */
export const cifar10Classes = Object.freeze(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"] as const);

/**
 * Photographs `[N, 32, 32, 3]` and their classes, from the binary batches of CIFAR-10 (`cifar-10-binary.tar.gz`, unpacked).
 *
 * @param batches the bytes of one file, or of several that follow one another
 * @throws {@link DataError} if a file is not made of whole records, or a class is none of the ten
 *
 * @example
 * const photographs = cifar10([await readFile("data_batch_1.bin"), await readFile("data_batch_2.bin")]);
 * photographs.shape; // [20000, 32, 32, 3]
 */
export function cifar10(batches: Uint8Array | ArrayBuffer | readonly (Uint8Array | ArrayBuffer)[]): Dataset {
  const files: readonly unknown[] = Array.isArray(batches) ? Array.from(batches) : [batches];
  if (files.length === 0) throw new DataError({ path: "batches", expected: "at least one file", got: show(batches) });
  const { data, labels } = readCifar10(files, "batches");
  return new Dataset({ data, shape: [labels.length, SIDE, SIDE, 3], labels });
}
