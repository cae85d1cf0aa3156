/**
 * Data to train on: drawn by code, the same on every runtime, or read from files.
 *
 * @module ganvas/datasets
 */

export { DataError, type ErrorDetail, GanvasError, SpecError } from "./core/errors.ts";
export { Dataset } from "./data/dataset.ts";
export { type AnimeFaces, type AnimeFacesOptions, animeFaces } from "./datasets/animeFaces.ts";
export { cifar10, cifar10Classes } from "./datasets/cifar10.ts";
export { animeFaceFactors, animeFacePose, type FaceFactor, type FacePose } from "./datasets/faces/factors.ts";
export { mnist } from "./datasets/mnist.ts";
export { grid, ring, type ToyOptions } from "./datasets/toys.ts";
export { type IdxArray, readIdx } from "./formats/idx.ts";
