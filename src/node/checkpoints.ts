/** Checkpoints of a training as files of a folder. */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, type Fields, integer, optional, refuse } from "../core/check.ts";
import { CheckpointError, StateError, show } from "../core/errors.ts";
import type { Bytes } from "../core/platform.ts";
import { type CheckpointOptions, EVERY } from "../gan/checkpoints.ts";
import { readSnapshot } from "../gan/snapshot.ts";
import { WriteError, writeWhole } from "./files.ts";

/** How many checkpoints are kept, and how often one is made. Nothing must be given. */
export interface FileCheckpointOptions {
  /** The newest so many are kept, from 1. Default 3. */
  readonly keep?: number | undefined;
  /** As `train` takes it. Default: every minute. */
  readonly every?: CheckpointOptions["every"];
}

/** A checkpoint in a file. */
export interface CheckpointFile {
  /** Of the file. */
  readonly path: string;
  /** The step that left the GAN so. */
  readonly step: number;
}

const FIELDS: Fields<{ readonly keep: number; readonly every: CheckpointOptions["every"] }> = {
  keep: optional(integer(1, Number.MAX_SAFE_INTEGER), 3),
  every: EVERY,
};

/** Names of files by step: in the order of their steps as far as people train. */
const nameOf = (step: number): string => `${String(step).padStart(8, "0")}.safetensors`;
const NAME = /^(\d{8,})\.safetensors$/;

/** The last checkpoints of a training in a folder, by their steps; it is what `train` takes as `checkpoint`. Made by {@link fileCheckpoints}. */
export class FileCheckpoints implements CheckpointOptions {
  /** How often `train` makes one. */
  readonly every: CheckpointOptions["every"];
  /**
   * Keeps a checkpoint: written whole, with the folder where that is missing, before older ones are removed. Those of later steps are removed too, as training went back from there; but only those that this object wrote, or told of.
   *
   * @throws {@link StateError} if there are checkpoints that it knows nothing of, and that are of another GAN or of later steps: another training's. Nothing is written or removed then
   * @throws {@link WriteError} if it cannot be written; those before it are then still there
   */
  readonly write: (bytes: Bytes, at: { readonly step: number }) => Promise<void>;
  readonly #folder: string;
  /** Steps of the checkpoints that were written, or told of. */
  readonly #known = new Set<number>();

  /** @internal */
  constructor(folder: string, options: FileCheckpointOptions) {
    const { keep, every } = checkOptions(FIELDS, options);
    this.every = every;
    this.#folder = folder;
    this.write = async (bytes, { step }) => {
      await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
        throw new WriteError(folder, cause);
      });
      const expected = "a folder of this training alone: latest() goes on from what is there";
      const strange = (await this.#find()).filter((file) => !this.#known.has(file.step));
      const [newest] = strange;
      if (newest && newest.step > step)
        throw new StateError({ path: folder, expected, got: `a checkpoint of step ${newest.step}, and is at step ${step}` });
      for (const file of strange) {
        if (await isOfAnother(file, bytes))
          throw new StateError({ path: folder, expected, got: `a checkpoint of another GAN, of step ${file.step}` });
      }
      await writeWhole(join(folder, nameOf(step)), bytes);
      const files = await this.list();
      const earlier = files.filter((file) => file.step <= step).slice(0, keep);
      for (const file of files) if (!earlier.includes(file)) await rm(file.path, { force: true });
    };
  }

  /** The checkpoints that are there, the newest first; none where there is no such folder. */
  async list(): Promise<CheckpointFile[]> {
    const files = await this.#find();
    for (const { step } of files) this.#known.add(step);
    return files;
  }

  /**
   * The newest checkpoint that is whole, for `loadGAN`: one whose file was damaged is passed over.
   *
   * @returns its bytes, or null where there is none
   */
  async latest(): Promise<Bytes | null> {
    for (const { path } of await this.list()) {
      const bytes = new Uint8Array(await readFile(path));
      try {
        readSnapshot(bytes);
        return bytes;
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
      }
    }
    return null;
  }

  async #find(): Promise<CheckpointFile[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    return names
      .flatMap((name) => (NAME.test(name) ? [{ path: join(this.#folder, name), step: Number(NAME.exec(name)![1]) }] : []))
      .sort((a, b) => b.step - a.step);
  }
}

/** Whether a checkpoint is of a GAN of another description, or seed; of one that is damaged, or cannot be read, nobody knows. */
async function isOfAnother({ path }: CheckpointFile, bytes: Bytes): Promise<boolean> {
  const there = await readFile(path).catch(() => null);
  if (!there) return false;
  try {
    // As they are understood: files of earlier versions say less.
    const [known, own] = [there, bytes].map((file) => JSON.stringify(readSnapshot(file).spec));
    return known !== own;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return false;
  }
}

/**
 * Keeps checkpoints of a training as files of a folder: whatever becomes of the process, no more is lost than what came after the last one, and that one is whole.
 *
 * @param folder made when it is first needed; one for each training
 * @param options how many are kept, and how often one is made. Default: the last three, every minute
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const checkpoints = fileCheckpoints("run", { keep: 2 });
 * await gan.train(dataset, { steps: 3, checkpoint: checkpoints });
 * const same = await loadGAN(await checkpoints.latest());
 * same.step === gan.step; // true
 */
export function fileCheckpoints(folder: string, options: FileCheckpointOptions = {}): FileCheckpoints {
  if (typeof folder !== "string" || folder === "") refuse([{ path: "folder", expected: "a path", got: show(folder) }]);
  return new FileCheckpoints(folder, options);
}
