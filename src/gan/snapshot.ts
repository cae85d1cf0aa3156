/** A GAN at rest: what it is, how far training has come, and where its tensors are to be had. */
import { CheckpointError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { Pause } from "../core/time.ts";
import { checksum } from "../core/values.ts";
import type { Tensor } from "../formats/safetensors.ts";
import { initialValue } from "../nn/init.ts";
import { type TrainingVariable, variables } from "../objective/variables.ts";
import { type Checkpoint, decodeCheckpoint, firstProgress, type Progress } from "./checkpoint.ts";
import type { GANSpec } from "./spec.ts";

export interface Snapshot {
  readonly spec: GANSpec;
  readonly progress: Progress;
  /** Whether its tensors lie in bytes of the caller's. */
  readonly borrowed: boolean;
  /** The values of a tensor of training; null where they are all zero. @throws CheckpointError when borrowed bytes are no longer what they were */
  tensor(variable: Pick<TrainingVariable, "name" | "shape" | "init">): Float32Array | null;
}

/** A GAN that has not been trained. Its weights are drawn when they are asked for. */
export function firstSnapshot(spec: GANSpec): Snapshot {
  return {
    spec,
    progress: firstProgress(spec),
    borrowed: false,
    tensor: (variable) => (variable.init.kind === "constant" && variable.init.value === 0 ? null : initialValue(variable, spec.seed)),
  };
}

/**
 * A GAN as a file has it. What is not yet needed of the file is not copied: a tensor is looked at again when it is asked for.
 *
 * @param bytes a file that `encodeCheckpoint` wrote, or one that claims to be
 * @throws CheckpointError when it is not a sound one, and later, for a tensor, when the bytes are no longer what they were
 */
export function readSnapshot(bytes: Uint8Array): Snapshot {
  const { spec, progress, tensors, checksums } = decodeCheckpoint(bytes);
  return {
    spec,
    progress,
    borrowed: true,
    tensor({ name }) {
      const { shape, data } = tensors.get(name)!;
      // Bytes that were transferred are gone.
      if (data.length === sizeOf(shape) && checksum(data) === checksums.get(name)) return data;
      throw new CheckpointError({ path: "bytes", expected: "the bytes that the GAN was loaded from, as they were then", got: "others, or none" });
    },
  };
}

/** A GAN as a checkpoint has it. */
export function snapshotOf({ spec, progress, tensors }: Checkpoint): Snapshot {
  return { spec, progress, borrowed: false, tensor: ({ name }) => tensors.get(name)!.data };
}

/** A snapshot in memory of its own. @throws CheckpointError as `tensor` */
export async function ownSnapshot(snapshot: Snapshot): Promise<Snapshot> {
  const { spec, progress, tensors } = await checkpointOf(snapshot);
  const copies = Array.from(tensors, ([name, { shape, data }]) => [name, { shape, data: data.slice() }] as const);
  return snapshotOf({ spec, progress, tensors: new Map(copies) });
}

/** A snapshot as a checkpoint, which holds the tensors that are wanted: all unless told otherwise. @param pause awaited between them */
export async function checkpointOf(
  { spec, progress, tensor }: Snapshot,
  pause?: Pause,
  wanted: readonly TrainingVariable[] = variables(spec),
): Promise<Checkpoint> {
  const tensors = new Map<string, Tensor>();
  for (const v of wanted) {
    tensors.set(v.name, { shape: v.shape, data: tensor(v) ?? initialValue(v, spec.seed) });
    await pause?.();
  }
  return { spec, progress, tensors };
}
