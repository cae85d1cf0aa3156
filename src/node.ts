/**
 * Files, for runtimes that have them: Node, Deno, Bun.
 *
 * @module ganvas/node
 */

export { CheckpointError, DataError, type ErrorDetail, GanvasError, SpecError } from "./core/errors.ts";
export { type CheckpointFile, type FileCheckpointOptions, FileCheckpoints, fileCheckpoints } from "./node/checkpoints.ts";
export { WriteError, writeWhole } from "./node/files.ts";
