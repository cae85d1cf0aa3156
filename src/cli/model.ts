/** Models that a command names: files, and runs, of which the newest that can be read. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { CheckpointError, type GAN, loadGAN } from "../index.ts";
import { fileCheckpoints } from "../node.ts";
import { createSampler, type GeneratorSpec, type ImageSampler } from "../sample.ts";
import type { Surroundings } from "./context.ts";
import { blame, UsageError } from "./errors.ts";
import { runPaths } from "./run/paths.ts";
import { type RecordedOptions, readRecord } from "./run/record.ts";

/**
 * The files of a run that hold a model, the newest first. `model.safetensors` is written after the newest checkpoint, of which it is a copy: it stands in where that cannot be read.
 */
export async function modelFiles(run: string): Promise<string[]> {
  const { checkpoints, model } = runPaths(run);
  const [newest, ...others] = (await blame("", () => fileCheckpoints(checkpoints).list())).map((file) => file.path);
  const isThere = await stat(model).then(
    (found) => found.isFile(),
    () => false,
  );
  return [...(newest ? [newest] : []), ...(isThere ? [model] : []), ...others];
}

/** A model that was found. */
export interface Found<T> {
  readonly path: string;
  readonly model: T;
}

/**
 * The first of these files that `open` opens; null where there is none.
 *
 * @param passed is told of each that is broken
 * @throws what `open` throws of the last one, where all are broken
 */
export async function firstWhole<T>(
  paths: readonly string[],
  open: (bytes: Buffer) => Promise<T>,
  passed: (path: string, fault: Error) => void,
): Promise<Found<T> | null> {
  for (const [i, path] of paths.entries()) {
    try {
      return { path, model: await open(await readFile(path)) };
    } catch (fault) {
      if (!(fault instanceof CheckpointError) || i === paths.length - 1) throw fault;
      passed(path, fault);
    }
  }
  return null;
}

/** A model from a file, for all but training. */
export interface OpenModel extends Disposable {
  readonly path: string;
  readonly bytes: number;
  /** Of the file's bytes. */
  readonly fingerprint: string;
  /** The whole GAN; null where the file has its generator alone. */
  readonly gan: GAN | null;
  readonly generator: GAN | ImageSampler;
  readonly spec: GeneratorSpec;
  /** The sizes of its tensors, by name. */
  readonly tensors: ReadonlyMap<string, readonly number[]>;
  /** What its classes are called; null where that is not known. */
  readonly classes: readonly string[] | null;
  /** How pictures became examples of its run; nothing where that is not known. */
  readonly pictures: Pick<RecordedOptions, "fit" | "background">;
}

/**
 * Opens a file of ganvas, or the newest model of a run. It computes in WebAssembly, which makes the same pictures everywhere.
 *
 * @param backend "auto" to find out where training would compute
 * @throws {UsageError} where there is none, or it cannot be read
 */
export async function openModel(path: string, { err, version }: Surroundings, backend: "wasm" | "auto" = "wasm"): Promise<OpenModel> {
  const named = await blame("", () => stat(path)).catch((error) => {
    if (!["ENOENT", "ENOTDIR"].includes(error.cause?.code)) throw error;
    throw new UsageError(`${path}: expected a file of ganvas or a run, got a path at which there is nothing`, { cause: error });
  });
  const isFolder = named.isDirectory();
  // A device may never end.
  if (!isFolder && !named.isFile()) throw new UsageError(`${path}: expected a file of ganvas or a run, got what is no file`);
  const run = isFolder ? path : runOf(path);
  const files = isFolder ? await modelFiles(path) : [path];
  if (files.length === 0) throw new UsageError(`${path}: expected a file of ganvas or a run, got a folder without a model`);
  const open = async (bytes: Buffer) => {
    const header = readHeader(bytes);
    // One of a run is broken; what a person names may be anything.
    if (!header && !isFolder) throw new UsageError(`${path}: expected a file of ganvas or a run, got another file, or one that is broken`);
    const gan = header?.kind === "generator" ? null : await loadGAN(bytes, { backend });
    return { bytes, header, gan, generator: gan ?? (await createSampler(bytes)) };
  };
  const passed = (file: string, fault: Error) => void err.write(`ganvas: ${file} is broken (${fault.message}): the one before it is taken\n`);
  const found = (await blame(files.length === 1 ? files[0]! : path, () => firstWhole(files, open, passed)))!;
  const { bytes, header, gan, generator } = found.model;
  const record = await readRecord(run, version).catch((fault) => {
    if (isFolder) throw fault;
    return null; // of a file, it is but a neighbour
  });
  const classes = record?.data.classes ?? null;
  const { condition } = generator.spec;
  return {
    path: found.path,
    bytes: bytes.length,
    fingerprint: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
    gan,
    generator,
    spec: generator.spec,
    tensors: header?.tensors ?? new Map(),
    classes: condition && "classes" in condition && classes?.length === condition.classes ? classes : null,
    pictures: { fit: record?.options.fit, background: record?.options.background },
    [Symbol.dispose]: () => generator.dispose(),
  };
}

/** The run that a file lies in, if it lies in one. */
function runOf(file: string): string {
  const folder = dirname(file);
  return basename(folder) === "checkpoints" ? dirname(folder) : folder;
}

/** What the header of a safetensors file says; null where it has none, which those who open it will tell. */
function readHeader(bytes: Buffer): { readonly kind: unknown; readonly tensors: ReadonlyMap<string, readonly number[]> } | null {
  try {
    const end = 8 + Number(bytes.readBigUInt64LE(0));
    const { __metadata__, ...tensors } = JSON.parse(bytes.toString("utf8", 8, end));
    return { kind: __metadata__?.kind, tensors: new Map(Object.entries<{ shape: number[] }>(tensors).map(([name, { shape }]) => [name, shape])) };
  } catch {
    return null;
  }
}
