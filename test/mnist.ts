import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./child.ts";

/** The folder of MNIST's test set: what the variable GANVAS_MNIST says, or else where it lies beside the project. */
const FOLDER = process.env.GANVAS_MNIST || join(ROOT, "../shared/data/mnist");

export const MNIST_IMAGES = join(FOLDER, "t10k-images-idx3-ubyte.gz");
export const MNIST_LABELS = join(FOLDER, "t10k-labels-idx1-ubyte.gz");

/** Why tests on it cannot run, for their titles; empty if they can. */
export const MNIST_MISSING = [MNIST_IMAGES, MNIST_LABELS].every((file) => existsSync(file)) ? "" : ` (skipped: MNIST is not in ${FOLDER})`;
