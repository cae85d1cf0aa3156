/**
 * Files, for runtimes that have them: Node, Deno, Bun.
 *
 * @module ganvas/node
 */

export { CheckpointError, DataError, type ErrorDetail, GanvasError, SpecError, StateError } from "./core/errors.ts";
export { Dataset } from "./data/dataset.ts";
export { type CheckpointFile, type FileCheckpointOptions, FileCheckpoints, fileCheckpoints } from "./node/checkpoints.ts";
export { WriteError, writeWhole } from "./node/files.ts";
export { type ImageFolder, type ImageFolderOptions, imageFolder, type SkippedFile } from "./node/imageFolder.ts";
